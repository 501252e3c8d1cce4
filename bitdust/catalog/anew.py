"""
A recovery's ground: tables that hold nothing but what was replayed from the log being recovered.
"""

from __future__ import annotations

import sqlite3

from bitdust.catalog.head import Head

Connection = sqlite3.Connection

#: marks that speak of the world outside, and stay whatever the catalog says
KEPT_MARKS = ("record_sequence", "epoch_seen")
TABLES = (
    *("items", "versions", "entries", "uses", "blocks", "chunks", "peers", "placements", "dropped", "epochs"),
    *("notes", "log", "segments", "segment_acks", "head_acks", "jobs", "pins", "pending", "tombstones"),
)


def begin_replay(c: Connection, head: Head) -> bool:
    """
    Make ready to replay the log that this head names.  True: the first part of it is here already, from an
    attempt that was cut off.  Whatever else the tables hold goes: a log is replayed into nothing but itself.
    """
    if _is_part_of(c, head):
        return True
    clear(c)
    return False


def clear(c: Connection) -> None:
    """An empty catalog."""
    for table in TABLES:
        c.execute(f"DELETE FROM {table}{' WHERE id != 0' if table == 'items' else ''}")  # noqa: S608
    c.execute("UPDATE items SET below = 0, children = 0, last_seq = 0 WHERE id = 0")
    c.execute(f"DELETE FROM marks WHERE name NOT IN ({', '.join('?' * len(KEPT_MARKS))})", KEPT_MARKS)  # noqa: S608


def _is_part_of(c: Connection, head: Head) -> bool:
    for table in ("log", "jobs"):
        if c.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None:  # noqa: S608
            return False
    # A segment that was sealed here knows its last fact; one that was replayed does not.
    if c.execute("SELECT 1 FROM segments WHERE last_op != 0 LIMIT 1").fetchone() is not None:
        return False
    here = c.execute("SELECT epoch, number FROM segments ORDER BY number").fetchall()
    return bool(here) and here == head.segments()[: len(here)]
