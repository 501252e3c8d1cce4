"""What rules leave out: the same as git's, and our own words."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bitdust.backup.excludes import (
    CACHE_SIGNATURE,
    LARGEST_FILE,
    MOST_LINES,
    LeftOut,
    check_rule,
    read_rules,
)
from bitdust.backup.preview import preview
from bitdust.backup.walk import Walk
from bitdust.catalog.facts import Kind
from bitdust.errors import Usage

FILES = (
    *("a", "b.tmp", "foo/a", "foo/b.tmp", "foo/bar/a", "foo/bar/foo", "bar/foo/a", "bar/a.tmp/x", "bar/#c"),
    *("!d", "foo/sp ace", "bar/x/y/z/a", "x/bar/y", "foo.d/a"),
)


def make(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return root


def walked(root: Path, *lines: str) -> tuple[set[str], list[LeftOut], Walk]:
    """The files that go along, and what does not."""
    left: list[LeftOut] = []
    walk = Walk(os.fsencode(root), frozenset(), lambda: 0, rules=read_rules(lines), left_out=left.append)
    found = set()
    while batch := walk.next_batch(3):
        found |= {os.fsdecode(each.path) for each in batch if each.meta.kind is not Kind.DIR}
    return found, left, walk


PARTS = st.sampled_from(
    ["a", "foo", "bar", "*", "**", "b.tmp", "*.tmp", "?", "[ab]*", "x", "f*", "\\!d", "#c"]
)
PATTERNS = st.tuples(
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(PARTS, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "", "/"]),
).map("".join)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PATTERNS, max_size=4), st.lists(PATTERNS, max_size=3))
@example(["a", "foo/**/"], [])
@example(["**/", "!foo/"], ["**/"])
@example(["foo/**/", "/**/", "x/*/"], ["bar/**/"])
def test_as_git_does(tmp_path_factory: pytest.TempPathFactory, top: list[str], inner: list[str]) -> None:
    """Whatever the lines, above and in a folder of their own: what goes along is what git would take."""
    root = make(tmp_path_factory.mktemp("tree"), dict.fromkeys(FILES, b""))
    make(root, {".gitignore": "\n".join(top).encode(), "foo/.gitignore": "\n".join(inner).encode()})
    git = ["git", "-c", "core.quotePath=false", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    told = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"], check=True, capture_output=True
    ).stdout
    shutil.rmtree(root / ".git")
    (root / "foo/.gitignore").rename(root / "foo/.bitdustignore")
    (root / ".gitignore").rename(root / ".bitdustignore")
    found, _, _ = walked(root)
    files = set(FILES)
    assert found & files == {name for name in told.decode().split("\0") if name} & files


def test_not_looked_into(tmp_path: Path) -> None:
    """A folder that is left out is not even opened: what cannot be read in it makes no note."""
    make(tmp_path, {"keep": b"", "out/inner/file": b"x", "out/.bitdustignore": b"!inner"})
    found, left, walk = walked(tmp_path, "out/", "!out/inner")
    assert found == {"keep"}
    assert [(each.path, each.is_folder, each.rule.text) for each in left] == [(b"out", True, "out/")]
    assert walk.skipped == []


def test_words(tmp_path: Path) -> None:
    """Presets, marked caches and sizes; each name left out tells the rule as it was written."""
    make(
        tmp_path,
        {
            "a/.cache/x": b"1",
            "a/b~": b"1",
            "a/node_modules/x": b"1",
            "a/cache/CACHEDIR.TAG": CACHE_SIGNATURE + b"\n# made by",
            "a/false/CACHEDIR.TAG": b"Signature: nonsense",
            "a/big": bytes(2000),
            "a/small": bytes(1000),
        },
    )
    found, left, _ = walked(tmp_path, "@caches", "@trash", "@builds", "@cachedir", "@larger-than 1 KB")
    assert found == {"a/false/CACHEDIR.TAG", "a/small"}
    assert {(each.path.decode(), each.rule.text) for each in left} == {
        ("a/.cache", "@caches"),
        ("a/b~", "@trash"),
        ("a/node_modules", "@builds"),
        ("a/cache", "@cachedir"),
        ("a/big", "@larger-than 1 KB"),
    }
    assert sum(each.size for each in left) == 2001


def test_own_rules_of_folders(tmp_path: Path) -> None:
    """A `.bitdustignore` counts below its folder alone, after those above; a word turns them off."""
    make(
        tmp_path,
        {"a/.bitdustignore": b"!x.tmp\n/y\n@z", "a/x.tmp": b"", "a/y": b"", "a/@z": b"", "a/b/y": b""},
    )
    make(tmp_path, {"b/x.tmp": b"", "b/y": b"", "ab/y": b""})
    found, left, _ = walked(tmp_path, "*.tmp")
    assert found == {"a/.bitdustignore", "a/x.tmp", "a/b/y", "b/y", "ab/y"}
    assert {each.rule.source for each in left} == {"settings", "a/.bitdustignore"}
    found, _, _ = walked(tmp_path, "@no-ignore-files")
    assert {"a/y", "a/@z"} <= found


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Rules see names of any bytes."""
    for name in (b"caf\xe9.tmp", b"caf\xe9.txt"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    found, left, _ = walked(tmp_path, "*.tmp")
    assert (found, [each.path for each in left]) == ({"caf\udce9.txt"}, [b"caf\xe9.tmp"])


def test_another_file_system(tmp_path: Path) -> None:
    """What lies on another file system is left out when so wished."""
    make(tmp_path, {"here/x": b""})
    rules = read_rules(["@one-file-system"])
    walk = Walk(os.fsencode(tmp_path), frozenset(), lambda: 0, rules=rules)
    assert len(walk.next_batch(10)) == 3
    walk = Walk(os.fsencode(tmp_path), frozenset(), lambda: 0, rules=rules)
    walk.next_batch(1)
    assert walk._excludes is not None
    walk._excludes._device = -1
    assert walk.next_batch(10) == []


@pytest.mark.parametrize(
    "line", ["", " ", "@nothing", "@larger-than", "@larger-than soon", "@caches x", "a\nb", "x" * 2000]
)
def test_what_is_no_rule(line: str) -> None:
    """Refused when it is given; where it stands in a file, it is noted, and the other lines count."""
    with pytest.raises(Usage):
        check_rule(line)
    if line.strip() and "\n" not in line:
        rules = read_rules([line, "*.tmp"])
        assert (len(rules.notes), len(rules.patterns)) == (1, 1)


def test_bounds(tmp_path: Path) -> None:
    """Of a file of rules that is too long, or has too many, the rest does not count, with a note."""
    assert len(read_rules(["a"] * (MOST_LINES + 5)).patterns) == MOST_LINES
    make(tmp_path, {"x": b"", ".bitdustignore": b"x\n" + b"#" * LARGEST_FILE})
    found, _, walk = walked(tmp_path)
    assert "x" in found
    assert "does not count" in walk.skipped[0].why


def test_preview(tmp_path: Path) -> None:
    """A preview counts everything, and names as much as was asked for."""
    make(tmp_path, {"a": b"123", "b.tmp": b"12", "c.tmp": b"1", "d/e": b"12345"})
    told = preview(os.fsencode(tmp_path), frozenset(), read_rules(["*.tmp"]), lambda: 0, 1)
    assert (told.files, told.folders, told.size) == (2, 2, 8)
    assert (told.left_count, told.left_size, [left.path for left in told.left]) == (2, 3, [b"b.tmp"])
