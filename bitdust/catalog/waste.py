"""
What of a block nothing refers to any more, and how the rest of it comes into another block.

A deletion takes away entries; a chunk of theirs is dead when no other entry has it.  Blocks all of whose
chunks are dead are garbage (`removal.garbage`); one that is mostly dead is *sparse*: its living chunks are
sealed once more, in a block of job `REPACK`, and `switch` makes everything refer to the copies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bitdust.blocks.block_format import ENTRY_SIZE, FOOTER_SIZE, HEADER_SIZE, Chunk
from bitdust.blocks.layout import piece_size
from bitdust.catalog.chunks import chunks_of
from bitdust.catalog.commit import record_block
from bitdust.catalog.facts import MAX_MOVES, ChunksMoved, Move, decode_runs
from bitdust.catalog.ops import record
from bitdust.catalog.replay import COMMITTED, SEALED
from bitdust.catalog.rows import mark, raise_mark
from bitdust.crypto import TAG
from bitdust.errors import TryLater

#: the job of blocks that copies are sealed into; backups have numbers above 0
REPACK = -1
#: a block is sparse when the living part of it is at most this: each byte that is sent frees one at least
SPARSE = 0.5
#: entries looked at in one go
PAGE = 5000
#: marks: entries were taken away so often (`rows.soiled`); how often when all was found tidy
_DIRT, _TIDY = "dirt", "tidy"


class Living:
    """Which chunks are alive: filled page by page, by `count`."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytearray] = {}
        #: the last entry that was looked at
        self.after = 0

    def add(self, serial: int, first: int, count: int) -> None:
        """So many chunks of that block from number `first` are needed."""
        bits = self._chunks.setdefault(serial, bytearray())
        if len(bits) < first + count:
            bits.extend(bytes(first + count - len(bits)))
        bits[first : first + count] = b"\1" * count

    def count(self, serial: int) -> int:
        """How many chunks of that block are needed."""
        return sum(self._chunks.get(serial, b""))

    def has(self, serial: int, number: int) -> bool:
        """Whether this chunk is needed."""
        bits = self._chunks.get(serial, b"")
        return number < len(bits) and bits[number] == 1


