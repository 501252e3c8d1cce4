"""Pieces wanted, acknowledged, lost, moved and counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.blocks.layout import piece_size
from bitdust.blocks.shapes import commit_at
from bitdust.catalog import blocks, deletes, epochs, holdings, jobs, removal, tree, versions
from bitdust.errors import Conflict, NotFound, Usage
from tests.catalog import sample
from tests.catalog.sample import fp


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A catalog with four suppliers, the item 0 and one committed version of it in block 1."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/me", "dir")
    sample.back_up(connection, "0", {b"a": 1})
    sample.publish(connection)
    yield connection
    connection.close()


def move(c: sqlite3.Connection, old: int, new: int) -> int:
    epochs.replace(c, fp(old), (fp(new), sample.idurl(new)))
    return holdings.replace_supplier(c, fp(old), fp(new))


def test_a_sealed_block_is_wanted_everywhere(c: sqlite3.Connection) -> None:
    """One piece per supplier, in order; its file is in the spool; serials go up."""
    job = jobs.begin(c, "0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x", "y"])
    assert serial == 2
    block = blocks.get(c, serial)
    assert (block.state, block.acked, block.job, len(block.roots)) == ("sealed", 0, job.id, 4)
    assert [x.fingerprint for x in blocks.placements(c, serial)] == [fp(i) for i in range(4)]
    assert blocks.by_id(c, block.id) == block
    assert holdings.counts(c, serial) == {"wanted": 4, "acked": 0, "lost": 0, "leaving": 0, "unknown": 0}
    assert [b.serial for b in holdings.spooled(c)] == [1, 2]
    for names, who in ((["x"], [fp(0)] * 4), (["x"], [fp(0)])):
        with pytest.raises(Usage):
            holdings.seal_block(c, job.id, bytes(32), bytes(32), 1, 4, 2, 1, [bytes(32)] * 4, [], who, None)
        assert names
    with pytest.raises(Conflict):
        holdings.seal_block(
            c, job.id, block.id, bytes(32), 1, 4, 2, 1, [bytes(32)] * 4, [], [fp(i) for i in range(4)], None
        )
    with pytest.raises(NotFound):
        blocks.get(c, 99)


@pytest.mark.parametrize(
    ("n", "k", "enough"), [(1, 1, 1), (2, 1, 2), (4, 2, 3), (7, 4, 6), (13, 7, 10), (18, 9, 14), (64, 32, 48)]
)
def test_enough_to_commit_on(n: int, k: int, enough: int) -> None:
    """c = k + half of the rest, rounded up."""
    assert (commit_at(n), commit_at(n, k)) == (enough, enough)


@pytest.mark.parametrize(
    ("size", "piece"), [(0, 0), (1, 1), (2, 1), (7, 4), (2 * 262144, 262144), (2 * 262144 + 3, 262146)]
)
def test_the_size_of_a_piece(size: int, piece: int) -> None:
    """Whole rows of units, then a shorter one, rounded up."""
    assert piece_size(size, 2, 262144) == piece


def test_a_receipt_counts_once(c: sqlite3.Connection) -> None:
    """Repeated and stray receipts change nothing."""
    assert holdings.acked(c, 1, 0, fp(0))
    assert blocks.get(c, 1).acked == 4
    assert not holdings.acked(c, 1, 1, fp(0))
    assert not holdings.acked(c, 1, 0, fp(77))
    assert not holdings.acked(c, 99, 0, fp(0))
    assert not holdings.lost(c, 1, 0, fp(77))
    assert blocks.get(c, 1).acked == 4


def test_a_lost_piece_is_missing_and_comes_back(c: sqlite3.Connection) -> None:
    """Lost is wanted again; the block in the greatest danger comes first."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    holdings.lost(c, 1, 0, fp(0))
    holdings.lost(c, 2, 0, fp(0))
    holdings.lost(c, 2, 1, fp(1))
    found = holdings.missing(c)
    assert [(m.block.serial, m.number, m.fingerprint, m.state) for m in found] == [
        (2, 0, fp(0), "lost"),
        (2, 1, fp(1), "lost"),
        (1, 0, fp(0), "lost"),
    ]
    assert found[0].root == blocks.get(c, 2).roots[0]
    assert [m.block.serial for m in holdings.missing(c, fp(0))] == [2, 1]
    assert [b.serial for b in holdings.unsafe(c)] == [2, 1]
    holdings.set_spool(c, 2, None)
    assert [m.block.serial for m in holdings.missing(c, spooled=True)] == [1]
    assert [m.block.serial for m in holdings.missing(c, spooled=False)] == [2, 2]
    assert holdings.survives(c) == 0
    assert [v.survives for v in versions.list_of(c, "0")] == [1, 0]
    sample.ack_all(c, 2)
    assert holdings.survives(c) == 1


