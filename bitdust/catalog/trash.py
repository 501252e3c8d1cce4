"""
What was deleted and can be brought back for a while: versions whose entries stay, items that nobody sees.

Where only deleted versions need a block it is *doomed*: suppliers are told at once that it may go, though not
before that time.  So what was deleted goes in time even when this node does not come back, and nobody can
hurry it by changing his mind.  To bring a version back lifts that, at every supplier.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.catalog import deletes, versions
from bitdust.catalog.facts import (
    ItemRemoved,
    ItemTrashed,
    VersionBack,
    VersionPinned,
    VersionRemoved,
    VersionTrashed,
)
from bitdust.catalog.ops import record
from bitdust.catalog.replay import COMMITTED
from bitdust.catalog.rows import below, path_of
from bitdust.catalog.tree import NoSuchItem
from bitdust.errors import Conflict, NotFound

_HINT = "`bitdust undelete` without more lists what can be brought back"
#: rows taken in one transaction
_PAGE = 200


@dataclass(frozen=True)
class Deleted:
    """A version, or an item (label ""), that can be brought back until `gone`.  `size` in bytes."""

    item: str
    label: str
    path: bytes
    size: int
    gone: int

    @property
    def id(self) -> str:
        """Path ID, or backup ID."""
        return f"{self.item}/{self.label}" if self.label else self.item


def deleted(c: sqlite3.Connection, now: float, after: str | None = None, limit: int = 1000) -> list[Deleted]:
    """
    A page of what can be brought back: items in walk order, each followed by its versions, oldest first;
    from behind the path ID or backup ID `after`.

    @raise NotFound: there is no such item.
    """
    key, seq = b"", -2
    if after is not None:
        path_id, _, label = after.rpartition("/") if "/F" in after else (after, "", "")
        row = c.execute("SELECT id, key FROM items WHERE path_id = ?", (path_id,)).fetchone()
        if row is None:
            raise NoSuchItem(f"item {path_id} is not in the catalog")
        key, seq = row[1], -1
        if label:
            (seq,) = c.execute(
                "SELECT coalesce(max(seq), 0) FROM trash WHERE item = ? AND label = ?", (row[0], label)
            ).fetchone()
    rows = c.execute(
        "SELECT i.path_id, d.label, i.key, d.size, d.gone FROM"
        " (SELECT id AS item, -1 AS seq, '' AS label, max(size, 0) AS size, gone FROM items WHERE gone > ?"
        " UNION ALL SELECT item, seq, label, bytes, gone FROM trash WHERE gone > ?) d"
        " JOIN items i ON i.id = d.item WHERE (i.key, d.seq) > (?, ?) ORDER BY i.key, d.seq LIMIT ?",
        (now, now, key, seq, limit),
    )
    return [
        Deleted(path_id, label, b"/" + path_of(key), size, gone) for path_id, label, key, size, gone in rows
    ]


def bring_back(c: sqlite3.Connection, path_id: str, label: str | None, now: float) -> list[str]:
    """
    A deleted version is there again, or an item with all below it and all their versions that still can be.
    Answers the IDs of what is back.

    @raise NotFound: its time is over, or it never was.
    @raise Conflict: it is not deleted.
    """
    row = c.execute("SELECT id, key, gone FROM items WHERE path_id = ? AND id > 0", (path_id,)).fetchone()
    if row is None:
        raise _never(path_id)
    item, key, gone = row
    back: list[str] = []
    if label is not None:
        found = c.execute("SELECT gone FROM trash WHERE item = ? AND label = ?", (item, label)).fetchone()
        if (
            found is None
            and c.execute("SELECT 1 FROM versions WHERE item = ? AND label = ?", (item, label)).fetchone()
        ):
            raise Conflict(f"version {path_id}/{label} is not deleted", hint=_HINT)
        if found is None:
            raise _never(f"{path_id}/{label}")
        if found[0] <= now:
            raise _over(f"{path_id}/{label}")
        _above(c, key)
        _version_back(c, item, path_id, label)
        return [f"{path_id}/{label}"]
    if gone and gone <= now:
        raise _over(path_id)
    first, last = below(key)
    _above(c, key)
    for other, other_id, hidden in c.execute(
        "SELECT id, path_id, gone FROM items WHERE id = ? OR (key >= ? AND key < ?) ORDER BY key",
        (item, first, last),
    ).fetchall():
        if hidden > now:
            record(c, ItemTrashed(other_id, 0))
            back.append(other_id)
        elif other == item and gone:
            back.append(other_id)
        elif hidden:
            continue
        for (other_label,) in c.execute(
            "SELECT label FROM trash WHERE item = ? AND gone > ? ORDER BY seq", (other, now)
        ).fetchall():
            _version_back(c, other, other_id, other_label)
            back.append(f"{other_id}/{other_label}")
    if not back:
        raise Conflict(f"item {path_id} is not deleted, and none of its versions is", hint=_HINT)
    return back


def pin(c: sqlite3.Connection, item: str, label: str, pinned: bool) -> None:
    """
    No policy takes the version away from now on; or one may again.

    @raise NotFound: there is no such version.
    """
    version = versions.get(c, item, label)
    if version.pinned != pinned:
        record(c, VersionPinned(version.item, version.label, pinned))


def is_due(c: sqlite3.Connection, now: float) -> bool:
    """Whether there is anything for `expire` to do."""
    row = c.execute(
        "SELECT 1 FROM trash WHERE gone <= :now UNION ALL SELECT 1 FROM items WHERE gone > 0 AND gone <= :now"
        " LIMIT 1",
        {"now": now},
    ).fetchone()
    return row is not None


def is_empty(c: sqlite3.Connection) -> bool:
    """Whether there is no deleted version that can be brought back."""
    return c.execute("SELECT 1 FROM trash LIMIT 1").fetchone() is None


def trash_version(c: sqlite3.Connection, item: str, label: str, gone: int) -> None:
    """
    The version is deleted, and can be brought back until then.  One that is not complete goes at once.

    @raise NotFound: there is no such item or version.
    """
    version = versions.get(c, item, label)
    if version.complete:
        record(c, VersionTrashed(item, label, gone))
    else:
        record(c, VersionRemoved(item, label))


def trash_items(c: sqlite3.Connection, items: list[str], gone: int) -> None:
    """These items are deleted, with all their versions, and can be brought back until then."""
    for item in items:
        for version in versions.list_of(c, item):
            trash_version(c, item, version.label, gone)
        record(c, ItemTrashed(item, gone))


def expire(c: sqlite3.Connection, now: float) -> bool:
    """Some of what cannot be brought back any more goes for good; False: there was nothing."""
    found = c.execute(
        "SELECT i.path_id, t.label FROM trash t JOIN items i ON i.id = t.item WHERE t.gone <= ? LIMIT ?",
        (now, _PAGE),
    ).fetchall()
    for path_id, label in found:
        record(c, VersionRemoved(path_id, label))
    if len(found) == _PAGE:
        return True
    items = c.execute(
        "SELECT id, path_id, key FROM items WHERE gone > 0 AND gone <= ? ORDER BY key LIMIT ?", (now, _PAGE)
    ).fetchall()
    gone = False
    for item, path_id, key in items:
        first, last = below(key)
        alive = "key >= ? AND key < ? AND (gone = 0 OR gone > ?)"
        if (
            c.execute("SELECT 1 FROM items WHERE id = ?", (item,)).fetchone()
            and c.execute(f"SELECT 1 FROM items WHERE {alive}", (first, last, now)).fetchone() is None  # noqa: S608
        ):
            record(c, ItemRemoved(path_id))
            gone = True
    return bool(found) or gone


def doom(c: sqlite3.Connection) -> bool:
    """
    Blocks that only deleted versions need are to go in time: their suppliers are to be told, once the log
    that says so is safe.  False: there is none.
    """
    (said,) = c.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'log'").fetchone()
    rows = c.execute(
        "SELECT b.serial, b.id, max(t.gone) FROM trash t"
        " JOIN uses u ON u.item = t.item AND u.since <= t.seq AND u.until > t.seq"
        " JOIN blocks b ON b.serial = u.serial"
        " WHERE b.doomed = 0 AND b.state = ? AND b.job IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.serial = b.serial)"
        " AND NOT EXISTS (SELECT 1 FROM uses w JOIN versions v"
        " ON v.item = w.item AND v.seq >= w.since AND v.seq < w.until WHERE w.serial = b.serial)"
        " GROUP BY b.serial LIMIT ?",
        (COMMITTED, _PAGE),
    ).fetchall()
    for serial, block, gone in rows:
        c.execute("UPDATE blocks SET doomed = ? WHERE serial = ?", (gone, serial))
        for (who,) in c.execute(
            "SELECT DISTINCT peer FROM placements WHERE serial = ?", (serial,)
        ).fetchall():
            deletes.queue(c, who, block, gone, said)
    return bool(rows)


def _version_back(c: sqlite3.Connection, item: int, path_id: str, label: str) -> None:
    (seq,) = c.execute("SELECT seq FROM trash WHERE item = ? AND label = ?", (item, label)).fetchone()
    record(c, VersionBack(path_id, label))
    for serial, block in c.execute(
        "SELECT DISTINCT b.serial, b.id FROM uses u JOIN blocks b ON b.serial = u.serial"
        " WHERE u.item = ? AND u.since <= ? AND u.until > ? AND b.doomed > 0",
        (item, seq, seq),
    ).fetchall():
        c.execute("UPDATE blocks SET doomed = 0 WHERE serial = ?", (serial,))
        deletes.lift(c, block)


def _above(c: sqlite3.Connection, key: bytes) -> None:
    """The items on the way to this one, and it, are there."""
    while key:
        row = c.execute("SELECT path_id, gone FROM items WHERE key = ?", (key,)).fetchone()
        if row is not None and row[1]:
            record(c, ItemTrashed(row[0], 0))
        key = key.rpartition(b"\0")[0]


def _over(what: str) -> NotFound:
    return NotFound(
        f"{what} was deleted for good: the time in which it could be brought back is over",
        hint="services/backups/delete-delay says how long that is",
    )


def _never(what: str) -> NotFound:
    return NotFound(
        f"{what} is not among what was deleted and can be brought back",
        hint=_HINT,
    )
