"""Names that are no text: nothing of them acts on a terminal, and what is shown can be typed back."""

from __future__ import annotations

import base64
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.api.results import path_fields
from bitdust.cli.spelling import name_of, spelled
from tests.cli.conftest import Run
from tests.cli.stub import StubNode

ODD = [
    b"/h/bad\xff\xfename",
    b"/h/esc\x1b[31mred",
    b"/h/cr\rname",
    b"/h/'q\\\n\xff",
    b"/h/\xc2\x9b31m",
    b"/h/\x7f",
]


@pytest.mark.parametrize("name", ODD)
def test_what_is_shown_is_typed_back(name: bytes) -> None:
    word = spelled(path_fields(name))
    assert word.isprintable()
    printed = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], stdout=subprocess.PIPE, check=True, timeout=30
    )
    assert printed.stdout == name


@given(st.binary(min_size=1, max_size=20))
def test_every_name_is_known_again(name: bytes) -> None:
    row = path_fields(name)
    assert name_of(row).encode("utf-8", "surrogateescape") == name
    assert not set(spelled(row)) & {"\x1b", "\r", "\x9b", "\x00"}


@pytest.mark.parametrize("name", ODD)
def test_a_name_goes_to_the_node_as_it_is(run: Run, node: StubNode, name: bytes) -> None:
    """And what is said of it is safe to look at."""
    path = name.decode("utf-8", "surrogateescape")
    node.answers["version_read"] = {
        "backup_id": "0/0/1/F20160313043757PM", "time": 0.0, "after": -1,
        "data": base64.b64encode(b"x").decode(),
    }  # fmt: skip
    assert run("cat", path).code == 0
    assert node.calls[-1][1] == path
    del node.answers["version_read"]
    failed = run("cat", path + "/../more")
    node.answers["backups_list"] = [
        {"id": "0/0/1", "type": "file", "size": 1, "versions": [], **path_fields(name)}
    ]
    listed = run("ls", path)
    assert listed.code == 0
    assert spelled(path_fields(name)) in listed.out
    unknown = run("ls", path + "x")
    assert unknown.code == 15
    for said in (failed, listed, unknown):
        text = (said.out + said.err).encode().decode()
        assert not set(text) & {"\x1b", "\r", "\x9b", "\x7f"}


def test_errors_do_not_act(run: Run, node: StubNode) -> None:
    """Not even those of a word that is no path at all, to a person or to a program."""
    for words in (
        ("tasks", "cancel", "a\x1b[31m\udcff"),
        ("no\x1b[31m\udcff",),
        ("pause", "\x1b]0;x\x07\udcff"),
    ):
        node.answers["tasks_list"] = []
        for flags in ((), ("--json",)):
            said = run(*flags, *words)
            assert said.code != 0
            (said.out + said.err).encode()
            assert "\x1b" not in said.out + said.err