@dataclass(frozen=True)
class Sparse:
    """
    A block that is mostly dead.

    @param size: bytes of it.  @param alive: of those, what its living chunks would take in another block.
    @param chunks: the living ones, in order.
    """

    serial: int
    size: int
    alive: int
    k: int
    n: int
    unit: int
    chunks: tuple[Chunk, ...]

    @property
    def stored(self) -> int:
        """Bytes that its pieces take at all suppliers."""
        return self.n * piece_size(self.size, self.k, self.unit)

    @property
    def frees(self) -> int:
        """Bytes at all suppliers that will be free once it is repacked."""
        return max(0, self.stored - self.n * -(-self.alive // self.k))


def is_tidy(c: sqlite3.Connection) -> bool:
    """Nothing was taken away since everything was last found tidy."""
    return mark(c, _DIRT) == mark(c, _TIDY)


def dirt(c: sqlite3.Connection) -> int:
    """How often something was taken away so far."""
    return mark(c, _DIRT)


def tidy(c: sqlite3.Connection, dirt: int) -> None:
    """Everything was looked at, as it was when `dirt` was asked for; what a job holds, later."""
    if c.execute("SELECT 1 FROM jobs").fetchone() is None:
        raise_mark(c, _TIDY, dirt)


def count(c: sqlite3.Connection, living: Living) -> bool:
    """
    Look at one more page of all entries.  False: that was the last.

    What is added meanwhile is met at the end; what goes meanwhile counts as alive until the next look.
    """
    page = c.execute(
        "SELECT id, content FROM entries NOT INDEXED WHERE id > ? AND stored > 0 ORDER BY id LIMIT ?",
        (living.after, PAGE),
    ).fetchall()
    for _, content in page:
        for run in decode_runs(content):
            living.add(*run)
    if page:
        living.after = page[-1][0]
    return len(page) == PAGE


def sparse(
    c: sqlite3.Connection, living: Living, after: int, limit: int, n: int = 0
) -> tuple[list[Sparse], int | None]:
    """
    Those of the next `limit` blocks behind serial `after` that are sparse, and where to go on; None: that
    was all.

    @param n: blocks of another number of pieces are emptied, too, however much of them lives; 0: none of
        them.

    Blocks that a running job made or found stay as they are, and so do those that cannot be read.
    """
    rows = c.execute(
        "SELECT serial, size, k, n, unit FROM blocks b WHERE serial > ? AND state = ? AND job IS NULL"
        " AND doomed = 0 AND EXISTS (SELECT 1 FROM uses u WHERE u.serial = b.serial)"
        " AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.serial = b.serial)"
        " AND (spool IS NOT NULL OR k <= (SELECT count(DISTINCT p.number) FROM placements p"
        " WHERE p.serial = b.serial AND p.state IN (1, 3))) ORDER BY serial LIMIT ?",
        (after, COMMITTED, limit),
    ).fetchall()
    found = []
    for serial, size, k, pieces, unit in rows:
        (number,) = c.execute("SELECT count(*) FROM chunks WHERE serial = ?", (serial,)).fetchone()
        misshapen = n and pieces != n
        if living.count(serial) == number and not misshapen:
            continue
        chunks = tuple(chunk for chunk in chunks_of(c, serial) if living.has(serial, chunk.number))
        alive = sum(chunk.stored + ENTRY_SIZE for chunk in chunks)
        if chunks and (misshapen or HEADER_SIZE + FOOTER_SIZE + TAG + alive <= SPARSE * size):
            found.append(Sparse(serial, size, alive, k, pieces, unit, chunks))
    return found, rows[-1][0] if len(rows) == limit else None


def unreferenced(c: sqlite3.Connection) -> list[int]:
    """Bytes at all suppliers of each block that nothing refers to."""
    return [
        acked * piece_size(size, k, unit)
        for size, k, unit, acked in c.execute(
            "SELECT size, k, unit, acked FROM blocks b WHERE job IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM uses u WHERE u.serial = b.serial)"
            " AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.serial = b.serial)"
        )
    ]


def lacking(c: sqlite3.Connection) -> int:
    """How many receipts for blocks of `REPACK` are still to come."""
    (number,) = c.execute(
        "SELECT coalesce(sum(n - acked), 0) FROM blocks WHERE job = ?", (REPACK,)
    ).fetchone()
    return int(number)


def carried(c: sqlite3.Connection) -> dict[bytes, tuple[int, int]]:
    """Chunks that lie in blocks of `REPACK` already: id -> (serial, number)."""
    return {
        bytes(id_): (serial, number)
        for id_, serial, number in c.execute(
            "SELECT c.id, c.serial, c.number FROM chunks c JOIN blocks b USING (serial) WHERE b.job = ?",
            (REPACK,),
        )
    }


def are_safe(c: sqlite3.Connection, victims: Iterable[Sparse]) -> bool:
    """
    Whether the copies survive the loss of as many suppliers as any of these blocks does now, or of as many as
    their shape allows; and never fewer than a version may rest on.
    """
    margin = 0
    for victim in victims:
        row = c.execute("SELECT acked - k FROM blocks WHERE serial = ?", (victim.serial,)).fetchone()
        margin = max(margin, row[0] if row else 0)
    weak = c.execute(
        "SELECT 1 FROM blocks WHERE job = ?"
        " AND (acked - k < min(n - k, ?) OR acked < k + (n - k + 1) / 2) LIMIT 1",
        (REPACK, margin),
    ).fetchone()
    return weak is None


def switch(c: sqlite3.Connection, victims: Iterable[Sparse]) -> int:
    """
    Everything that refers to living chunks of these blocks refers to their copies from now on; what nothing
    needs afterwards is garbage.  Answers how many blocks were emptied.

    A block that a job has found meanwhile stays as it is, and so does a chunk that was not copied.

    @raise TryLater: a block of copies has too few acknowledged pieces.
    """
    victims = list(victims)
    if not are_safe(c, victims):
        raise TryLater("suppliers have not acknowledged what was repacked")
    copies = carried(c)
    moves: list[Move] = []
    emptied = 0
    for victim in victims:
        if c.execute(
            "SELECT 1 FROM blocks b WHERE serial = ? AND state = ? AND job IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.serial = b.serial)",
            (victim.serial, COMMITTED),
        ).fetchone():
            moves += _moves(victim, copies)
            emptied += all(chunk.id in copies for chunk in victim.chunks)
    for serial in sorted({move[3] for move in moves}):
        (state,) = c.execute("SELECT state FROM blocks WHERE serial = ?", (serial,)).fetchone()
        if state == SEALED:
            record_block(c, serial)
    for at in range(0, len(moves), MAX_MOVES):
        record(c, ChunksMoved(tuple(moves[at : at + MAX_MOVES])))
    c.execute("UPDATE blocks SET job = NULL WHERE job = ?", (REPACK,))
    return emptied


def give_up(c: sqlite3.Connection) -> int:
    """Copies that were begun are not wanted any more: they become garbage.  Answers of how many blocks."""
    return c.execute("UPDATE blocks SET job = NULL WHERE job = ?", (REPACK,)).rowcount


def _moves(victim: Sparse, copies: dict[bytes, tuple[int, int]]) -> list[Move]:
    found: list[Move] = []
    for chunk in _of(victim.chunks, copies):
        to, at = copies[chunk.id]
        if found:
            _, first, count, other, put = found[-1]
            if (first + count, other, put + count) == (chunk.number, to, at):
                found[-1] = (victim.serial, first, count + 1, other, put)
                continue
        found.append((victim.serial, chunk.number, 1, to, at))
    return found


def _of(chunks: Sequence[Chunk], copies: dict[bytes, tuple[int, int]]) -> list[Chunk]:
    return [chunk for chunk in chunks if chunk.id in copies]
