"""
The tree of items: which paths are kept, and the numbers they go by.

Paths are bytes, absolute, without a trailing `/`.  The first component of a path is a child of the root, so
`/home/me` is `0/0`.  A number once given is never given again.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass

from bitdust.catalog.facts import ItemAdded, ItemChanged, ItemTrashed, ItemType
from bitdust.catalog.labels import MAX_DEPTH
from bitdust.catalog.ops import record
from bitdust.catalog.replay import total
from bitdust.catalog.rows import below, key_of
from bitdust.errors import Conflict, NotFound, Usage

__all__ = ["Counts", "Item", "ItemType", "add_path", "children", "counts", "find", "get", "set_size", "walk"]

_COLUMNS = "path_id, key, type, size, below, children, last_seq, id"


@dataclass(frozen=True)
class Item:
    """
    One item.  `size` is that of all below it for a parent, and -1 when unknown; `type` is parent, dir or
    file.
    """

    path_id: str
    path: bytes
    type: str
    size: int

    @property
    def name(self) -> bytes:
        """The last component of its path."""
        return self.path.rpartition(b"/")[2]


@dataclass(frozen=True)
class Counts:
    """How much the tree holds; `items` counts parents too, `size` is the sum of the root items."""

    files: int
    folders: int
    items: int
    size: int


class NoSuchItem(NotFound):
    """The catalog has no item of that name or number."""


def add_path(c: sqlite3.Connection, path: bytes, type: ItemType | str, size: int = -1) -> tuple[str, bool]:
    """
    The path ID of this path, and whether it is new.  What leads to it is made too, as parents; a path that
    was only a parent is promoted to `dir` and counts as new.

    What was deleted and can be brought back is there again, without its versions, and counts as new.

    @param type: file, dir or parent.
    @raise Usage: it is no absolute path.
    @raise Conflict: a file is to be a folder, or the other way round, or something lies below a file.
    """
    wanted = ItemType[type.upper()] if isinstance(type, str) else type
    if not path.startswith(b"/") or b"\0" in path:
        raise Usage(f"{os.fsdecode(path[:60])!r} is not an absolute path")
    names = path.strip(b"/").split(b"/")
    if len(names) >= MAX_DEPTH or any(name in (b"", b".", b"..") for name in names):
        raise Usage(f"{os.fsdecode(path[:60])!r} is not a path of an item")
    path_id, key = "", b""
    for depth, name in enumerate(names):
        key = key + b"\0" + name if key else name
        last = depth == len(names) - 1
        row = c.execute("SELECT path_id, type, size, gone FROM items WHERE key = ?", (key,)).fetchone()
        if row is None:
            (number,) = c.execute("SELECT children FROM items WHERE path_id = ?", (path_id,)).fetchone()
            path_id = f"{path_id}/{number}" if path_id else str(number)
            record(c, ItemAdded(path_id, wanted if last else ItemType.PARENT, name, size if last else -1))
            if last:
                return path_id, True
            continue
        path_id, known = row[0], ItemType(row[1])
        if row[3]:
            # It was deleted, and comes back by its own name; its versions do not.
            record(c, ItemTrashed(path_id, 0))
        if not last:
            if known == ItemType.FILE:
                raise Conflict(f"{os.fsdecode(b'/' + key.replace(bytes(1), b'/'))} is a file in the catalog")
        elif known == ItemType.PARENT and wanted == ItemType.DIR:
            record(c, ItemChanged(path_id, wanted, size))
            return path_id, True
        elif wanted != known and wanted != ItemType.PARENT:
            raise Conflict(f"{os.fsdecode(path)} is in the catalog as {known.name.lower()}: {path_id}")
    return path_id, bool(row[3])


def set_size(c: sqlite3.Connection, path_id: str, size: int) -> None:
    """The item's own size in bytes became known; nothing is written when it is the same."""
    row = c.execute("SELECT type, size FROM items WHERE path_id = ? AND id > 0", (path_id,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {path_id} is not in the catalog")
    if row[1] != size:
        record(c, ItemChanged(path_id, ItemType(row[0]), size))


def find(c: sqlite3.Connection, path: bytes) -> Item | None:
    """The item of this absolute path, if it has one."""
    query = f"SELECT {_COLUMNS} FROM items WHERE key = ? AND id > 0 AND gone = 0"  # noqa: S608
    row = c.execute(query, (key_of(path),)).fetchone()
    return _item(row) if row else None


def find_above(c: sqlite3.Connection, path: bytes) -> list[Item]:
    """The items on the way to this path, nearest first, itself included when it is one."""
    found, key = [], key_of(path)
    while key:
        row = c.execute(f"SELECT {_COLUMNS} FROM items WHERE key = ? AND gone = 0", (key,)).fetchone()  # noqa: S608
        if row:
            found.append(_item(row))
        key = key.rpartition(b"\0")[0]
    return found


def get(c: sqlite3.Connection, path_id: str) -> Item:
    """
    The item of this path ID.

    @raise NotFound: there is none.
    """
    query = f"SELECT {_COLUMNS} FROM items WHERE path_id = ? AND id > 0 AND gone = 0"  # noqa: S608
    row = c.execute(query, (path_id,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {path_id} is not in the catalog")
    return _item(row)


def children(c: sqlite3.Connection, path_id: str = "", after: int = -1, limit: int = 1000) -> list[Item]:
    """
    The items right below this one ("" is the root) in order of their numbers, from behind number `after`.
    """
    rows = c.execute(
        f"SELECT {_COLUMNS} FROM items WHERE parent = (SELECT id FROM items WHERE path_id = ?)"  # noqa: S608
        " AND number > ? AND gone = 0 ORDER BY number LIMIT ?",
        (path_id, after, limit),
    )
    return [_item(row) for row in rows]


def walk(
    c: sqlite3.Connection, after: str | None = None, limit: int = 1000, under: str | None = None
) -> list[Item]:
    """
    Items, each before what is below it, from behind the item `after`; with `under` only that item and all
    below it.

    @raise NotFound: `after` or `under` is not there.
    """
    start, end = b"", b"\xff" * 300
    if under is not None:
        start = _key(c, under)
        end = below(start)[1]
    more = ">=" if start else ">"
    if after is not None:
        start, more = max(start, _key(c, after)), ">"
    # A name that only begins with the folder's name sorts behind all that lies below the folder.
    rows = c.execute(
        f"SELECT {_COLUMNS} FROM items WHERE key {more} ? AND key < ? AND gone = 0 ORDER BY key LIMIT ?",  # noqa: S608
        (start, end, limit),
    )
    return [_item(row) for row in rows]


def counts(c: sqlite3.Connection) -> Counts:
    """The numbers of the whole tree."""
    files, folders, items = c.execute(
        "SELECT count(*) FILTER (WHERE type = 0), count(*) FILTER (WHERE type = 1), count(*)"
        " FROM items WHERE id > 0 AND gone = 0"
    ).fetchone()
    (size,) = c.execute("SELECT below FROM items WHERE id = 0").fetchone()
    return Counts(files, folders, items, size)


def _key(c: sqlite3.Connection, path_id: str) -> bytes:
    row = c.execute("SELECT key FROM items WHERE path_id = ? AND id > 0", (path_id,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {path_id} is not in the catalog")
    return bytes(row[0])


def _item(row: tuple[str, bytes, int, int, int, int, int, int]) -> Item:
    path_id, key, type_, size, sum_below = row[:5]
    shown = total(type_, size, sum_below) if type_ != ItemType.FILE else size
    return Item(path_id, b"/" + key.replace(b"\0", b"/"), ItemType(type_).name.lower(), shown)
