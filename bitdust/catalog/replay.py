"""
What each fact does to the tables: the only writer of what is shared with the network.

The same code serves the node that finds out a fact and the one that reads it back from the log, so the two
cannot differ.  A fact about something that is not there is `Damaged`, except where an earlier loss makes it
harmless.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from bitdust.catalog import facts, history, moves
from bitdust.catalog.additions import entries_added
from bitdust.catalog.facts import ItemType
from bitdust.catalog.rows import below, item_row, peer, raise_mark, soiled
from bitdust.errors import Damaged

SEALED, COMMITTED = 0, 1
WANTED, ACKED, LOST, UNKNOWN = 0, 1, 2, 3

Connection = sqlite3.Connection


def total(type: int, size: int, below: int) -> int:
    """What an item counts for: a parent what is below it, a dir of unknown size too."""
    return below if type == ItemType.PARENT or (type == ItemType.DIR and size < 0) else max(size, 0)


def item_added(c: Connection, op: facts.ItemAdded) -> None:
    above, _, number = op.path_id.rpartition("/")
    if b"/" in op.name or b"\0" in op.name or op.name in (b".", b".."):
        raise Damaged(f"item {op.path_id} has a name that no path has")
    parent = item_row(c, above)
    (start,) = c.execute("SELECT key FROM items WHERE id = ?", (parent,)).fetchone()
    key = start + b"\0" + op.name if start else op.name
    try:
        c.execute(
            "INSERT INTO items (path_id, parent, number, key, type, size) VALUES (?, ?, ?, ?, ?, ?)",
            (op.path_id, parent, int(number), key, op.type, op.size),
        )
    except sqlite3.IntegrityError:
        raise Damaged(f"the catalog's log adds item {op.path_id} twice") from None
    c.execute("UPDATE items SET children = max(children, ?) WHERE id = ?", (int(number) + 1, parent))
    _grow(c, parent, total(op.type, op.size, 0))


def item_changed(c: Connection, op: facts.ItemChanged) -> None:
    item = item_row(c, op.path_id)
    parent, type_, size, sum_below, is_hidden = c.execute(
        "SELECT parent, type, size, below, gone FROM items WHERE id = ?", (item,)
    ).fetchone()
    c.execute("UPDATE items SET type = ?, size = ? WHERE id = ?", (op.type, op.size, item))
    if not is_hidden:
        _grow(c, parent, total(op.type, op.size, sum_below) - total(type_, size, sum_below))


def item_removed(c: Connection, op: facts.ItemRemoved) -> None:
    item = item_row(c, op.path_id)
    parent, key, is_hidden, *sizes = c.execute(
        "SELECT parent, key, gone, type, size, below FROM items WHERE id = ?", (item,)
    ).fetchone()
    first, last = below(key)
    gone = "SELECT id FROM items WHERE id = :item OR (key >= :first AND key < :last)"
    rows = {"item": item, "first": first, "last": last}
    for table in ("entries", "uses", "versions", "trash"):
        c.execute(f"DELETE FROM {table} WHERE item IN ({gone})", rows)  # noqa: S608
    c.execute("DELETE FROM items WHERE key >= :first AND key < :last", rows)
    c.execute("DELETE FROM items WHERE id = ?", (item,))
    if not is_hidden:
        _grow(c, parent, -total(*sizes))
    soiled(c)


def item_trashed(c: Connection, op: facts.ItemTrashed) -> None:
    item = item_row(c, op.path_id)
    parent, was, *sizes = c.execute(
        "SELECT parent, gone, type, size, below FROM items WHERE id = ?", (item,)
    ).fetchone()
    c.execute("UPDATE items SET gone = ? WHERE id = ?", (op.gone, item))
    # What is deleted counts for nothing above it.
    if bool(was) != bool(op.gone):
        _grow(c, parent, -total(*sizes) if op.gone else total(*sizes))


def _grow(c: Connection, item: int, by: int) -> None:
    while by and item >= 0:
        parent, type_, size, old, is_hidden = c.execute(
            "SELECT parent, type, size, below, gone FROM items WHERE id = ?", (item,)
        ).fetchone()
        c.execute("UPDATE items SET below = ? WHERE id = ?", (old + by, item))
        if is_hidden:
            return
        item, by = parent, total(type_, size, old + by) - total(type_, size, old)


def numbers_used(c: Connection, op: facts.NumbersUsed) -> None:
    c.execute(
        "UPDATE items SET children = max(children, ?), last_seq = max(last_seq, ?) WHERE id = ?",
        (op.children, op.versions, item_row(c, op.path_id)),
    )


def serials_used(c: Connection, op: facts.SerialsUsed) -> None:
    raise_mark(c, "serial", op.last)


def block_added(c: Connection, op: facts.BlockAdded) -> None:
    if not 1 <= op.k <= op.n or len(op.roots) != op.n or len(op.suppliers) != op.n or op.unit == 0:
        raise Damaged(f"block {op.serial} of the catalog's log contradicts itself")
    try:
        c.execute(
            "INSERT INTO blocks (serial, id, salt, size, n, k, unit, roots, state) VALUES (?,"
            " ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (serial) DO UPDATE SET state = excluded.state WHERE id = excluded.id",
            (op.serial, op.id, op.salt, op.size, op.n, op.k, op.unit, b"".join(op.roots), COMMITTED),
        )
    except sqlite3.IntegrityError:
        raise Damaged(f"block {op.serial} of the catalog's log is there under another number") from None
    raise_mark(c, "serial", op.serial)
    _chunks(c, op.serial, 0, op.chunks)
    c.executemany(
        "INSERT INTO placements (serial, number, peer, state, placed) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT (serial, number, peer) DO UPDATE SET placed = 1",
        [(op.serial, number, peer(c, each), UNKNOWN) for number, each in enumerate(op.suppliers)],
    )


def chunks_added(c: Connection, op: facts.ChunksAdded) -> None:
    _chunks(c, op.serial, op.first, op.chunks)


def _chunks(c: Connection, serial: int, first: int, chunks: tuple[facts.ChunkFact, ...]) -> None:
    (there,) = c.execute(
        "SELECT count(*) FROM chunks WHERE serial = ? AND number >= ? AND number < ?",
        (serial, first, first + len(chunks)),
    ).fetchone()
    if there == len(chunks):
        return  # sealed here
    c.executemany(
        "INSERT OR IGNORE INTO chunks (serial, number, id, offset, stored, length, flags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(serial, first + i, x.id, x.offset, x.stored, x.length, x.flags) for i, x in enumerate(chunks)],
    )


def placed(c: Connection, op: facts.Placed) -> None:
    now = peer(c, op.fingerprint)
    at = (op.serial, op.number)
    if c.execute("SELECT 1 FROM blocks WHERE serial = ?", (op.serial,)).fetchone() is None:
        return  # the block was dropped while its piece moved
    c.execute(
        "DELETE FROM placements WHERE serial = ? AND number = ? AND placed = 1 AND peer != ?", (*at, now)
    )
    c.execute(
        "INSERT INTO placements (serial, number, peer, state, placed) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT (serial, number, peer) DO UPDATE SET placed = 1",
        (*at, now, UNKNOWN),
    )


def block_dropped(c: Connection, op: facts.BlockDropped) -> None:
    c.execute("INSERT OR IGNORE INTO dropped VALUES (?, ?)", (op.id, op.not_before))
    row = c.execute("SELECT serial FROM blocks WHERE id = ?", (op.id,)).fetchone()
    if row is not None:
        forget_block(c, row[0])


def forget_block(c: Connection, serial: int) -> None:
    """The block's rows, all of them, are gone."""
    c.execute(
        "DELETE FROM tombstones WHERE done != 0 AND block = (SELECT id FROM blocks WHERE serial = ?)",
        (serial,),
    )
    for table in ("blocks", "chunks", "placements", "pins"):
        c.execute(f"DELETE FROM {table} WHERE serial = ?", (serial,))  # noqa: S608


