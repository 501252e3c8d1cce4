"""
What the versions of an item hold: one entry per name, valid from one version until another.

Names are paths relative to the item; b"" is the item itself (the folder, or the one file).  Everything goes
page by page in walk order: a folder, what is in it, then its next sibling.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from msgspec import Struct

from bitdust.catalog.facts import Kind, Meta, Run, decode_meta, decode_runs, encode_meta, encode_runs
from bitdust.catalog.rows import below, key_of, path_of

__all__ = [
    "Entry",
    "Kind",
    "Meta",
    "Pending",
    "Unchanged",
    "entries_at",
    "entries_below",
    "entry_at",
    "put_pending",
    "runs_of",
]

_COLUMNS = "key, since, until, stored, meta, content"


class Entry(Struct, frozen=True):
    """A name in a version: its path relative to the item, its metadata, its content as runs of chunks."""

    path: bytes
    meta: Meta
    runs: tuple[Run, ...]
    since: int
    stored: int

    @property
    def content(self) -> tuple[tuple[int, int], ...]:
        """The chunks of the file in order: (serial of the block, number of the chunk in it)."""
        return tuple((serial, first + i) for serial, first, count in self.runs for i in range(count))


class Pending(Struct, frozen=True):
    """
    A name that a running job has walked past.

    @param meta: None when the name is unchanged since the version before: then no content is given either.
    @param content: the chunks in order, (serial, number); or `runs` in their place.
    """

    path: bytes
    meta: Meta | None = None
    content: Sequence[tuple[int, int]] = ()
    runs: tuple[Run, ...] | None = None


class Unchanged(Struct, frozen=True):
    """Entries of a version that follow each other: the first and the last path, and how many they are."""

    first: bytes
    last: bytes
    count: int


def runs_of(content: Iterable[tuple[int, int]]) -> tuple[Run, ...]:
    """Chunks in order as runs: (serial, first number, how many in a row)."""
    runs: list[Run] = []
    for serial, number in content:
        if runs and runs[-1][0] == serial and runs[-1][1] + runs[-1][2] == number:
            runs[-1] = (serial, runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((serial, number, 1))
    return tuple(runs)


def entries_at(
    c: sqlite3.Connection, item: str, seq: int, after: bytes | None = None, limit: int = 1000
) -> list[Entry]:
    """
    A page of what version `seq` of the item holds, from behind the name `after` (None: from the start).
    """
    return _page(
        c, item, seq, ">= x''" if after is None else "> ?", () if after is None else (key_of(after),), limit
    )


def entries_below(
    c: sqlite3.Connection, item: str, seq: int, path: bytes, after: bytes | None = None, limit: int = 1000
) -> list[Entry]:
    """The same for one name and all below it: what a restore of `backupID:path` wants."""
    if not path:
        return entries_at(c, item, seq, after, limit)
    start, end = key_of(path), below(key_of(path))[1]
    if after is None:
        return _page(c, item, seq, ">= ? AND key < ?", (start, end), limit)
    return _page(c, item, seq, "> ? AND key < ?", (max(start, key_of(after)), end), limit)


def entry_at(c: sqlite3.Connection, item: str, seq: int, path: bytes) -> Entry | None:
    """What that name is in version `seq` of the item, if it is there."""
    found = _page(c, item, seq, "= ?", (key_of(path),), 1)
    return found[0] if found else None


def put_pending(c: sqlite3.Connection, job: int, rows: Iterable[Pending]) -> None:
    """Remember names that the job has walked past; a name given again replaces what was said of it."""
    c.executemany(
        "INSERT OR REPLACE INTO pending (job, key, meta, content) VALUES (?, ?, ?, ?)",
        [
            (
                job,
                key_of(row.path),
                None if row.meta is None else encode_meta(row.meta),
                None
                if row.meta is None
                else encode_runs(runs_of(row.content) if row.runs is None else row.runs),
            )
            for row in rows
        ],
    )


def page_query(position: str) -> str:
    """The SQL of a page; `position` says where in the order of keys."""
    return (
        f"SELECT {_COLUMNS} FROM entries INDEXED BY entries_key"  # noqa: S608
        " WHERE item = (SELECT id FROM items WHERE path_id = ?)"
        f" AND key {position} AND since <= ? AND until > ? ORDER BY key LIMIT ?"
    )


def _page(
    c: sqlite3.Connection, item: str, seq: int, position: str, keys: tuple[bytes, ...], limit: int
) -> list[Entry]:
    return [
        Entry(path_of(key), decode_meta(meta), decode_runs(content), since, stored)
        for key, since, _, stored, meta, content in c.execute(
            page_query(position), (item, *keys, seq, seq, limit)
        )
    ]
