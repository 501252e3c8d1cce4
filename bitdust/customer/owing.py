"""
What suppliers owe: leaves they were asked for and have not shown yet, and for how long they show nothing.

It is kept on disk: who is asked by a node that is restarted each day owes what he owed the day before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

#: the tables, in `standing.SCHEMA`
TABLES = """
    -- Leaves that a supplier was asked for and has not shown.
    CREATE TABLE owed (
        supplier TEXT NOT NULL,
        serial INTEGER NOT NULL,
        number INTEGER NOT NULL,
        leaf INTEGER NOT NULL,
        PRIMARY KEY (supplier, serial, number, leaf)
    ) STRICT, WITHOUT ROWID;

    -- Seconds for which he has shown nothing, though he is there; and when he was asked last (Unix seconds).
    CREATE TABLE owing (
        supplier TEXT PRIMARY KEY,
        seconds REAL NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Challenge:
    """A leaf of a piece that somebody has signed for."""

    serial: int
    number: int
    leaf: int


def owed(c: sqlite3.Connection, supplier: str) -> list[Challenge]:
    """What he has not shown yet."""
    rows = c.execute(
        "SELECT serial, number, leaf FROM owed WHERE supplier = ? ORDER BY serial, number, leaf", (supplier,)
    )
    return [Challenge(*row) for row in rows]


def owes(
    c: sqlite3.Connection,
    supplier: str,
    leaves: Collection[Challenge],
    has_shown: bool,
    ran: float,
    most: float,
    now: int,
) -> float:
    """
    He was asked, and these he owes.  Answers for how many seconds, by now, he has shown nothing.

    @param has_shown: he has shown something: the seconds begin anew.
    @param ran: seconds of this run since he was asked last.
    @param most: seconds that count at most, whatever the clock on the wall says of the time in between.
    """
    c.execute("DELETE FROM owed WHERE supplier = ?", (supplier,))
    c.executemany(
        "INSERT OR IGNORE INTO owed VALUES (?, ?, ?, ?)",
        [(supplier, each.serial, each.number, each.leaf) for each in leaves],
    )
    if not leaves:
        c.execute("DELETE FROM owing WHERE supplier = ?", (supplier,))
        return 0.0
    row = c.execute("SELECT seconds, at FROM owing WHERE supplier = ?", (supplier,)).fetchone()
    seconds = 0.0 if row is None or has_shown else row[0] + min(max(ran, float(now - row[1])), most)
    c.execute("INSERT OR REPLACE INTO owing VALUES (?, ?, ?)", (supplier, seconds, now))
    return seconds
