"""
One SQLite file, one connection, one thread.

Every table of a node lives in one of a few such files.  WAL with `synchronous=FULL`: when a transaction's
Deferred fires, its rows survive a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from twisted.internet.defer import Deferred

from bitdust.errors import BitDustError, Damaged, NoSpace, TryLater
from bitdust.world import InThread

T = TypeVar("T")
P = ParamSpec("P")

#: what SQLite says when the machine cannot do it at this moment; the rest are faults of ours
PASSING = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
#: how every file is opened
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
)
BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Database:
    """
    `await db(work, *args)` runs `work(connection, *args)` in one transaction and answers its result.

    @param path: the file, or ":memory:".
    @param schema: one SQL script per version of the tables, oldest first; those not yet applied are run
        at opening, each in a transaction, and `PRAGMA user_version` counts them.
    @param serial: runs one call at a time, in order (a `Threads` of size 1, or `inline`).
    @raise Damaged: (from any call) the file is not a database, or not one any more; (from the first) it was
        written by a newer program.
    @raise NoSpace: (from any call) the disk is full.
    @raise TryLater: (from any call) the disk does not let us read or write at this moment.
    """

    def __init__(self, path: Path | str, schema: Sequence[str], serial: InThread) -> None:
        self._path = str(path)
        self._schema = schema
        self._serial = serial
        self._connection: sqlite3.Connection | None = None

    def __call__(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        def run() -> T:
            return self._run("BEGIN IMMEDIATE", "COMMIT", lambda c: work(c, *args, **kwargs))

        return self._serial(run)

    def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """The same for work that only reads: no write lock, nothing to commit."""

        def run() -> T:
            return self._run("BEGIN", "ROLLBACK", lambda c: work(c, *args, **kwargs))

        return self._serial(run)

    def close(self) -> Deferred[None]:
        """Write the log back into the file and let go of it."""

        def run() -> None:
            if self._connection is not None:
                self._connection.execute("PRAGMA optimize")
                self._connection.close()
                self._connection = None

        return self._serial(run)

    def _run(self, begin: str, end: str, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._open()
            try:
                connection.execute(begin)
                result = work(connection)
                connection.execute(end)
            except BaseException:
                self._undo(connection)
                raise
            return result
        except sqlite3.Error as error:
            known = _translated(self._path, error)
            if known is None:
                raise
            raise known from error

    def _undo(self, connection: sqlite3.Connection) -> None:
        """End the transaction, which SQLite has perhaps ended itself; the next call begins a new one."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Whatever is wrong, closing undoes it too; the error that led here is raised on.
            if self._path != ":memory:":
                self._connection = None
                connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path, self._schema)
        return self._connection


def _connect(path: str, schema: Sequence[str]) -> sqlite3.Connection:
    if path != ":memory:":
        # Its journals get the mode of the file, whatever the process's mask is.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        (done,) = connection.execute("PRAGMA user_version").fetchone()
        if done > len(schema):
            raise Damaged(f"{path} was written by a newer version of BitDust", hint="upgrade this one")
        for number in range(done, len(schema)):
            connection.executescript(f"BEGIN;{schema[number]};PRAGMA user_version={number + 1};COMMIT;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _translated(path, error) or Damaged(f"{path} cannot be read as a database: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _translated(path: str, error: sqlite3.Error) -> BitDustError | None:
    """What SQLite's error means to those who wait for it; None: a fault of the program."""
    # The upper bits say more about the same; errors of Python's own module have no number.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    name = os.path.basename(path)
    if code == sqlite3.SQLITE_FULL:
        return NoSpace(f"the disk is full: {name} cannot be written", hint="free space on the disk")
    if code in PASSING:
        return TryLater(f"{name} cannot be read or written now: {error}")
    if code in BROKEN:
        return Damaged(f"{name} is damaged: {error}", hint="recover this node from its kit, in a new folder")
    return None
