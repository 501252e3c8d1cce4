"""
schedules -- which items are backed up by themselves, and when that was done last.  Of this machine only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.catalog import tree
from bitdust.catalog.tree import NoSuchItem


@dataclass(frozen=True)
class Planned:
    """An item, its rule in words, and the Unix seconds of the last time, or of when the rule was made."""

    item: str
    path: bytes
    rule: str
    last: float


def put(c: sqlite3.Connection, item: str, rule: str, now: float) -> None:
    """From now on this rule holds for the item, and no other.  @raise NotFound: there is no such item."""
    tree.get(c, item)
    c.execute(
        "INSERT INTO schedules (item, rule, last) VALUES (?, ?, ?)"
        " ON CONFLICT (item) DO UPDATE SET rule = excluded.rule, last = excluded.last",
        (item, rule, now),
    )


def remove(c: sqlite3.Connection, item: str) -> bool:
    """No rule holds for the item any more; whether there was one."""
    return bool(c.execute("DELETE FROM schedules WHERE item = ?", (item,)).rowcount)


def done(c: sqlite3.Connection, item: str, now: float) -> None:
    """It was begun at this moment."""
    c.execute("UPDATE schedules SET last = ? WHERE item = ?", (now, item))


def planned(c: sqlite3.Connection) -> list[Planned]:
    """All that hold; those of items that were deleted rest until the item is brought back."""
    found = []
    for item, rule, last in c.execute("SELECT item, rule, last FROM schedules ORDER BY item").fetchall():
        try:
            found.append(Planned(item, tree.get(c, item).path, rule, last))
        except NoSuchItem:
            continue
    return found
