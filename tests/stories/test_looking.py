"""What can be seen of versions without bringing them back."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bitdust.backup import finding
from bitdust.backup.finding import Query
from bitdust.backup.looking import how
from bitdust.backup.pattern import Pattern
from bitdust.catalog import looking as rows
from bitdust.catalog.facts import Kind
from bitdust.errors import NotFound, Usage
from tests.stories.test_changes import ready
from tests.world import House, World


def find(world: World, house: House, what: str | None = None, limit: int = 1000, **query: Any) -> list[Any]:
    """Every page of an answer, one behind the other."""
    found: list[Any] = []
    after = ""
    asked = Query(**{**query, "pattern": Pattern(query.get("pattern", "*"))})
    while True:
        page = world.wait(house.node.backups.looking.find(asked, what, limit, after))
        assert len(page.hits) <= limit
        found += page.hits
        after = page.after
        if not after:
            return found


def compare(world: World, house: House, old: str, new: str, limit: int = 1000) -> list[tuple[Any, ...]]:
    """(old path, new path, how) of every change, over all pages."""
    found: list[tuple[Any, ...]] = []
    after = ""
    while True:
        page = world.wait(house.node.backups.looking.compare(old, new, limit, after))
        assert len(page.changes) <= limit
        found += [
            (c.old.path if c.old else None, c.new.path if c.new else None, how(c)) for c in page.changes
        ]
        after = page.after
        if not after:
            return found


@pytest.fixture
def alice(world: World) -> House:
    """Two versions of a folder, and one file more."""
    alice = ready(world, n=2)
    source = world.tree(
        a__x=b"one",
        a__y=b"two",
        b=b"three",
        b__=b"",
        zz=b"gone",
        **{f"many__{i:02}": 10 + i for i in range(30)},
    )
    (source / "B!").write_bytes(b"!")
    (source / "a!").write_bytes(b"sorted behind what is in a")
    os.symlink("b", source / "link")
    assert alice.back_up(source).state == "committed"
    (source / "a" / "x").write_bytes(b"other")
    os.chmod(source / "a" / "y", 0o600)
    (source / "zz").unlink()
    (source / "zy").mkdir()
    (source / "zy" / "new").write_bytes(b"new")
    assert alice.back_up(source).state == "committed"
    assert alice.back_up(world.tree("else", one=b"1")).state == "committed"
    alice.until_safe()
    return alice


@pytest.mark.parametrize("step", [1, 7, 20_000])
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_find(world: World, alice: House, monkeypatch: pytest.MonkeyPatch, step: int, limit: int) -> None:
    """In the newest versions or in all, in one item or all, however small the pages and steps are."""
    monkeypatch.setattr(rows, "ROWS", step)
    monkeypatch.setattr(rows, "KEYS", step * 2)
    monkeypatch.setattr(finding, "ITEMS", 2)
    old, new = (version.backup_id for version in alice.versions("0/0/0/0"))
    other = alice.versions("0/0/0/1")[0].backup_id

    def names(**query: Any) -> list[tuple[Any, ...]]:
        hits = find(world, alice, limit=limit, **query)
        return [(hit.inside, hit.first, hit.backup_id) for hit in hits]

    assert names(pattern="z*") == [(b"zy", new, new)]
    assert names(pattern="z*", all_versions=True) == [(b"zy", new, new), (b"zz", old, old)]
    assert names(pattern="one", all_versions=True) == [(b"one", other, other)]
    assert names(pattern="x", all_versions=True) == [(b"a/x", old, old), (b"a/x", new, new)]
    assert names(pattern="b", all_versions=True) == [(b"b", old, new)]
    assert len(names(pattern="many/*")) == 30
    assert names(pattern="many/*", smallest=37, largest=38) == [
        (b"many/27", new, new),
        (b"many/28", new, new),
    ]
    assert names(kind=Kind.SYMLINK) == [(b"link", new, new)]
    assert names(pattern="b", newest=0.0) == []
    assert names(pattern="b", oldest=0.0) == [(b"b", new, new)]
    assert names(pattern="*", what=f"{old}:a") == [(b"a", old, old), (b"a/x", old, old), (b"a/y", old, old)]
    assert names(pattern="*", what="0/0/0/1", kind=Kind.FILE) == [(b"one", other, other)]


def test_find_after_a_delete(world: World, alice: House) -> None:
    """What only a deleted version had is not found any more."""
    old = alice.versions("0/0/0/0")[0].backup_id
    world.wait(alice.node.backups.delete(old))
    assert find(world, alice, pattern="zz", all_versions=True) == []


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_walk_through_a_version(world: World, alice: House, limit: int) -> None:
    """A version is a folder: any depth, page by page, nothing of deeper folders; a file is itself."""
    old, new = (version.backup_id for version in alice.versions("0/0/0/0"))

    def names(what: str, as_of: float | None = None) -> list[bytes]:
        found: list[bytes] = []
        after = ""
        while True:
            page = world.wait(alice.node.backups.looking.listing(what, as_of, limit, after))
            assert len(page.entries) <= limit
            found += [entry.path for entry in page.entries]
            after = page.after
            if not after:
                return found

    assert names(old) == [b"B!", b"a", b"a!", b"b", b"link", b"many", b"zz"]
    assert b"zy" in names(new)
    assert b"zz" not in names(new)
    assert names(f"{old}:a") == [b"a/x", b"a/y"]
    assert names(f"{new}:a/x") == [b"a/x"]
    assert len(names(f"{alice.task(1).name.decode()}/many")) == 30
    first = alice.versions("0/0/0/0")[0]
    assert b"zz" in names("0/0/0/0", first.time)
    with pytest.raises(NotFound):
        names("0/0/0/0", first.time - 1)
    with pytest.raises(NotFound):
        names(f"{old}:nothing")


@pytest.mark.parametrize("step", [1, 20_000])
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_compare(world: World, alice: House, monkeypatch: pytest.MonkeyPatch, step: int, limit: int) -> None:
    """Added, removed, changed in content or only in metadata; either way round; only a part of the tree."""
    monkeypatch.setattr(rows, "ROWS", step)
    old, new = (version.backup_id for version in alice.versions("0/0/0/0"))
    found = compare(world, alice, old, new, limit)
    assert [(before, after) for before, after, _ in found if (before or after) not in (b"", b"a")] == [
        (b"a/x", b"a/x"),
        (b"a/y", b"a/y"),
        (None, b"zy"),
        (None, b"zy/new"),
        (b"zz", None),
    ]
    words = {after: differs for _, after, differs in found}
    assert "content" in words[b"a/x"]
    assert words[b"a/y"] == ["mode"]
    turned = compare(world, alice, new, old, limit)
    assert [(after, before, differs) for before, after, differs in turned] == found
    assert compare(world, alice, old, old, limit) == []
    inside = compare(world, alice, f"{old}:zy", new, limit)
    assert [after for _, after, _ in inside] == [b"zy", b"zy/new"]
    with pytest.raises(Usage):
        compare(world, alice, old, "0/0/0/1")


def test_marks_of_others(world: World, alice: House) -> None:
    """A mark that no answer gave is refused."""
    for wrong in ("x", "AAAA", "\u00e9", "kqFhoWI=" * 30_000):
        with pytest.raises(Usage):
            world.wait(alice.node.backups.looking.find(Query(Pattern("*")), None, 10, wrong))
        with pytest.raises(Usage):
            world.wait(alice.node.backups.looking.compare("0/0/0/0", "0/0/0/0", 10, wrong))
