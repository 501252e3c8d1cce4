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

from bitdust.errors import Damaged
from bitdust.world import InThread

T = TypeVar("T")
P = ParamSpec("P")


class Database:
    """
    `await db(work, *args)` runs `work(connection, *args)` in one transaction and answers its result.

    @param path: the file, or ":memory:".
    @param schema: one SQL script per version of the tables, oldest first; those not yet applied are run
        at opening, each in a transaction, and `PRAGMA user_version` counts them.
    @param serial: runs one call at a time, in order (a `Threads` of size 1, or `inline`).
    @raise Damaged: (from the first call) the file is not a database, or was written by a newer program.
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
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection, *args, **kwargs)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

        return self._serial(run)

    def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """The same for work that only reads: no write lock, nothing to commit."""

        def run() -> T:
            connection = self._open()
            connection.execute("BEGIN")
            try:
                return work(connection, *args, **kwargs)
            finally:
                connection.execute("ROLLBACK")

        return self._serial(run)

    def close(self) -> Deferred[None]:
        """Write the log back into the file and let go of it."""

        def run() -> None:
            if self._connection is not None:
                self._connection.execute("PRAGMA optimize")
                self._connection.close()
                self._connection = None

        return self._serial(run)

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
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA trusted_schema=OFF")
        (done,) = connection.execute("PRAGMA user_version").fetchone()
        if done > len(schema):
            raise Damaged(f"{path} was written by a newer version of BitDust", hint="upgrade this one")
        for number in range(done, len(schema)):
            connection.executescript(f"BEGIN;{schema[number]};PRAGMA user_version={number + 1};COMMIT;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise Damaged(f"{path} cannot be read as a database: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection
