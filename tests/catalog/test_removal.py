"""What is forgotten on purpose goes everywhere, and nothing else does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.catalog import blocks, deletes, removal, tree, versions
from bitdust.errors import Conflict, NotFound
from tests.catalog import sample
from tests.catalog.sample import fp


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """Three versions of the item 0: block 1 in all of them, block 2 in the second, block 3 in the third."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/me", "dir")
    for when in range(3):
        sample.back_up(connection, "0", {b"a": 100, b"b": when}, when=when)
    sample.publish(connection)
    yield connection
    connection.close()


def labels(c: sqlite3.Connection) -> list[str]:
    return [version.label for version in versions.list_of(c, "0")]


def test_a_version_takes_only_its_own_with_it(c: sqlite3.Connection) -> None:
    """The others read as before, whichever goes, in whatever order."""
    before = {v.label: sample.paths_at(c, v) for v in versions.list_of(c, "0")}
    first, second, third = labels(c)
    removal.remove_version(c, "0", second)
    assert removal.garbage(c) == [2]
    removal.remove_version(c, "0", third)
    assert removal.garbage(c) == [2, 3]
    assert [(v.label, sample.paths_at(c, v)) for v in versions.list_of(c, "0")] == [(first, before[first])]
    removal.remove_version(c, "0", first)
    assert removal.garbage(c) == [1, 2, 3]
    assert c.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    assert c.execute("SELECT count(*) FROM uses").fetchone() == (0,)
    with pytest.raises(NotFound):
        removal.remove_version(c, "0", first)


def test_the_newest_may_go_first(c: sqlite3.Connection) -> None:
    """What the version before had is still there, and the next backup goes on from it."""
    before = {v.label: sample.paths_at(c, v) for v in versions.list_of(c, "0")}
    first, second, third = labels(c)
    removal.remove_version(c, "0", third)
    fourth = sample.back_up(c, "0", {b"a": 100, b"b": 1}, when=9)
    assert sample.paths_at(c, fourth) == before[second]
    removal.remove_version(c, "0", second)
    assert sample.paths_at(c, versions.get(c, "0", first)) == before[first]
    assert sample.paths_at(c, fourth) == before[second]


def test_pieces_are_deleted_only_when_the_network_knows(c: sqlite3.Connection) -> None:
    """Condemned, said in the log, at c suppliers with the head, then each supplier is told, away or not."""
    block_id = blocks.get(c, 2).id
    removal.remove_version(c, "0", labels(c)[1])
    assert removal.collect(c, not_before=77) == [block_id.hex()]
    assert blocks.by_id(c, block_id) is None
    assert deletes.waiting(c) == 4
    assert deletes.due_at(c) == []
    sample.publish(c, to=(0, 1))
    assert deletes.due(c, fp(0)) == []
    assert not deletes.is_to_hear(c, fp(3))
    sample.publish(c, to=(2,))
    assert deletes.is_to_hear(c, fp(3))
    assert deletes.due(c, fp(3)) == [deletes.Tombstone(block_id, 77)]
    assert deletes.due_at(c) == sorted(fp(i) for i in range(4))
    deletes.done(c, fp(0), [block_id])
    assert deletes.due(c, fp(0)) == []
    assert deletes.forget(c, fp(3)) == 1
    assert deletes.waiting(c) == 2


def test_a_dropped_block_is_known_as_ours_after_a_recovery(c: sqlite3.Connection) -> None:
    """A supplier who still lists it is told again; a block we never recorded is nobody's to delete."""
    block_id = blocks.get(c, 2).id
    removal.remove_version(c, "0", labels(c)[1])
    removal.collect(c, not_before=77)
    other = sample.open_catalog()
    sample.snapshot.load(other, sample.state(c))
    assert deletes.was_dropped(other, block_id) == deletes.Tombstone(block_id, 77)
    assert deletes.tell_again(other, fp(0), block_id)
    assert deletes.due(other, fp(0)) == [deletes.Tombstone(block_id, 77)]
    assert not deletes.tell_again(other, fp(0), bytes(32))
    assert not deletes.tell_again(other, fp(88), block_id)
    other.close()


def test_an_item_goes_with_all_below_it(c: sqlite3.Connection) -> None:
    """Its versions, those of what is below it, and no neighbour's."""
    tree.add_path(c, b"/me/sub", "dir")
    tree.add_path(c, b"/me-too", "dir")
    sample.back_up(c, "0/0", {b"x": 50}, when=20)
    kept = sample.back_up(c, "1", {b"y": 100}, when=21)
    assert removal.remove_item(c, "0") == 2
    assert [item.path for item in tree.walk(c)] == [b"/me-too"]
    assert removal.garbage(c) == [2, 3, 4]
    while removal.garbage(c):
        removal.collect(c, limit=1)
    assert sample.paths_at(c, kept)[b"y"] == ((1, 0),)
    with pytest.raises(NotFound):
        removal.remove_item(c, "0")
    with pytest.raises(NotFound):
        removal.remove_item(c, "")


def test_what_is_needed_cannot_be_condemned(c: sqlite3.Connection) -> None:
    """Not even by mistake."""
    with pytest.raises(Conflict):
        removal.condemn(c, [1])
    assert blocks.get(c, 1).state == "committed"


def test_a_partly_needed_block_stays(c: sqlite3.Connection) -> None:
    """One chunk still referred to keeps its block whole (repacking is another matter)."""
    first = labels(c)[0]
    removal.remove_version(c, "0", first)
    assert removal.garbage(c) == []
    assert versions.blocks_of(c, "0", 2) == [1, 2]
