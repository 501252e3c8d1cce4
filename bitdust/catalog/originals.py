"""
Where the chunks of blocks lie in files of this machine, as far as the newest versions say.

There is no index from a block to the names that need it: who wants to know asks for many blocks at once, and
the newest entries of the items that use them are gone through, page by page.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bitdust.blocks.block_format import Chunk
from bitdust.catalog.chunks import chunks_of
from bitdust.catalog.facts import Kind, Meta, decode_meta, decode_runs
from bitdust.catalog.rows import path_of
from bitdust.catalog.schema import FOREVER

#: entries gone through in one transaction
PAGE = 20_000


@dataclass(frozen=True)
class Recorded:
    """What is known of a block that is to be made again."""

    serial: int
    chunks: tuple[Chunk, ...]
    sealed: bytes


@dataclass(frozen=True)
class Original:
    """
    A file of an item that has some of the chunks.

    @param root: the absolute path of the item.
    @param path: of the file, relative to it; b"" when the item is the file.
    @param places: (serial, number of the chunk, offset in the content, which has no holes).
    """

    root: bytes
    path: bytes
    meta: Meta
    places: tuple[tuple[int, int, int], ...]


def recorded(c: sqlite3.Connection, serial: int) -> Recorded | None:
    """The block's chunks and the hash of what was sealed; None: it was not sealed here."""
    row = c.execute("SELECT sealed FROM blocks WHERE serial = ?", (serial,)).fetchone()
    if row is None or row[0] is None:
        return None
    return Recorded(serial, tuple(chunks_of(c, serial)), bytes(row[0]))


def can_be_made(c: sqlite3.Connection, serials: Iterable[int]) -> list[int]:
    """Those of these blocks that were sealed here."""
    return [
        serial
        for serial in serials
        if c.execute("SELECT 1 FROM blocks WHERE serial = ? AND sealed IS NOT NULL", (serial,)).fetchone()
    ]


def users_of(c: sqlite3.Connection, serials: Collection[int]) -> list[int]:
    """Items whose newest version needs one of these blocks."""
    found: dict[int, None] = {}
    for serial in serials:
        rows = c.execute(
            "SELECT item FROM uses WHERE serial = ? AND until = ? ORDER BY item", (serial, FOREVER)
        )
        found.update(dict.fromkeys(item for (item,) in rows))
    return list(found)


def page(
    c: sqlite3.Connection, item: int, serials: Collection[int], after: bytes | None
) -> tuple[list[Original], bytes | None]:
    """
    Files of an item's newest version that have chunks of these blocks, among the next entries behind the key
    `after`; and the key to go on from, None at the end.
    """
    row = c.execute("SELECT key FROM items WHERE id = ?", (item,)).fetchone()
    if row is None:
        return [], None
    root = b"/" + path_of(bytes(row[0]))
    rows = c.execute(
        "SELECT key, meta, content FROM entries INDEXED BY entries_open"  # noqa: S608
        f" WHERE item = ? AND until = {FOREVER} AND key >= ? AND kind = ? ORDER BY key LIMIT ?",
        # What follows a key at once is the key and a zero.
        (item, b"" if after is None else after + b"\0", int(Kind.FILE), PAGE),
    ).fetchall()
    wanted = set(serials)
    found = []
    for key, meta, content in rows:
        runs = decode_runs(content)
        if not wanted.isdisjoint(run[0] for run in runs):
            places = tuple(_places(c, runs, wanted))
            found.append(Original(root, path_of(bytes(key)), decode_meta(meta), places))
    return found, bytes(rows[-1][0]) if len(rows) == PAGE else None


def _places(
    c: sqlite3.Connection, runs: Iterable[tuple[int, int, int]], wanted: Collection[int]
) -> Iterable[tuple[int, int, int]]:
    offset = 0
    for serial, first, count in runs:
        lengths = c.execute(
            "SELECT number, length FROM chunks WHERE serial = ? AND number >= ? AND number < ?"
            " ORDER BY number",
            (serial, first, first + count),
        )
        for number, length in lengths:
            if serial in wanted:
                yield serial, number, offset
            offset += length
