"""
What facts of new entries do to the tables, many at a time: a first backup brings them by the thousand, and a
statement for each of them costs ten times as much as its row.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from bitdust.catalog import facts
from bitdust.catalog.history import close, stored_of, use
from bitdust.catalog.rows import item_row, key_of
from bitdust.catalog.schema import FOREVER
from bitdust.errors import Damaged

Connection = sqlite3.Connection

#: facts that are written together, and names that are looked up at once
_TOGETHER, _AT_ONCE = 1000, 400
#: rows of chunks that are read along for each that is wanted
_ALONG = 8


def entries_added(c: Connection, ops: Iterable[facts.EntryAdded]) -> None:
    """One after the other, with the same outcome as if each came alone."""
    for batch in _apart(ops):
        _add(c, item_row(c, next(iter(batch.values())).item), batch)


def _apart(ops: Iterable[facts.EntryAdded]) -> Iterator[dict[bytes, facts.EntryAdded]]:
    """In order, as short stretches of one item in which no name comes twice: by their keys."""
    batch: dict[bytes, facts.EntryAdded] = {}
    item = ""
    for op in ops:
        key = key_of(op.path)
        if batch and (op.item != item or key in batch or len(batch) == _TOGETHER):
            yield batch
            batch = {}
        item = op.item
        batch[key] = op
    if batch:
        yield batch


def _add(c: Connection, item: int, ops: Mapping[bytes, facts.EntryAdded]) -> None:
    ends = [op.until or FOREVER for op in ops.values()]
    if any(end <= op.seq for op, end in zip(ops.values(), ends, strict=True)):
        raise Damaged(f"an entry of item {item} ends before it begins")
    known = _open(c, item, [key for key, end in zip(ops, ends, strict=True) if end == FOREVER])
    for key, op in ops.items() if known else ():
        if key in known:
            close(c, item, known[key], op.seq)
    sizes = _stored(c, ops.values())
    c.executemany(
        "INSERT OR REPLACE INTO entries (item, key, since, until, kind, size, stored, meta, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                item,
                key,
                op.seq,
                until,
                op.meta.kind,
                op.meta.size,
                stored,
                facts.encode_meta(op.meta),
                facts.encode_runs(op.content),
            )
            for (key, op), until, stored in zip(ops.items(), ends, sizes, strict=True)
        ],
    )
    uses: Counter[tuple[int, int, int]] = Counter()
    for op, until in zip(ops.values(), ends, strict=True):
        for serial in {run[0] for run in op.content}:
            uses[serial, op.seq, until] += 1
    for (serial, since, until), count in sorted(uses.items()):
        use(c, item, serial, since, until, count)
    newest = max(op.seq for op in ops.values())
    c.execute("UPDATE items SET last_seq = ? WHERE id = ? AND last_seq < ?", (newest, item, newest))


def _open(c: Connection, item: int, keys: Sequence[bytes]) -> dict[bytes, tuple[int, int, bytes]]:
    """Those of these names that are there still: (row, since, content) of each."""
    found: dict[bytes, tuple[int, int, bytes]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        page = keys[start : start + _AT_ONCE]
        for key, *row in c.execute(
            "SELECT key, id, since, content FROM entries INDEXED BY entries_open"  # noqa: S608
            f" WHERE item = ? AND key IN ({','.join('?' * len(page))}) AND until = {FOREVER}",
            (item, *page),
        ):
            found[bytes(key)] = (row[0], row[1], row[2])
    return found


def _stored(c: Connection, ops: Collection[facts.EntryAdded]) -> list[int]:
    """What the content of each takes at the suppliers, parity included."""
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for op in ops:
        for serial, first, count in op.content:
            wanted[serial].append((first, count))
    near: dict[int, tuple[int, int, dict[int, int]]] = {}
    for serial, runs in wanted.items():
        first, end = min(run[0] for run in runs), max(sum(run) for run in runs)
        # Chunks of small files lie side by side; of what was found again here and there each is looked up.
        if len(runs) > 1 and end - first <= _ALONG * sum(run[1] for run in runs):
            row = c.execute("SELECT n, k FROM blocks WHERE serial = ?", (serial,)).fetchone()
            if row is not None:
                chunks = c.execute(
                    "SELECT number, stored FROM chunks WHERE serial = ? AND number >= ? AND number < ?",
                    (serial, first, end),
                )
                near[serial] = (*row, dict(chunks.fetchall()))
    return [sum([_of_run(c, run, near) for run in op.content]) for op in ops]


def _of_run(c: Connection, run: facts.Run, near: dict[int, tuple[int, int, dict[int, int]]]) -> int:
    serial, first, count = run
    if serial not in near:
        return stored_of(c, (run,))
    n, k, chunks = near[serial]
    size = chunks.get(first, 0)
    for number in range(first + 1, first + count):
        size += chunks.get(number, 0)
    return size * n // k
