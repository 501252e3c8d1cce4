"""
Backup jobs under way: their item and label, what they pin, what they have walked past.

A job outlives the process.  After a crash `unfinished` lists it; `begin_again` lets it walk anew while the
blocks it had sealed stay, to be found by their chunks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bitdust.catalog import entries, holdings
from bitdust.catalog.entries import Pending, Unchanged
from bitdust.catalog.facts import Kind
from bitdust.catalog.labels import label_of
from bitdust.catalog.rows import key_of
from bitdust.catalog.tree import NoSuchItem
from bitdust.errors import Conflict, NotFound


@dataclass(frozen=True)
class Job:
    """
    A running backup of an item.

    `label` is what its version will be called; `base` the seq of the version it is compared with, 0: none.
    That is the newest complete one, or a checkpoint when there is no other (`versions.newest(...,
    committed=False)`).
    """

    id: int
    item: str
    label: str
    started: float
    base: int = 0
    paused: bool = False
    #: what is backed up is sent by somebody, and is on no disk
    stream: bool = False


class NoSuchJob(NotFound):
    """There is no such backup job."""


def begin(c: sqlite3.Connection, item: str, when: datetime, started: float, stream: bool = False) -> Job:
    """
    A new job for this item.

    @param when: local time, for the label.  @param started: Unix seconds.
    @raise NotFound: no such item.  @raise Conflict: it has a job already.
    """
    row = c.execute("SELECT id FROM items WHERE path_id = ? AND id > 0 AND gone = 0", (item,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {item} is not in the catalog")
    if c.execute("SELECT 1 FROM jobs WHERE item = ?", row).fetchone():
        raise Conflict(f"a backup of item {item} is running already")
    known = "SELECT label FROM versions WHERE item = ? UNION ALL SELECT label FROM trash WHERE item = ?"
    taken = {label for (label,) in c.execute(known, row * 2)}
    label = label_of(when, taken)
    made = c.execute(
        "INSERT INTO jobs (item, label, started, base, stream) VALUES (?, ?, ?, ?, ?)",
        (*row, label, started, _base(c, *row), stream),
    ).lastrowid
    assert made is not None
    return get(c, made)


def get(c: sqlite3.Connection, job: int) -> Job:
    """
    @raise NotFound: there is none of that number.
    """
    row = c.execute(
        "SELECT j.id, i.path_id, j.label, j.started, j.base, j.paused, j.stream FROM jobs j"
        " JOIN items i ON i.id = j.item WHERE j.id = ?",
        (job,),
    ).fetchone()
    if row is None:
        raise NoSuchJob(f"there is no backup job {job}")
    return _job(row)


def unfinished(c: sqlite3.Connection) -> list[Job]:
    """Jobs that neither committed their version nor ended, oldest first."""
    return [
        _job(row)
        for row in c.execute(
            "SELECT j.id, i.path_id, j.label, j.started, j.base, j.paused, j.stream FROM jobs j"
            " JOIN items i ON i.id = j.item ORDER BY j.id"
        )
    ]


def _job(row: tuple[int, str, str, float, int, int, int]) -> Job:
    number, item, label, started, base, paused, stream = row
    return Job(number, item, label, started, base, bool(paused), bool(stream))


def begin_again(c: sqlite3.Connection, job: int) -> Job:
    """
    The job walks from the start: what it walked past is forgotten, its blocks and pins stay, except for those
    that cannot be read any more.
    """
    get(c, job)
    lost = [(job, serial) for serial, spooled in holdings.endangered(c).items() if not spooled]
    c.executemany("DELETE FROM pins WHERE job = ? AND serial = ?", lost)
    c.executemany("UPDATE blocks SET job = NULL WHERE job = ? AND serial = ?", lost)
    c.execute("DELETE FROM pending WHERE job = ?", (job,))
    (item,) = c.execute("SELECT item FROM jobs WHERE id = ?", (job,)).fetchone()
    c.execute("UPDATE jobs SET base = ? WHERE id = ?", (_base(c, item), job))
    return get(c, job)


def set_paused(c: sqlite3.Connection, job: int, paused: bool) -> None:
    """The user wants the job to rest, or to go on; so it is until he says otherwise."""
    c.execute("UPDATE jobs SET paused = ? WHERE id = ?", (paused, job))


def keep(c: sqlite3.Connection, job: int, path: bytes, after: bytes | None, limit: int) -> bytes | None:
    """
    A page of what the version before has at `path` and below it stays as it was: it is there, and could not
    be read.  What the job did walk past is as it was found, and what lies in blocks that cannot be read
    either does not stay.

    Asked for in walk order, once all else is said.  Answers the last name of the page; None: that was all.

    @raise Conflict: that version was removed meanwhile.
    """
    running = get(c, job)
    if not running.base:
        return None
    item = c.execute("SELECT item FROM jobs WHERE id = ?", (job,)).fetchone()
    if (
        c.execute("SELECT 1 FROM versions WHERE item = ? AND seq = ?", (*item, running.base)).fetchone()
        is None
    ):
        raise Conflict(
            f"the version {path!r} is to stay as in is not there any more", hint="back it up again"
        )
    page = entries.entries_below(c, running.item, running.base, path, after, limit)
    weak = holdings.endangered(c) if page else {}
    for entry in page:
        if c.execute("SELECT 1 FROM pending WHERE job = ? AND key = ?", (job, key_of(entry.path))).fetchone():
            continue
        meta, runs = None, entry.runs
        if entry.meta.kind is Kind.HARDLINK:
            first = entries.entry_at(c, running.item, running.base, entry.meta.target)
            if not _is_same(c, job, entry.meta.target) and first is not None:
                # The first name went, or is another file now: this one is what they were.
                meta, runs = first.meta, first.runs
        serials = {run[0] for run in runs} & weak.keys()
        if not all(weak[serial] for serial in serials):
            continue
        pin(c, job, sorted(serials))
        entries.put_pending(c, job, [Pending(entry.path, meta, runs=runs)])
    return page[-1].path if page else None


def put_unchanged(c: sqlite3.Connection, job: int, stretches: Iterable[Unchanged]) -> None:
    """
    Remember that the job found these stretches of the version before unchanged.

    @raise Conflict: some of it is not there any more, since that version was removed meanwhile.
    """
    item, base = c.execute("SELECT item, base FROM jobs WHERE id = ?", (job,)).fetchone()
    for each in stretches:
        written = c.execute(
            UNCHANGED, (job, item, key_of(each.first), key_of(each.last), base, base)
        ).rowcount
        if written != each.count:
            raise Conflict(
                f"the version {each.first!r} is to stay as in is not there any more", hint="back it up again"
            )


def _is_same(c: sqlite3.Connection, job: int, path: bytes) -> bool:
    row = c.execute("SELECT meta FROM pending WHERE job = ? AND key = ?", (job, key_of(path))).fetchone()
    return row is not None and row[0] is None


def end(c: sqlite3.Connection, job: int) -> None:
    """
    The job is over, done or given up.  Its pins go; blocks it sealed that no version refers to become
    garbage.
    """
    c.execute("DELETE FROM pending WHERE job = ?", (job,))
    c.execute("DELETE FROM pins WHERE job = ?", (job,))
    c.execute("UPDATE blocks SET job = NULL WHERE job = ?", (job,))
    c.execute("DELETE FROM jobs WHERE id = ?", (job,))


def pin(c: sqlite3.Connection, job: int, serials: list[int]) -> None:
    """These blocks are not garbage while the job lasts."""
    c.executemany("INSERT OR IGNORE INTO pins VALUES (?, ?)", [(job, serial) for serial in serials])


def _base(c: sqlite3.Connection, item: int) -> int:
    row = c.execute(
        "SELECT seq FROM versions WHERE item = ? ORDER BY complete DESC, seq DESC LIMIT 1", (item,)
    ).fetchone()
    return int(row[0]) if row else 0


#: names of a stretch of the version before
UNCHANGED = (
    "INSERT OR REPLACE INTO pending (job, key) SELECT ?, key FROM entries INDEXED BY entries_key"
    " WHERE item = ? AND key BETWEEN ? AND ? AND since <= ? AND until > ?"
)
