"""Which chunk lies where; the memory that makes a second copy of anything cost nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from bitdust.blocks.block_format import Chunk

_AT_ONCE = 400
#: chunks of blocks that lie in the spool, or of which k pieces are, or may be, at suppliers; and that are not
#: to be deleted there
_READABLE = (
    "EXISTS (SELECT 1 FROM blocks b WHERE b.serial = chunks.serial AND b.doomed = 0"
    " AND (b.spool IS NOT NULL OR b.acked >= b.k"
    " OR b.k <= (SELECT count(DISTINCT p.number) FROM placements p"
    " WHERE p.serial = b.serial AND p.state IN (1, 3))))"
)


def known(c: sqlite3.Connection, ids: Sequence[bytes], job: int) -> dict[bytes, tuple[int, int]]:
    """
    Where those of these chunks lie that are in a sealed or committed block: id → (serial, number).  Blocks
    that cannot be read any more, as far as is known, do not count.

    The blocks are pinned for the job in the same transaction, so they stay until it has committed or ended.
    """
    found: dict[bytes, tuple[int, int]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        page = ids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(page))
        for id_, serial, number in c.execute(
            f"SELECT id, serial, number FROM chunks WHERE id IN ({marks}) AND {_READABLE}"  # noqa: S608
            " ORDER BY serial DESC, number DESC",
            tuple(page),
        ):
            found[bytes(id_)] = (serial, number)
    c.executemany(
        "INSERT OR IGNORE INTO pins VALUES (?, ?)",
        [(job, serial) for serial in sorted({s for s, _ in found.values()})],
    )
    return found


def chunk_rows(c: sqlite3.Connection, refs: Iterable[tuple[int, int]]) -> list[tuple[int, Chunk]]:
    """
    These chunks, (serial, number) each, in the order asked for: (serial, Chunk).  Those of dropped blocks are
    left out.
    """
    rows = []
    for serial, number in refs:
        row = c.execute(
            "SELECT id, number, offset, stored, length, flags FROM chunks WHERE serial = ? AND number = ?",
            (serial, number),
        ).fetchone()
        if row is not None:
            rows.append((serial, Chunk(*row)))
    return rows


def run_rows(c: sqlite3.Connection, serial: int, first: int, count: int) -> list[Chunk]:
    """The chunks of one run, in order."""
    return [
        Chunk(*row)
        for row in c.execute(
            "SELECT id, number, offset, stored, length, flags FROM chunks"
            " WHERE serial = ? AND number >= ? AND number < ? ORDER BY number",
            (serial, first, first + count),
        )
    ]


def chunks_of(c: sqlite3.Connection, serial: int) -> list[Chunk]:
    """All chunks of a block, in order."""
    return run_rows(c, serial, 0, 2**32)
