"""`backup --stdin`: what a program writes goes to the node, to its end or not at all."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bitdust.cli import waiting
from bitdust.errors import NoSpace
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, task
from tests.cli.test_waiting import Story, health

DONE = "committed"


class Taker:
    """Takes a stream, at most so many bytes of it before it says once that it has no room."""

    def __init__(self, node: StubNode, refuse: bool = False) -> None:
        self.content = b""
        self.calls = 0
        self.refuse = refuse
        self.size: int | None = None
        self.aborted = False
        node.answers |= {
            "stream_begin": {"result": "stream 8 has begun", "stream": 8, "path_id": "0/0/1"},
            "stream_write": self.write,
            "stream_end": self.end,
            "stream_abort": self.abort,
            "tasks_list": Story([task(id=8, version="F20160313043800PM")]),
            "process_health": health(),
        }

    def write(self, stream: int, offset: int, data: str) -> dict[str, int]:
        self.calls += 1
        if self.refuse:
            raise NoSpace("full")
        assert (stream, offset) == (8, len(self.content))
        if self.calls % 2:  # no room the first time
            self.content += base64.b64decode(data)
        return {"offset": len(self.content)}

    def end(self, stream: int, size: int) -> dict[str, str]:
        self.size = size
        return {"result": "stream 8 has ended"}

    def abort(self, stream: int) -> dict[str, str]:
        self.aborted = True
        return {"result": "stream 8 was broken off"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PACE", (0.001,))
    monkeypatch.setattr(waiting, "SLOW_PACE", 0.001)


def test_a_command(run: Run, node: StubNode) -> None:
    """All that it writes, in pieces; the version is told at the end."""
    taker = Taker(node)
    outcome = run("backup", "--stdin", "db.sql", "--", "head", "-c", "1500000", "/dev/zero")
    assert (outcome.code, len(taker.content), taker.size) == (0, 1_500_000, 1_500_000)
    assert ("stream_begin", str(Path("db.sql").absolute()), 60) in node.calls
    assert "0/0/1/F20160313043800PM" in outcome.out


def test_a_command_that_fails(run: Run, node: StubNode) -> None:
    """Half a dump is no backup: it is broken off, and the code is not 0."""
    taker = Taker(node)
    outcome = run("backup", "--stdin", "db.sql", "--", "sh", "-c", "echo half; exit 3")
    assert outcome.code != 0
    assert taker.aborted
    assert taker.size is None
    assert "sh ended with code 3" in outcome.err


def test_no_such_command(run: Run, node: StubNode) -> None:
    """Said by its name, and the node hears nothing of it."""
    Taker(node)
    outcome = run("backup", "--stdin", "db.sql", "--", "no-such-command")
    assert outcome.code != 0
    assert not [call for call in node.calls if call[0].startswith("stream_")]
    assert "no-such-command: No such file" in outcome.err


def test_the_node_refuses(run: Run, node: StubNode) -> None:
    """Its error is the command's, and the program that writes is ended."""
    taker = Taker(node, refuse=True)
    outcome = run("backup", "--stdin", "db.sql", "--", "cat", "/dev/zero")
    assert outcome.code == NoSpace.exit_code
    assert taker.aborted


def test_words_that_do_not_go_together(run: Run, node: StubNode) -> None:
    """Nothing to back up, or a stream that is only to be added."""
    for words in (["backup"], ["backup", "--stdin", "x", "--add"], ["backup", "--stdin", "x", "--dry-run"]):
        assert run(*words).code == 2


def test_no_name(run: Run, node: StubNode) -> None:
    """What has no name is not the folder one stands in."""
    outcome = run("backup", "--stdin", "", "--", "true")
    assert outcome.code == 2
    assert "wants a name" in outcome.err


def test_ctrl_c(run: Run, node: StubNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is broken off, and that is said: here nothing goes on in the node."""
    taker = Taker(node)

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("bitdust.cli.stdin._send_all", interrupted)
    outcome = run("backup", "--stdin", "db.sql", "--", "true")
    assert (outcome.code, taker.aborted) == (130, True)
    assert "broken off" in outcome.err
    assert "goes on" not in outcome.err
