"""Orphans: kept for a month, freed only where nobody knows them."""

from __future__ import annotations

import sqlite3

import pytest

from bitdust.catalog import blocks, deletes, orphans
from bitdust.catalog.rows import peer
from tests.catalog.sample import fp, open_catalog, seal

DAY = 86400


@pytest.fixture
def c() -> sqlite3.Connection:
    return open_catalog()


def test_freed_after_a_month(c: sqlite3.Connection) -> None:
    """Its time runs from when it was first seen, however often it is seen again."""
    orphans.seen(c, fp(0), [b"a" * 32, b"b" * 32], 0)
    orphans.seen(c, fp(0), [b"a" * 32], 29 * DAY)
    orphans.seen(c, fp(0), [b"c" * 32], 29 * DAY)
    assert orphans.free(c, fp(0), 30 * DAY - 1) == 0
    assert orphans.free(c, fp(0), 30 * DAY) == 2
    assert [stone.block for stone in deletes.due(c, fp(0))] == [b"a" * 32, b"b" * 32]
    assert orphans.count(c) == 1
    assert orphans.free(c, fp(0), 30 * DAY) == 0


def test_each_supplier_for_himself(c: sqlite3.Connection) -> None:
    """What one keeps says nothing of what another keeps."""
    orphans.seen(c, fp(0), [b"a" * 32], 0)
    orphans.seen(c, fp(1), [b"a" * 32], 20 * DAY)
    assert orphans.free(c, fp(1), 31 * DAY) == 0
    assert orphans.free(c, fp(0), 31 * DAY) == 1
    assert deletes.due(c, fp(1)) == []


def test_a_block_that_became_known_stays(c: sqlite3.Connection) -> None:
    """Whatever the catalog knows by then is not deleted."""
    block = blocks.get(c, seal(c, 1, ["chunk"])).id
    orphans.seen(c, fp(0), [block], 0)
    assert orphans.free(c, fp(0), 31 * DAY) == 0
    assert deletes.due(c, fp(0)) == []
    assert orphans.count(c) == 0


def test_what_was_given_up_is_no_orphan(c: sqlite3.Connection) -> None:
    """What a supplier is yet to be told to delete is listed by him till then, and is no riddle."""
    who = peer(c, fp(0))
    deletes.queue(c, who, b"a" * 32, 0, 0)
    orphans.seen(c, fp(0), [b"a" * 32, b"b" * 32], 0)
    assert orphans.count(c) == 1
    deletes.queue(c, who, b"b" * 32, 0, 0)
    deletes.done(c, fp(0), [b"a" * 32, b"b" * 32])
    assert orphans.count(c) == 0
