"""A log is replayed into nothing but itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.catalog import anew, log, tree
from bitdust.catalog.rows import mark, set_mark
from tests.catalog import sample
from tests.catalog.test_log import KEYS


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A log of two segments."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/me", "dir")
    sample.back_up(connection, "0", {b"a": 1})
    sample.publish(connection)
    sample.back_up(connection, "0", {b"a": 2}, when=1)
    sample.publish(connection)
    yield connection
    connection.close()


def replay(c: sqlite3.Connection, other: sqlite3.Connection, *numbers: int) -> None:
    """These segments of one log, into the other catalog."""
    for number in numbers:
        segment, ops = log.open_segment(KEYS, log.segment(c, number).data)
        log.replay(other, segment, ops)


def test_what_was_replayed_stays(c: sqlite3.Connection) -> None:
    """An attempt that was cut off goes on where it was."""
    other = sample.open_catalog()
    assert not anew.begin_replay(other, log.head(c, 1.0))
    replay(c, other, 1)
    assert anew.begin_replay(other, log.head(c, 1.0))
    replay(c, other, 2)
    assert anew.begin_replay(other, log.head(c, 1.0))
    assert sample.state(other) == sample.state(c)
    other.close()


@pytest.mark.parametrize("spoil", ["fact", "segment", "finished"])
def test_anything_else_goes(c: sqlite3.Connection, spoil: str) -> None:
    """Facts, or segments, that were made here: the tables are as new; counters for others stay."""
    other = sample.open_catalog()
    if spoil == "finished":
        replay(c, other, 1, 2)
        log.finish_recovery(other, log.head(c, 1.0))
    else:
        tree.add_path(other, b"/other", "dir")
        if spoil == "segment":
            sample.publish(other)
    set_mark(other, "record_sequence", 7)
    assert not anew.begin_replay(other, log.head(c, 1.0))
    fresh = sample.open_catalog()
    names = [row[0] for row in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in sorted(set(names) - {"sqlite_sequence", "marks"}):
        query = f"SELECT * FROM {name} ORDER BY 1"
        assert other.execute(query).fetchall() == fresh.execute(query).fetchall(), name
    assert mark(other, "record_sequence") == 7
    replay(c, other, 1, 2)
    assert sample.state(other) == sample.state(c)
    assert log.finish_recovery(other, log.head(c, 1.0)) == 2
    assert log.recovered_from(other) == log.head(c, 1.0).place
    other.close()
    fresh.close()