def epoch_began(c: Connection, op: facts.EpochBegan) -> None:
    c.execute(
        "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)",
        (op.number, op.change, msgspec.msgpack.encode(op.suppliers)),
    )
    for fingerprint, _ in op.suppliers:
        peer(c, fingerprint)


WRITERS: dict[type[facts.Op], Callable[[Connection, Any], None]] = {
    facts.ItemAdded: item_added,
    facts.ItemChanged: item_changed,
    facts.ItemRemoved: item_removed,
    facts.NumbersUsed: numbers_used,
    facts.SerialsUsed: serials_used,
    facts.BlockAdded: block_added,
    facts.ChunksAdded: chunks_added,
    facts.Placed: placed,
    facts.ChunksMoved: moves.chunks_moved,
    facts.BlockDropped: block_dropped,
    facts.EntryAdded: lambda c, op: entries_added(c, [op]),
    facts.EntryMore: history.entry_more,
    facts.EntryGone: history.entry_gone,
    facts.VersionAdded: history.version_added,
    facts.VersionRemoved: history.version_removed,
    facts.VersionTrashed: history.version_trashed,
    facts.VersionBack: history.version_back,
    facts.ItemTrashed: item_trashed,
    facts.VersionPinned: history.version_pinned,
    facts.EpochBegan: epoch_began,
}
