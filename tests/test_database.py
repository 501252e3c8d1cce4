"""One SQLite file: its transactions, and what its errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from bitdust.database import Database
from bitdust.errors import Damaged, NoSpace, TryLater
from bitdust.world import inline

SCHEMA = ["CREATE TABLE numbers (number INTEGER PRIMARY KEY, blob BLOB)"]


def result(deferred: Deferred) -> object:
    """What it came to."""
    outcome: list[object] = []
    deferred.addBoth(outcome.append)
    if hasattr(outcome[0], "raiseException"):
        outcome[0].raiseException()
    return outcome[0]


def put(c: sqlite3.Connection, number: int, size: int = 0) -> None:
    c.execute("INSERT INTO numbers VALUES (?, ?)", (number, bytes(size)))


def numbers(c: sqlite3.Connection) -> list[int]:
    return [number for (number,) in c.execute("SELECT number FROM numbers ORDER BY number")]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(tmp_path / "a.db", SCHEMA, inline)


def failing(code: int):
    """Work that meets this error of SQLite in the middle."""

    def work(c: sqlite3.Connection) -> None:
        put(c, 1)
        error = sqlite3.OperationalError("so it says")
        error.sqlite_errorcode = code
        raise error

    return work


def test_a_full_disk(db: Database) -> None:
    """A database that cannot grow says so; what was written before stays, and it goes on."""
    result(db(put, 1))
    result(db.read(lambda c: c.execute("PRAGMA max_page_count = 10").fetchall()))
    with pytest.raises(NoSpace, match=r"a\.db"):
        result(db(put, 2, 10**6))
    assert result(db.read(numbers)) == [1]
    result(db(put, 3))
    assert result(db.read(numbers)) == [1, 3]


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN]
)
def test_what_passes(db: Database, code: int) -> None:
    """Errors of the machine that may be gone the next time say so, and undo what was begun."""
    with pytest.raises(TryLater):
        result(db(failing(code)))
    with pytest.raises(TryLater):
        result(db.read(failing(code)))
    assert result(db.read(numbers)) == []


def test_what_is_broken(db: Database) -> None:
    """A malformed file is damage."""
    with pytest.raises(Damaged):
        result(db(failing(sqlite3.SQLITE_CORRUPT)))


def test_our_own_faults(db: Database) -> None:
    """A fault of the program stays what it is."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        result(db(lambda c: c.execute("SELECT * FROM nobody")))
    result(db(put, 1))
    with pytest.raises(sqlite3.IntegrityError):
        result(db(put, 1))


def test_a_transaction_that_ended_by_itself(db: Database) -> None:
    """Where SQLite has given up the transaction already, its error is told, and the next one begins anew."""

    def work(c: sqlite3.Connection) -> None:
        put(c, 1)
        c.execute("ROLLBACK")
        error = sqlite3.OperationalError("full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with pytest.raises(NoSpace):
        result(db(work))
    result(db(put, 2))
    assert result(db.read(numbers)) == [2]


def test_a_commit_that_fails(db: Database) -> None:
    """A commit that SQLite refuses is undone: it does not stand in the way of the next one."""

    def work(c: sqlite3.Connection) -> None:
        c.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        c.execute("CREATE TABLE children (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)")
        c.execute("INSERT INTO children VALUES (7)")

    with pytest.raises(sqlite3.IntegrityError):
        result(db(work))
    result(db(put, 2))
    assert result(db.read(numbers)) == [2]


def test_not_a_database(tmp_path: Path) -> None:
    """A file of something else is damage from the first call on."""
    (tmp_path / "a.db").write_bytes(b"something else " * 1000)
    with pytest.raises(Damaged):
        result(Database(tmp_path / "a.db", SCHEMA, inline).read(numbers))
