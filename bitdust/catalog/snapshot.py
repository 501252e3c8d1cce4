"""
The whole catalog as facts: replayed into an empty one they make the same catalog, however long the log was.

The order is fixed, so equal catalogs have equal snapshots.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from bitdust.catalog import facts
from bitdust.catalog.chunks import chunks_of
from bitdust.catalog.epochs import unpack
from bitdust.catalog.ops import apply_all
from bitdust.catalog.replay import COMMITTED
from bitdust.catalog.rows import mark, path_of
from bitdust.catalog.schema import FOREVER


def dump(c: sqlite3.Connection) -> Iterator[bytes]:
    """Facts that say all that is shared.  The catalog may not change while they are read."""
    for op in dump_facts(c):
        yield facts.encode(op)


def load(c: sqlite3.Connection, ops: Iterable[bytes]) -> None:
    """
    Make the catalog of a snapshot, in empty tables.

    @raise Damaged: the facts are malformed or contradict each other.
    """
    apply_all(c, (facts.decode(op) for op in ops))


def dump_facts(c: sqlite3.Connection) -> Iterator[facts.AnyOp]:
    """The same, not yet encoded."""
    yield facts.SerialsUsed(mark(c, "serial"))
    for row in c.execute("SELECT number, change, suppliers FROM epochs ORDER BY number, change"):
        epoch = unpack(*row)
        pairs = tuple((each.fingerprint, each.idurl) for each in epoch.suppliers)
        yield facts.EpochBegan(epoch.number, epoch.change, pairs)
    yield from _items(c)
    yield from _blocks(c)
    for id_, not_before in c.execute("SELECT id, not_before FROM dropped ORDER BY id"):
        yield facts.BlockDropped(0, id_, not_before)
    for path_id, item in c.execute("SELECT path_id, id FROM items WHERE id > 0 ORDER BY key"):
        yield from _entries(c, path_id, item)
        yield from _versions(c, path_id, item)
    for path_id, gone in c.execute("SELECT path_id, gone FROM items WHERE gone > 0 ORDER BY key"):
        yield facts.ItemTrashed(path_id, gone)


def _versions(c: sqlite3.Connection, path_id: str, item: int) -> Iterator[facts.AnyOp]:
    columns = "label, seq, files, bytes, stored, time, complete, skipped, pinned"
    rows = c.execute(
        f"SELECT {columns}, 0 FROM versions WHERE item = :item UNION ALL"  # noqa: S608
        f" SELECT {columns}, gone FROM trash WHERE item = :item ORDER BY seq",
        {"item": item},
    ).fetchall()
    for label, seq, files, bytes_, stored, time, complete, skipped, *_ in rows:
        yield facts.VersionAdded(path_id, label, seq, files, bytes_, stored, time, bool(complete), skipped)
    for label, *_, pinned, gone in rows:
        if pinned:
            yield facts.VersionPinned(path_id, label, True)
        if gone:
            yield facts.VersionTrashed(path_id, label, gone)


def _items(c: sqlite3.Connection) -> Iterator[facts.AnyOp]:
    for path_id, key, type_, size, children, last_seq in c.execute(
        "SELECT path_id, key, type, size, children, last_seq FROM items ORDER BY key"
    ):
        if path_id:
            yield facts.ItemAdded(path_id, facts.ItemType(type_), key.rpartition(b"\0")[2], size)
        if children or last_seq:
            yield facts.NumbersUsed(path_id, children, last_seq)


def _blocks(c: sqlite3.Connection) -> Iterator[facts.AnyOp]:
    for serial, id_, salt, size, n, k, unit, roots in c.execute(
        "SELECT serial, id, salt, size, n, k, unit, roots FROM blocks WHERE state = ? ORDER BY serial",
        (COMMITTED,),
    ):
        keepers = tuple(
            fingerprint
            for (fingerprint,) in c.execute(
                "SELECT r.fingerprint FROM placements p JOIN peers r ON r.id = p.peer"
                " WHERE p.serial = ? AND p.placed = 1 ORDER BY p.number",
                (serial,),
            )
        )
        chunks = tuple(
            facts.ChunkFact(x.id, x.offset, x.stored, x.length, x.flags) for x in chunks_of(c, serial)
        )
        hashes = tuple(roots[at : at + 32] for at in range(0, len(roots), 32))
        first = chunks[: facts.MAX_CHUNKS]
        yield facts.BlockAdded(serial, id_, salt, size, n, k, unit, hashes, keepers, first)
        for at in range(facts.MAX_CHUNKS, len(chunks), facts.MAX_CHUNKS):
            yield facts.ChunksAdded(serial, at, chunks[at : at + facts.MAX_CHUNKS])


def _entries(c: sqlite3.Connection, path_id: str, item: int) -> Iterator[facts.AnyOp]:
    for key, since, until, meta, content in c.execute(
        "SELECT key, since, until, meta, content FROM entries WHERE item = ? ORDER BY key, since", (item,)
    ):
        path, runs = path_of(key), facts.decode_runs(content)
        end = 0 if until == FOREVER else until
        yield facts.EntryAdded(path_id, since, path, facts.decode_meta(meta), runs[: facts.MAX_RUNS], end)
        for at in range(facts.MAX_RUNS, len(runs), facts.MAX_RUNS):
            yield facts.EntryMore(path_id, since, path, runs[at : at + facts.MAX_RUNS])
