"""
contents -- a stretch of one file of a version, without bringing the file back.

Nothing is kept between two stretches: whoever stops asking has stopped the transfer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from bitdust.backup.meaning import meaning
from bitdust.backup.opening import Opening
from bitdust.backup.sparse import content_size, is_sound, places
from bitdust.blocks.block import Chunk
from bitdust.catalog import chunks, entries
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind, Meta, Run
from bitdust.customer.block_reader import BlockPlan, plan_of
from bitdust.database import Database
from bitdust.errors import Damaged, Usage
from bitdust.wire.packets import Priority

#: bytes of the longest stretch, and the longest read of one block
MOST = 4 * 2**20


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file from `offset`.  `size` is that of the whole file, `time` that of the version."""

    backup_id: str
    time: float
    size: int
    offset: int
    content: bytes


@dataclass(frozen=True)
class Read:
    """Chunks of one block, near each other, and where in the content of the file the first begins."""

    plan: BlockPlan
    part: list[Chunk]
    at: int


@dataclass(frozen=True)
class Contents:
    """Reads files of versions."""

    db: Database
    opening: Opening

    async def read(self, what: str, offset: int, length: int, as_of: float | None = None) -> Stretch:
        """
        A stretch of a file; shorter than asked for at its end.

        @raise NotFound: it is not in the catalog.  @raise Usage: it is no file.
        @raise Offline: fewer than k pieces of a block can be had.
        @raise Damaged: what came back is not what was backed up.
        """
        length = min(length, MOST)

        def look(c: sqlite3.Connection) -> tuple[str, float, Meta, list[Read], int, int]:
            item, version, inside = meaning(c, what, as_of=as_of)
            entry = _file(c, item.path_id, version.seq, inside)
            begin = _content_at(entry.meta, offset)
            end = _content_at(entry.meta, min(offset + length, entry.meta.size))
            reads = list(reads_of(c, entry.runs, begin, end))
            return version.backup_id, version.time, entry.meta, reads, begin, end

        backup_id, time, meta, reads, begin, end = await self.db.read(look)
        size = max(0, min(length, meta.size - offset))
        content = bytearray(size)
        have = begin
        for each in reads:
            at = each.at
            for plain in await self.opening.read(each.plan, each.part, Priority.RESTORE):
                view = memoryview(plain)[max(0, begin - at) : end - at]
                _lay(content, meta, offset, max(begin, at), view)
                have += len(view)
                at += len(plain)
        if have != end:
            raise Damaged(f"the catalog has {have - begin} of {end - begin} bytes of this stretch")
        return Stretch(backup_id, time, meta.size, offset, bytes(content))


def _file(c: sqlite3.Connection, item: str, seq: int, inside: bytes) -> Entry:
    entry = entries.entry_at(c, item, seq, inside)
    if entry is not None and entry.meta.kind is Kind.HARDLINK:
        entry = entries.entry_at(c, item, seq, entry.meta.target)
    if entry is None:
        raise Damaged(f"the catalog has no content for {inside!r}")
    if entry.meta.kind is not Kind.FILE:
        name = inside.decode("utf-8", "replace") or "this item"
        raise Usage(
            f"{name} is a {entry.meta.kind.name.lower()}, not a file",
            hint="name a file in it, like 0/0/1/F20160313043757PM:thesis/a.txt",
        )
    if not is_sound(entry.meta):
        raise Damaged("what the catalog says of this file contradicts itself")
    return entry


def _content_at(meta: Meta, offset: int) -> int:
    """How much of the content, in which holes do not appear, lies before that place in the file."""
    holes = sum(max(0, min(length, offset - start)) for start, length in meta.holes)
    return min(offset - holes, content_size(meta))


def _lay(target: bytearray, meta: Meta, offset: int, at: int, view: memoryview) -> None:
    """Put content into its places of the stretch that begins at `offset`."""
    for position, length in places(meta, at, len(view)):
        part, view = view[:length], view[length:]
        target[position - offset : position - offset + length] = part


def reads_of(c: sqlite3.Connection, runs: tuple[Run, ...], begin: int, end: int) -> Iterator[Read]:
    """What must be read for the content from `begin` up to `end`."""
    at = 0
    for serial, first, count in runs:
        if at >= end:
            return
        number, size = c.execute(
            "SELECT count(*), total(length) FROM chunks WHERE serial = ? AND number >= ? AND number < ?",
            (serial, first, first + count),
        ).fetchone()
        if number != count:
            raise Damaged(f"the catalog has {number} of {count} chunks of block {serial} that are needed")
        if at + int(size) <= begin:
            at += int(size)
            continue
        plan = plan_of(c, serial)
        part: list[Chunk] = []
        start = at
        for chunk in chunks.run_rows(c, serial, first, count):
            if at + chunk.length > begin and at < end:
                if part and chunk.offset + chunk.stored - part[0].offset > MOST:
                    yield Read(plan, part, start)
                    part = []
                if not part:
                    start = at
                part.append(chunk)
            at += chunk.length
        if part:
            yield Read(plan, part, start)
