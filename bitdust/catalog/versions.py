"""
The versions of items: running, waiting (its log is not yet at enough suppliers), committed, safe; damaged
when too few pieces are left of a block.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.catalog.labels import BackupId, label_of, parse, parse_backup_id, parse_path_id
from bitdust.catalog.rows import below, key_of, mark
from bitdust.catalog.tree import NoSuchItem
from bitdust.errors import NotFound

__all__ = [
    "BackupId",
    "NoSuchVersion",
    "Version",
    "blocks_of",
    "count",
    "count_entries",
    "get",
    "is_there",
    "label_of",
    "list_all",
    "list_of",
    "newest",
    "parse",
    "parse_backup_id",
    "parse_path_id",
]

_COLUMNS = (
    "v.seq, v.label, v.files, v.bytes, v.stored, v.time, v.complete, v.skipped, v.log_seq, v.item, i.path_id,"
    " v.pinned"
)


@dataclass(frozen=True)
class Version:
    """
    One backup of an item.

    `stored`: bytes of its content at the suppliers, parity included; `blocks`: how many it needs; `survives`:
    how many more pieces its worst block may lose (None: it needs none); `skipped`: files that could not be
    read; `pinned`: no policy takes it away.
    """

    item: str
    label: str
    seq: int
    state: str
    files: int
    bytes: int
    stored: int
    blocks: int
    time: float
    complete: bool
    skipped: int
    survives: int | None
    pinned: bool = False

    @property
    def backup_id(self) -> str:
        """Path ID and label."""
        return f"{self.item}/{self.label}"

    @property
    def is_committed(self) -> bool:
        """Whether another machine could restore it."""
        return self.state in ("committed", "safe")

    @property
    def is_known(self) -> bool:
        """Whether another machine would find it, though perhaps not all of its pieces."""
        return self.is_committed or self.state == "damaged"


class NoSuchVersion(NotFound):
    """The item has no such version."""


def list_of(c: sqlite3.Connection, item: str, running: bool = False) -> list[Version]:
    """
    The versions of an item, oldest first; with `running` also the one being made, last.

    @raise NotFound: there is no such item.
    """
    row = c.execute("SELECT id FROM items WHERE path_id = ? AND id > 0 AND gone = 0", (item,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {item} is not in the catalog")
    found = _select(c, "v.item = ? ORDER BY v.seq", row)
    if running:
        for label, started in c.execute(
            "SELECT label, started FROM jobs WHERE item = ? ORDER BY id", row
        ).fetchall():
            found = [version for version in found if version.label != label]
            found.append(Version(item, label, 0, "running", 0, 0, 0, 0, started, False, 0, None))
    return found


def get(c: sqlite3.Connection, item: str, label: str) -> Version:
    """
    @raise NotFound: there is no such item or version.
    """
    for version in list_of(c, item):
        if version.label == label:
            return version
    if c.execute(
        "SELECT 1 FROM trash t JOIN items i ON i.id = t.item WHERE i.path_id = ? AND t.label = ?",
        (item, label),
    ).fetchone():
        raise NoSuchVersion(
            f"version {item}/{label} was deleted",
            hint=f"while it can be brought back: `bitdust undelete {item}/{label}`",
        )
    raise NoSuchVersion(f"item {item} has no version {label}")


def newest(c: sqlite3.Connection, item: str, committed: bool = True) -> Version | None:
    """
    The newest version that is complete (the newest checkpoint when none is); `committed`: of those that
    another machine would find.  It may be damaged: an older one is not what was meant.
    """
    found = [version for version in list_of(c, item) if version.is_known or not committed]
    whole = [version for version in found if version.complete]
    return next(reversed(whole or found), None)


def list_all(c: sqlite3.Connection, after: tuple[str, int] | None = None, limit: int = 1000) -> list[Version]:
    """Versions of all items, items in walk order, newest first within an item, from behind (item, seq)."""
    if after is None:
        return _select(c, "1 ORDER BY i.key, v.seq DESC LIMIT ?", (limit,))
    row = c.execute("SELECT key FROM items WHERE path_id = ?", (after[0],)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {after[0]} is not in the catalog")
    where = "(i.key > ? OR (i.key = ? AND v.seq < ?)) ORDER BY i.key, v.seq DESC LIMIT ?"
    return _select(c, where, (row[0], row[0], after[1], limit))


def first_time(c: sqlite3.Connection) -> float:
    """When the oldest version that is there was made, in Unix seconds; 0.0: there is none."""
    (found,) = c.execute("SELECT min(time) FROM versions").fetchone()
    return float(found or 0.0)


def count(c: sqlite3.Connection) -> tuple[int, int]:
    """How many versions another machine would find, and how many are waiting for that."""
    known, waiting = c.execute(
        "SELECT total(log_seq <= :through), total(log_seq > :through) FROM versions",
        {"through": mark(c, "committed_op")},
    ).fetchone()
    return int(known), int(waiting)


def blocks_of(c: sqlite3.Connection, item: str, seq: int) -> list[int]:
    """Serials of the blocks this version needs."""
    return [
        serial
        for (serial,) in c.execute(
            "SELECT DISTINCT serial FROM uses WHERE item = (SELECT id FROM items WHERE path_id = ?)"
            " AND since <= ? AND until > ? ORDER BY serial",
            (item, seq, seq),
        )
    ]


def is_there(c: sqlite3.Connection, item: str, seq: int) -> bool:
    """Whether the item still has this version."""
    row = c.execute(
        "SELECT 1 FROM versions WHERE item = (SELECT id FROM items WHERE path_id = ?) AND seq = ?",
        (item, seq),
    ).fetchone()
    return row is not None


def count_entries(c: sqlite3.Connection, item: str, seq: int, path: bytes = b"") -> int:
    """How many entries the version has at this name and below it."""
    key = key_of(path)
    where, keys = ("key >= ? AND key < ?", (key, below(key)[1])) if path else ("key >= ?", (key,))
    (number,) = c.execute(
        f"SELECT count(*) FROM entries INDEXED BY entries_key WHERE {where} AND since <= ? AND until > ?"  # noqa: S608
        " AND item = (SELECT id FROM items WHERE path_id = ?)",
        (*keys, seq, seq, item),
    ).fetchone()
    return int(number)


def _is_damaged(c: sqlite3.Connection, item: int, seq: int) -> bool:
    # Pieces not seen since a recovery are not lost.
    row = c.execute(
        "SELECT 1 FROM uses u JOIN blocks b ON b.serial = u.serial"
        " WHERE u.item = ? AND u.since <= ? AND u.until > ? AND b.acked < b.k AND b.k >"
        " (SELECT count(DISTINCT p.number) FROM placements p WHERE p.serial = b.serial AND p.state IN (1, 3))"
        " LIMIT 1",
        (item, seq, seq),
    ).fetchone()
    return row is not None


def _select(c: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Version]:
    through = mark(c, "committed_op")
    found = []
    for row in c.execute(
        f"SELECT {_COLUMNS} FROM items i CROSS JOIN versions v ON v.item = i.id WHERE {where}",  # noqa: S608
        values,
    ).fetchall():
        seq, label, files, bytes_, stored, time, complete, skipped, log_seq, item, path_id, pinned = row
        blocks, worst, short = c.execute(
            "SELECT count(DISTINCT b.serial), min(b.acked - b.k), max(b.n - b.acked)"
            " FROM uses u JOIN blocks b ON b.serial = u.serial"
            " WHERE u.item = ? AND u.since <= ? AND u.until > ?",
            (item, seq, seq),
        ).fetchone()
        if log_seq > through:
            state = "waiting"
        elif worst is not None and worst < 0 and _is_damaged(c, item, seq):
            state = "damaged"
        else:
            state = "committed" if short else "safe"
        found.append(
            Version(
                path_id,
                label,
                seq,
                state,
                files,
                bytes_,
                stored,
                blocks,
                time,
                bool(complete),
                skipped,
                worst,
                bool(pinned),
            )
        )
    return found
