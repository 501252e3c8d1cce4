"""
policies -- what an item is to be treated like: when it is backed up by itself, and what is run around that.

Of this machine only: a machine that is recovered beside this one shall not do all that, too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bitdust.catalog import tree
from bitdust.catalog.tree import NoSuchItem


@dataclass(frozen=True)
class ItemPolicy:
    """
    An item; its schedule in words, and the Unix seconds of the last time, or of when the rule was made; the
    commands before and after each backup; which versions are kept, in the words of the setting; what is left
    out beside what the settings say.  What is empty is not said.

    `outcome` is what became of its last backup (committed, failed, cancelled, or "" before the first) at the
    Unix second `ended`, and `why`; `failures` have failed since one was committed.
    """

    item: str
    path: bytes
    rule: str = ""
    last: float = 0.0
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    keep: str = ""
    excludes: tuple[str, ...] = ()
    outcome: str = ""
    ended: float = 0.0
    why: str = ""
    failures: int = 0

    @property
    def says_more(self) -> bool:
        """Something beside the schedule."""
        return bool(self.before or self.after or self.keep or self.excludes)


@dataclass(frozen=True)
class Change:
    """What is to be said from now on; None: what was.  Empty: nothing."""

    before: Sequence[str] | None = None
    after: Sequence[str] | None = None
    keep: str | None = None
    excludes: Sequence[str] | None = None


_COLUMNS = "item, rule, last, before, after, keep, excludes, outcome, ended, why, failures"
_NOTHING = "before = '[]' AND after = '[]' AND keep = '' AND excludes = '[]'"


def of(c: sqlite3.Connection, item: str) -> ItemPolicy:
    """What is said of the item, which may be nothing.  @raise NotFound: there is no such item."""
    path = tree.get(c, item).path
    row = c.execute(f"SELECT {_COLUMNS} FROM policies WHERE item = ?", (item,)).fetchone()  # noqa: S608
    return _read(row, path) if row is not None else ItemPolicy(item, path)


def every(c: sqlite3.Connection) -> list[ItemPolicy]:
    """All there are; those of items that were deleted rest until the item is brought back."""
    found = []
    for row in c.execute(f"SELECT {_COLUMNS} FROM policies ORDER BY item").fetchall():  # noqa: S608
        try:
            found.append(_read(row, tree.get(c, row[0]).path))
        except NoSuchItem:
            continue
    return found


def schedule(c: sqlite3.Connection, item: str, rule: str, now: float) -> None:
    """From now on this rule holds for the item, and no other.  @raise NotFound: there is no such item."""
    _begin(c, item)
    c.execute(
        "UPDATE policies SET rule = ?, last = ?, outcome = '', ended = 0, why = '', failures = 0"
        " WHERE item = ?",
        (rule, now, item),
    )


def unschedule(c: sqlite3.Connection, item: str) -> bool:
    """No schedule holds for the item any more; whether there was one."""
    told = c.execute("UPDATE policies SET rule = '', last = 0 WHERE item = ? AND rule != ''", (item,))
    _end_empty(c)
    return bool(told.rowcount)


def done(c: sqlite3.Connection, item: str, now: float) -> None:
    """It was begun at this moment."""
    c.execute("UPDATE policies SET last = ? WHERE item = ?", (now, item))


def ended(c: sqlite3.Connection, item: str, now: float, outcome: str, why: str) -> None:
    """A backup of it has ended like this.  Whoever cancels one has not made the next one better or worse."""
    c.execute(
        "UPDATE policies SET outcome = ?1, ended = ?2, why = ?3, failures = CASE ?1 WHEN 'committed' THEN 0"
        " WHEN 'failed' THEN failures + 1 ELSE failures END WHERE item = ?4",
        (outcome, now, why, item),
    )


def planned(c: sqlite3.Connection) -> list[ItemPolicy]:
    """Those that are backed up by themselves."""
    return [each for each in every(c) if each.rule]


def put(c: sqlite3.Connection, item: str, change: Change) -> ItemPolicy:
    """
    Say this from now on.  What holds now.

    @raise NotFound: there is no such item.
    """
    _begin(c, item)
    for column in ("before", "after", "excludes"):
        words = getattr(change, column)
        if words is not None:
            _set(c, item, column, json.dumps(list(words)))
    if change.keep is not None:
        _set(c, item, "keep", change.keep)
    found = of(c, item)
    _end_empty(c)
    return found


def remove(c: sqlite3.Connection, item: str) -> bool:
    """Nothing is said of the item any more, but for its schedule; whether there was something."""
    there = c.execute(f"SELECT count(*) FROM policies WHERE item = ? AND NOT ({_NOTHING})", (item,))  # noqa: S608
    if not there.fetchone()[0]:
        return False
    put(c, item, Change((), (), "", ()))
    return True


def _read(row: Sequence[Any], path: bytes) -> ItemPolicy:
    item, rule, last, before, after, keep, excludes, *outcome = row
    before, after, excludes = (tuple(json.loads(words)) for words in (before, after, excludes))
    return ItemPolicy(item, path, rule, last, before, after, keep, excludes, *outcome)


def _begin(c: sqlite3.Connection, item: str) -> None:
    tree.get(c, item)
    c.execute("INSERT INTO policies (item) VALUES (?) ON CONFLICT (item) DO NOTHING", (item,))


def _set(c: sqlite3.Connection, item: str, column: str, value: str) -> None:
    c.execute(f"UPDATE policies SET {column} = ? WHERE item = ?", (value, item))  # noqa: S608 - our own words


def _end_empty(c: sqlite3.Connection) -> None:
    c.execute(f"DELETE FROM policies WHERE rule = '' AND {_NOTHING}")  # noqa: S608
