"""
What the fact that chunks lie elsewhere does to the tables: whatever was made of them is made of the copies.

Any part of it that nothing refers to any more does nothing; what a run has beside the moved chunks stays.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator

from bitdust.catalog import facts
from bitdust.catalog.facts import Move, Run
from bitdust.catalog.history import stored_of
from bitdust.catalog.schema import FOREVER
from bitdust.errors import Damaged

Connection = sqlite3.Connection
#: entries looked at in one go
_PAGE = 1000

#: of an entry's lifetime, how often it is met
_Spans = dict[tuple[int, int], int]


def chunks_moved(c: Connection, op: facts.ChunksMoved) -> None:
    moves: dict[int, list[Move]] = {}
    for move in sorted(op.moves):
        moves.setdefault(move[0], []).append(move)
    for serial, _, count, to, first in op.moves:
        (there,) = c.execute(
            "SELECT count(*) FROM chunks WHERE serial = ? AND number >= ? AND number < ?",
            (to, first, first + count),
        ).fetchone()
        if there != count or to in moves:
            raise Damaged(f"the catalog's log moves chunks of block {serial} to where there are none")
    concerned = moves.keys() | {move[3] for move in op.moves}
    marks = ",".join("?" * len(moves))
    items = [
        item
        for (item,) in c.execute(
            f"SELECT DISTINCT item FROM uses WHERE serial IN ({marks})",  # noqa: S608
            tuple(moves),
        )
    ]
    for item in items:
        spans = _rewrite(c, item, moves, concerned)
        for serial in sorted(concerned):
            c.execute("DELETE FROM uses WHERE item = ? AND serial = ?", (item, serial))
            c.executemany(
                "INSERT INTO uses VALUES (?, ?, ?, ?, ?)",
                [(item, serial, *row) for row in _union(spans.get(serial, {}))],
            )


def _rewrite(
    c: Connection, item: int, moves: dict[int, list[Move]], concerned: set[int]
) -> dict[int, _Spans]:
    """The item's entries say where the chunks are now; from when until when each block is needed."""
    spans: dict[int, _Spans] = {}
    after = 0
    while True:
        page = c.execute(
            "SELECT id, since, until, content FROM entries NOT INDEXED"
            " WHERE id > ? AND item = ? AND stored > 0 ORDER BY id LIMIT ?",
            (after, item, _PAGE),
        ).fetchall()
        for id_, since, until, content in page:
            runs = facts.decode_runs(content)
            # A million entries pass here, of which most are not meant.
            for run in runs:
                if run[0] in concerned:
                    break
            else:
                continue
            if any(run[0] in moves for run in runs):
                runs = _joined(part for run in runs for part in _moved(run, moves.get(run[0], ())))
                c.execute(
                    "UPDATE entries SET content = ?, stored = ? WHERE id = ?",
                    (facts.encode_runs(runs), stored_of(c, runs), id_),
                )
            for serial in {run[0] for run in runs} & concerned:
                met = spans.setdefault(serial, {})
                met[since, until] = met.get((since, until), 0) + 1
        if len(page) < _PAGE:
            return spans
        after = page[-1][0]


def _moved(run: Run, moves: list[Move] | tuple[()]) -> Iterator[Run]:
    """A run as it is after these moves of its block, which are in order and do not overlap."""
    serial, first, count = run
    end = first + count
    at = max(0, bisect_right(moves, (serial, first, 2**63, 0, 0)) - 1)
    for _, start, length, to, put in moves[at:]:
        begin, stop = max(first, start), min(end, start + length)
        if start >= end:
            break
        if begin >= stop:
            continue
        if first < begin:
            yield serial, first, begin - first
        yield to, put + begin - start, stop - begin
        first = stop
    if first < end:
        yield serial, first, end - first


def _joined(runs: Iterator[Run]) -> tuple[Run, ...]:
    found: list[Run] = []
    for serial, first, count in runs:
        if found and found[-1][0] == serial and found[-1][1] + found[-1][2] == first:
            found[-1] = (serial, found[-1][1], found[-1][2] + count)
        else:
            found.append((serial, first, count))
    return tuple(found)


def _union(spans: _Spans) -> list[tuple[int, int, int]]:
    """(since, until, entries still open) of the stretches that these cover together."""
    found: list[tuple[int, int, int]] = []
    for (since, until), count in sorted(spans.items()):
        live = count if until == FOREVER else 0
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until), found[-1][2] + live)
        else:
            found.append((since, until, live))
    return found
