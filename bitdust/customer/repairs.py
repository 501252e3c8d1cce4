"""
How long it takes from the loss of a supplier until what he kept lies elsewhere.
"""

from __future__ import annotations

import sqlite3

#: repairs that are remembered
LAST = 20

TABLES = """
    -- Repairs under way: since when he is lost, his absence included.  Times in Unix seconds.
    CREATE TABLE repairing (supplier TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;

    -- The last that came to their end: when, and how many seconds they took.
    CREATE TABLE repairs (
        at INTEGER NOT NULL,
        supplier TEXT NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (at, supplier)
    ) STRICT, WITHOUT ROWID;
    """


def begin(c: sqlite3.Connection, supplier: str, now: int) -> None:
    """He is lost; said twice, it is as of the first time."""
    row = c.execute("SELECT seconds FROM away WHERE supplier = ?", (supplier,)).fetchone()
    since = now - int(row[0] if row else 0)
    c.execute("INSERT OR IGNORE INTO repairing VALUES (?, ?)", (supplier, since))


def stop(c: sqlite3.Connection, supplier: str) -> None:
    """He was not lost after all."""
    c.execute("DELETE FROM repairing WHERE supplier = ?", (supplier,))


def end(c: sqlite3.Connection, supplier: str, now: int) -> None:
    """He keeps nothing of ours any more."""
    row = c.execute("SELECT since FROM repairing WHERE supplier = ?", (supplier,)).fetchone()
    if row is None:
        return
    stop(c, supplier)
    c.execute("INSERT OR REPLACE INTO repairs VALUES (?, ?, ?)", (now, supplier, max(0, now - row[0])))
    c.execute(
        "DELETE FROM repairs WHERE (at, supplier) NOT IN"
        " (SELECT at, supplier FROM repairs ORDER BY at DESC, supplier LIMIT ?)",
        (LAST,),
    )


def seconds(c: sqlite3.Connection, expected: float, now: int) -> float:
    """
    How long one takes: the mean of the last ones, and of what was expected before there were any; or as long
    as one under way has taken already, if that is more.
    """
    took = [expected, *(float(each) for (each,) in c.execute("SELECT seconds FROM repairs"))]
    (since,) = c.execute("SELECT min(since) FROM repairing").fetchone()
    return max(sum(took) / len(took), 0.0 if since is None else float(now - since))
