"""
The moment a version comes to be: one transaction from what a job found to facts in the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from bitdust.catalog import holdings, jobs, versions
from bitdust.catalog.chunks import chunks_of
from bitdust.catalog.facts import (
    MAX_CHUNKS,
    MAX_RUNS,
    BlockAdded,
    ChunkFact,
    ChunksAdded,
    EntryAdded,
    EntryGone,
    EntryMore,
    ItemChanged,
    ItemType,
    Meta,
    Run,
    VersionAdded,
    VersionRemoved,
    decode_meta,
    decode_runs,
)
from bitdust.catalog.ops import AnyOp, record, record_all
from bitdust.catalog.replay import ACKED, COMMITTED, SEALED
from bitdust.catalog.rows import path_of
from bitdust.errors import Conflict, TryLater

_PAGE = 1000


def commit_version(
    c: sqlite3.Connection, job: int, *, time: float, complete: bool = True, skipped: int = 0
) -> versions.Version:
    """
    The version of this job, with every name given by `put_pending`: blocks, changed entries and the version
    go into the log.

    A complete version ends the job and replaces its checkpoints, and those of jobs given up.  A checkpoint
    (not `complete`) has what the version before had, changed by what the job has walked past so far; the job
    goes on.

    @raise TryLater: some block has too few acknowledged pieces (see `holdings.ready`).
    @raise Conflict: a name is said to be as in a version that was removed meanwhile, or to lie in a block
        that was dropped: begin the job again.
    """
    running = jobs.get(c, job)
    waiting = holdings.waiting_for(c, job)
    if waiting and complete:
        raise TryLater(f"{len(waiting)} suppliers have not acknowledged what this version needs")
    (item, last) = c.execute("SELECT id, last_seq FROM items WHERE path_id = ?", (running.item,)).fetchone()
    seq = last + 1
    weak = set()
    for serial, state, enough in c.execute(OF_JOB, {"job": job}).fetchall():
        if not enough:
            weak.add(serial)
        elif state == SEALED:
            record_block(c, serial)
    _record_changes(c, running, item, seq, weak)
    if complete:
        _record_gone(c, job, item, running.item, seq)
        if holdings.lacks(c, running.item):
            raise TryLater("what did not change since the version before was lost meanwhile")
    else:
        _record_closed(c, item, running.item, seq)
    files, size, stored = c.execute(
        "SELECT count(*) FILTER (WHERE kind != 1), total(CASE kind WHEN 0 THEN size ELSE 0"
        " END), total(stored)"
        " FROM entries INDEXED BY entries_open WHERE item = ? AND until = 9223372036854775807",
        (item,),
    ).fetchone()
    if complete:
        type_, known = c.execute("SELECT type, size FROM items WHERE id = ?", (item,)).fetchone()
        if known != int(size) and type_ != ItemType.PARENT:
            record(c, ItemChanged(running.item, ItemType(type_), int(size)))
    log_seq = record(
        c,
        VersionAdded(
            running.item, running.label, seq, files, int(size), int(stored), float(time), complete, skipped
        ),
    )
    if complete:
        for (label,) in c.execute(
            "SELECT label FROM versions WHERE item = ? AND complete = 0 ORDER BY seq", (item,)
        ).fetchall():
            log_seq = record(c, VersionRemoved(running.item, label))
        jobs.end(c, job)
    c.execute("UPDATE versions SET log_seq = ? WHERE item = ? AND seq = ?", (log_seq, item, seq))
    return versions.get(c, running.item, running.label)


def record_block(c: sqlite3.Connection, serial: int) -> None:
    """A sealed block as facts: from here on it is committed."""
    id_, salt, size, n, k, unit, roots = c.execute(
        "SELECT id, salt, size, n, k, unit, roots FROM blocks WHERE serial = ?", (serial,)
    ).fetchone()
    # Where a piece is moving, the log names who has it.
    keeper: dict[int, str] = {}
    for number, fingerprint in c.execute(
        "SELECT p.number, r.fingerprint FROM placements p JOIN peers r ON r.id = p.peer WHERE p.serial = ?"
        " ORDER BY p.number, p.state != ?, p.leaving",
        (serial, ACKED),
    ):
        keeper.setdefault(number, fingerprint)
    chunks = [ChunkFact(x.id, x.offset, x.stored, x.length, x.flags) for x in chunks_of(c, serial)]
    record(
        c,
        BlockAdded(
            serial,
            id_,
            salt,
            size,
            n,
            k,
            unit,
            tuple(roots[at : at + 32] for at in range(0, len(roots), 32)),
            tuple(keeper[number] for number in range(n)),
            tuple(chunks[:MAX_CHUNKS]),
        ),
    )
    for first in range(MAX_CHUNKS, len(chunks), MAX_CHUNKS):
        record(c, ChunksAdded(serial, first, tuple(chunks[first : first + MAX_CHUNKS])))


def _record_changes(c: sqlite3.Connection, running: jobs.Job, item: int, seq: int, weak: set[int]) -> None:
    there: set[int] = set()
    after = None
    while True:
        rows = c.execute(
            CHANGED.format(more=">= x''" if after is None else "> :after"),
            {
                "job": running.id,
                "base": running.base,
                "item": item,
                "after": after,
                "limit": _PAGE,
            },
        ).fetchall()
        changed: list[AnyOp] = []
        for key, meta, content, _ in rows:
            if meta is None:
                # It ended, or changed, with a version that was removed since, or with a checkpoint.
                meta, content = _as_before(c, item, key, running.base)
            path, runs = path_of(key), decode_runs(content)
            serials = {run[0] for run in runs}
            if weak.isdisjoint(serials):
                _must_be_there(c, path, serials - there)
                there |= serials
                changed += entry_facts(running.item, seq, path, decode_meta(meta), runs)
        record_all(c, changed)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _must_be_there(c: sqlite3.Connection, path: bytes, serials: set[int]) -> None:
    for serial in serials:
        row = c.execute("SELECT state FROM blocks WHERE serial = ?", (serial,)).fetchone()
        if row is None or row[0] != COMMITTED:
            raise Conflict(
                f"{path!r} is said to lie in a block that is not there any more", hint="back it up again"
            )


def _as_before(c: sqlite3.Connection, item: int, key: bytes, base: int) -> tuple[bytes, bytes]:
    row = c.execute(
        "SELECT meta, content FROM entries INDEXED BY entries_key"
        " WHERE item = ? AND key = ? AND since <= ? AND until > ?"
        " AND EXISTS (SELECT 1 FROM versions v WHERE v.item = entries.item AND v.seq = ?)",
        (item, key, base, base, base),
    ).fetchone()
    if row is None:
        raise Conflict(
            f"{path_of(key)!r} is said to be as in a version that is not there any more",
            hint="back it up again",
        )
    return row[0], row[1]


def entry_facts(
    item: str, seq: int, path: bytes, meta: Meta, runs: tuple[Run, ...]
) -> Iterator[EntryAdded | EntryMore]:
    """One entry as facts, however long its content is."""
    yield EntryAdded(item, seq, path, meta, runs[:MAX_RUNS])
    for first in range(MAX_RUNS, len(runs), MAX_RUNS):
        yield EntryMore(item, seq, path, runs[first : first + MAX_RUNS])


def _record_closed(c: sqlite3.Connection, item: int, path_id: str, seq: int) -> None:
    (newest,) = c.execute("SELECT max(seq) FROM versions WHERE item = ?", (item,)).fetchone()
    if newest is None:
        return
    until, id_ = newest + 1, 0
    while True:
        rows = c.execute(
            CLOSED,
            {"item": item, "newest": newest, "seq": seq, "until": until, "id": id_, "limit": _PAGE},
        ).fetchall()
        back: list[AnyOp] = []
        for key, meta, content, _, _ in rows:
            back += entry_facts(path_id, seq, path_of(key), decode_meta(meta), decode_runs(content))
        record_all(c, back)
        if len(rows) < _PAGE:
            return
        until, id_ = rows[-1][3:]


def _record_gone(c: sqlite3.Connection, job: int, item: int, path_id: str, seq: int) -> None:
    after = None
    while True:
        rows = c.execute(
            GONE.format(more=">= x''" if after is None else "> :after"),
            {
                "job": job,
                "item": item,
                "after": after,
                "limit": _PAGE,
            },
        ).fetchall()
        record_all(c, [EntryGone(path_id, seq, path_of(key)) for (key,) in rows])
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


#: blocks that the job made or found, and whether they have pieces enough to commit on
OF_JOB = (
    "SELECT serial, state, acked >= k + (n - k + 1) / 2 FROM blocks WHERE serial IN"
    " (SELECT serial FROM blocks WHERE job = :job UNION SELECT serial FROM pins WHERE job ="
    " :job) ORDER BY serial"
)
#: names that are not as the newest version has them
CHANGED = (
    "SELECT p.key, p.meta, p.content, e.id FROM pending p LEFT JOIN entries e INDEXED BY entries_open"
    " ON e.item = :item AND e.key = p.key AND e.until = 9223372036854775807"
    " WHERE p.job = :job AND p.key {more}"
    " AND (e.id IS NULL OR CASE WHEN p.meta IS NULL THEN e.since > :base"
    " ELSE e.meta != p.meta OR e.content != p.content END)"
    " ORDER BY p.key LIMIT :limit"
)
#: names of the newest version that ended with versions which were removed since
CLOSED = (
    "SELECT o.key, o.meta, o.content, o.until, o.id FROM entries o INDEXED BY entries_until"
    " WHERE o.item = :item AND (o.until, o.id) > (:until, :id) AND o.until < :seq AND o.since <= :newest"
    " AND NOT EXISTS (SELECT 1 FROM entries e INDEXED BY entries_open"
    " WHERE e.item = o.item AND e.key = o.key AND e.until = 9223372036854775807)"
    " ORDER BY o.until, o.id LIMIT :limit"
)
#: names of the newest version that the job has not walked past
GONE = (
    "SELECT e.key FROM entries e INDEXED BY entries_open"
    " WHERE e.item = :item AND e.until = 9223372036854775807 AND e.key {more}"
    " AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.job = :job AND p.key = e.key)"
    " ORDER BY e.key LIMIT :limit"
)