def test_a_supplier_that_lost_his_disk(c: sqlite3.Connection) -> None:
    """Everything he had is wanted from him again."""
    assert holdings.lost_all(c, fp(2)) == 1
    assert holdings.lost_all(c, fp(2)) == 0
    assert [m.fingerprint for m in holdings.missing(c)] == [fp(2)]


def test_a_replaced_supplier_counts_until_the_new_one_has_it(c: sqlite3.Connection) -> None:
    """Leaving pieces are sources and are counted; the log learns of the move when it has happened."""
    assert move(c, 0, 9) == 1
    assert holdings.counts(c, 1) == {"wanted": 1, "acked": 3, "lost": 0, "leaving": 1, "unknown": 0}
    assert blocks.get(c, 1).acked == 4
    assert fp(0) in {x.fingerprint for x in blocks.sources(c, 1)}
    assert [(m.number, m.fingerprint) for m in holdings.missing(c)] == [(0, fp(9))]
    assert [who for who, _ in epochs.all_suppliers(c)] == [fp(9), fp(1), fp(2), fp(3), fp(0)]
    assert holdings.acked(c, 1, 0, fp(9))
    assert [x.fingerprint for x in blocks.placements(c, 1)] == [fp(9), fp(1), fp(2), fp(3)]
    assert [who for who, _ in epochs.all_suppliers(c)] == [fp(9), fp(1), fp(2), fp(3)]
    # He is told to delete his copy only when the network knows where the piece is now.
    assert deletes.due(c, fp(0)) == []
    sample.publish(c, to=(9, 1, 2))
    assert deletes.due(c, fp(0)) == [deletes.Tombstone(blocks.get(c, 1).id, 0)]
    other = sample.open_catalog()
    sample.snapshot.load(other, sample.state(c))
    assert [x.fingerprint for x in blocks.placements(other, 1)] == [fp(9), fp(1), fp(2), fp(3)]
    other.close()


def test_a_dead_supplier_is_replaced_without_being_counted(c: sqlite3.Connection) -> None:
    """A lost piece does not become better by moving."""
    holdings.lost(c, 1, 0, fp(0))
    move(c, 0, 9)
    assert blocks.get(c, 1).acked == 3
    assert [m.fingerprint for m in holdings.missing(c)] == [fp(9)]
    holdings.acked(c, 1, 0, fp(9))
    assert blocks.get(c, 1).acked == 4


def test_replacing_twice_before_anything_moved(c: sqlite3.Connection) -> None:
    """The one in the middle never had it and is forgotten."""
    move(c, 0, 9)
    move(c, 9, 10)
    assert [(x.fingerprint, x.state) for x in blocks.placements(c, 1)][:2] == [
        (fp(10), "wanted"),
        (fp(0), "leaving"),
    ]
    holdings.acked(c, 1, 0, fp(10))
    assert not holdings.acked(c, 1, 0, fp(9))
    assert blocks.placements(c, 1)[0].fingerprint == fp(10)


def test_a_supplier_may_come_back_to_what_he_was_leaving(c: sqlite3.Connection) -> None:
    """Nothing is sent twice when a replacement is taken back."""
    move(c, 0, 9)
    move(c, 9, 0)
    assert holdings.missing(c) == []
    assert [x.fingerprint for x in blocks.placements(c, 1)] == [fp(i) for i in range(4)]
    assert blocks.get(c, 1).acked == 4


def test_who_was_told_to_delete_a_block_is_not_given_it_again(c: sqlite3.Connection) -> None:
    """His tombstone would refuse it; told not yet, the tombstone is taken back."""
    move(c, 0, 9)
    holdings.acked(c, 1, 0, fp(9))
    assert move(c, 9, 0) == 1
    assert deletes.waiting(c) == 0
    holdings.acked(c, 1, 0, fp(0))
    sample.publish(c)
    deletes.done(c, fp(9), [each.block for each in deletes.due(c, fp(9))])
    assert move(c, 0, 9) == 0
    assert blocks.placements(c, 1)[0].state == "acked"


