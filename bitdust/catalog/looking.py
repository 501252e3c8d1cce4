"""
Looking at what versions hold, in pages that cost the same however much there is.

A page ends after so many answers, or after so many rows were looked at; who asks goes on behind its last key.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import decode_meta, decode_runs
from bitdust.catalog.rows import below, key_of, path_of
from bitdust.catalog.schema import FOREVER

#: rows that one call looks at: some 30 ms
ROWS = 20_000
#: the same of rows of which only keys are looked at
KEYS = 160_000

_COLUMNS = "key, since, until, stored, meta, content"


@dataclass(frozen=True)
class Row:
    """A name during a stretch of versions, since <= seq < until, before its details were read."""

    key: bytes
    since: int
    until: int
    kind: int
    size: int
    meta: bytes


@dataclass(frozen=True)
class Needle:
    """
    Bytes to be found in a key.

    @param folds: large and small letters of ASCII are the same; `of` has small ones.
    """

    of: bytes
    folds: bool

    def is_in(self, key: bytes) -> bool:
        """Has the key these bytes?"""
        return self.of in (key.lower() if self.folds else key)


@dataclass(frozen=True)
class Change:
    """One name that is not the same in two versions: as it was, and as it is."""

    old: Entry | None
    new: Entry | None


def children(
    c: sqlite3.Connection, item: str, seq: int, folder: bytes, after: bytes | None, limit: int
) -> list[Entry]:
    """
    What lies right in a folder of a version, by name, from behind the name `after`.

    A step costs the same whether the child is a file or a folder with a million of files: it is jumped over.
    """
    begin, end = below(key_of(folder)) if folder else (b"\0", b"\xff" * 300)
    position, more = begin, ">="
    if after is not None:
        position = max(begin, (key_of(folder) + b"\0" if folder else b"") + after + b"\1")
    elif not folder:
        # The root itself is the empty key, and a name may not begin with what sorts before \1.
        position, more = b"", ">"
    (row,) = c.execute("SELECT id FROM items WHERE path_id = ?", (item,)).fetchone() or (None,)
    found: list[Entry] = []
    while len(found) < limit:
        next_ = c.execute(
            f"SELECT {_COLUMNS} FROM entries INDEXED BY entries_key WHERE item = ?"  # noqa: S608
            f" AND key {more} ? AND key < ? AND since <= ? AND until > ? ORDER BY key LIMIT 1",
            (row, position, end, seq, seq),
        ).fetchone()
        if next_ is None:
            break
        found.append(_entry(next_))
        position, more = next_[0] + b"\1", ">="
    return found


def rows_of(
    c: sqlite3.Connection,
    item: str,
    seq: int | None,
    inside: bytes,
    after: tuple[bytes, int],
    needle: Needle | None,
    wanted: Callable[[Row], bool],
    limit: int,
) -> tuple[list[Row], tuple[bytes, int] | None]:
    """
    The rows of an item that are wanted, in walk order, from behind (key, since); and where to go on, None at
    the end.

    @param seq: only those of this version; None: of every one.
    @param inside: only this name and what is below it.
    @param needle: stands in the key of each that is wanted, but for the item itself.  Then a step goes eight
        times as far: of most rows only the index is read, and they never come to Python.
    """
    (row,) = c.execute("SELECT id FROM items WHERE path_id = ?", (item,)).fetchone() or (None,)
    start = key_of(inside)
    end = below(start)[1]
    behind = "item = ? AND key >= ? AND (key > ? OR since > ?)"
    place = (row, max(start, after[0]), *after)
    last: tuple[bytes, int] | None = None
    has, sought = "1", tuple[bytes, ...]()
    if needle is not None:
        furthest = c.execute(
            f"SELECT key FROM entries INDEXED BY entries_key WHERE {behind} AND key < ?"  # noqa: S608
            " ORDER BY key, since LIMIT 1 OFFSET ?",
            (*place, end, KEYS - 1),
        ).fetchone()
        # All stretches of the last name are looked at.
        last = (furthest[0], FOREVER) if furthest is not None else None
        key = "CAST(lower(key) AS BLOB)" if needle.folds else "key"
        has, sought = f"(key = x'' OR instr({key}, ?))", (needle.of,)
    found: list[Row] = []
    number = 0
    for values in c.execute(
        "SELECT key, since, until, kind, size, meta FROM entries INDEXED BY entries_key"  # noqa: S608
        f" WHERE {behind} AND key {'<' if last is None else '<='} ? AND {has} ORDER BY key, since LIMIT ?",
        (*place, end if last is None else last[0], *sought, ROWS),
    ):
        number += 1
        after = values[0], values[1]
        if seq is not None and not values[1] <= seq < values[2]:
            continue
        each = Row(*values)
        if wanted(each):
            found.append(each)
            if len(found) == limit:
                return found, after
    return found, after if number == ROWS else last


def changes(
    c: sqlite3.Connection, item: str, old: int, new: int, inside: bytes, after: bytes | None, limit: int
) -> tuple[list[Change], bytes | None]:
    """
    Names that are not the same in two versions of an item, in walk order, from behind the key `after`; and
    the key to go on behind, None at the end.

    @param inside: only this name and what is below it.
    """
    (row,) = c.execute("SELECT id FROM items WHERE path_id = ?", (item,)).fetchone() or (None,)
    start = key_of(inside)
    end = below(start)[1] if inside else b"\xff" * 300
    found: list[Change] = []
    seen: bytes | None = None
    number = 0
    before: Entry | None = None
    for key, since, until, stored, meta, content in c.execute(
        f"SELECT {_COLUMNS} FROM entries INDEXED BY entries_key WHERE item = ?"  # noqa: S608
        f" AND key {'>=' if after is None else '>'} ? AND key < ? ORDER BY key, since",
        (row, start if after is None else max(start, after), end),
    ):
        if key != seen:
            # What stands at the end of a name is known only when the next one begins.
            if len(found) >= limit or number >= ROWS:
                return found, seen
            seen, before = key, None
        number += 1
        in_old, in_new = since <= old < until, since <= new < until
        if in_old == in_new:
            continue
        each = _entry((key, since, until, stored, meta, content))
        # Stretches of one name come in order, and the versions may be named in either order.
        if before is None:
            before = each
            found.append(Change(each, None) if in_old else Change(None, each))
        else:
            found[-1] = Change(each, before) if in_old else Change(before, each)
    return found, None


def versions_in(seqs: list[int], since: int, until: int) -> tuple[int, int]:
    """Which of an item's versions, in order, hold a row: from the first index up to before the second."""
    return bisect_left(seqs, since), len(seqs) if until == FOREVER else bisect_left(seqs, until)


def _entry(row: tuple[bytes, int, int, int, bytes, bytes]) -> Entry:
    key, since, _, stored, meta, content = row
    return Entry(path_of(key), decode_meta(meta), decode_runs(content), since, stored)