def test_nobody_keeps_two_pieces_of_a_block(c: sqlite3.Connection) -> None:
    """A supplier who takes over another position keeps to his own piece of old blocks."""
    assert holdings.replace_supplier(c, fp(0), fp(1)) == 0
    assert holdings.missing(c) == []
    with pytest.raises(Usage):
        holdings.replace_supplier(c, fp(0), fp(0))


def test_a_sealed_block_that_was_never_sent_just_moves(c: sqlite3.Connection) -> None:
    """Who never got a piece is not a source for it, nor told to delete it."""
    job = jobs.begin(c, "0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x"])
    move(c, 0, 9)
    assert [x.fingerprint for x in blocks.placements(c, serial)] == [fp(9), fp(1), fp(2), fp(3)]
    sample.ack_all(c, serial)
    assert deletes.waiting(c) == 0


def test_listing_goes_in_the_order_of_block_ids(c: sqlite3.Connection) -> None:
    """Pages of what a supplier should have can be laid beside his own list."""
    for when in range(1, 6):
        sample.back_up(c, "0", {b"a": when + 1}, when=when)
    whole = holdings.held_by(c, fp(1))
    assert [row[0] for row in whole] == sorted(row[0] for row in whole)
    assert {row[1] for row in whole} == {1}
    assert len(whole) == 6
    paged, after = [], None
    while page := holdings.held_by(c, fp(1), after, 4):
        paged += page
        after = page[-1][:2]
    assert paged == whole
    assert holdings.used_at(c, fp(1)) == (6, 6 * 500_000)
    assert holdings.used_bytes(c) == 6 * 4 * 500_000


def test_spool_files_go_when_they_are_not_needed(c: sqlite3.Connection) -> None:
    """At n of n; under pressure already when committed; sealed ones never before n of n."""
    job = jobs.begin(c, "0", sample.NOON, 0.0)
    sample.seal(c, job.id, ["x"])
    assert [b.serial for b in holdings.removable(c)] == [1]
    holdings.lost(c, 1, 0, fp(0))
    for number in range(3):
        holdings.acked(c, 2, number, fp(number))
    assert holdings.removable(c) == []
    assert [b.serial for b in holdings.removable(c, pressed=True)] == [1]
    holdings.acked(c, 1, 0, fp(0))
    assert holdings.removable(c, leavers=[fp(3)]) == []
    assert [b.serial for b in holdings.removable(c, pressed=True, leavers=[fp(3)])] == [1]
    holdings.set_spool(c, 1, None)
    assert [b.serial for b in holdings.spooled(c)] == [2]
    with pytest.raises(NotFound):
        holdings.set_spool(c, 99, None)


def test_after_a_recovery_pieces_are_sources_but_not_counted(c: sqlite3.Connection) -> None:
    """The state shown is measured: until a supplier has listed them, pieces are unknown."""
    other = sample.open_catalog()
    sample.snapshot.load(other, sample.state(c))
    assert holdings.counts(other, 1)["unknown"] == 4
    assert holdings.unknown(other, fp(0)) == 1
    assert holdings.survives(other) == -2
    assert holdings.missing(other) == []
    assert len(blocks.sources(other, 1)) == 4
    assert holdings.acked(other, 1, 0, fp(0))
    assert blocks.sources(other, 1)[0].fingerprint == fp(0)
    holdings.lost(other, 1, 1, fp(1))
    assert [m.fingerprint for m in holdings.missing(other)] == [fp(1)]
    assert len(blocks.sources(other, 1)) == 3
    other.close()


def test_a_block_whose_spool_is_lost_is_made_again(c: sqlite3.Connection) -> None:
    """A sealed block can be forgotten, and its pieces are told to go; a committed one only repaired."""
    job = jobs.begin(c, "0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x"])
    block_id = blocks.get(c, serial).id
    removal.drop_sealed(c, serial)
    assert blocks.by_id(c, block_id) is None
    assert deletes.due(c, fp(0)) == [deletes.Tombstone(block_id, 0)]
    with pytest.raises(Conflict):
        removal.drop_sealed(c, 1)
    assert sample.seal(c, job.id, ["x"]) == serial + 1
