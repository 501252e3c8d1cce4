"""
finding -- names in versions that fit a question, in steps that cost the same however many there are.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import msgspec

from bitdust.backup.meaning import last, meaning
from bitdust.backup.pattern import Pattern
from bitdust.catalog import looking, tree, versions
from bitdust.catalog.facts import Kind, Meta, decode_meta
from bitdust.catalog.looking import Row
from bitdust.catalog.rows import path_of
from bitdust.catalog.tree import Item

#: items of one step that have nothing
ITEMS = 200
#: behind every key of an item
_END = b"\xff" * 300


@dataclass(frozen=True)
class Query:
    """
    What is looked for.

    @param kind: FILE, DIR, SYMLINK or HARDLINK; None: any.
    @param smallest, largest: bytes of a file; `oldest`, `newest`: Unix seconds of its date.
    @param all_versions: not only in the newest version of each item.
    """

    pattern: Pattern
    kind: Kind | None = None
    smallest: int | None = None
    largest: int | None = None
    oldest: float | None = None
    newest: float | None = None
    all_versions: bool = False


@dataclass(frozen=True)
class Hit:
    """
    A name that was found: in `copies` versions, the newest of which is `backup_id` and the oldest `first`.
    """

    backup_id: str
    first: str
    copies: int
    path: bytes
    inside: bytes
    meta: Meta


class FindMark(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Where a search goes on: behind this key of this item."""

    item: str
    key: bytes
    since: int


def find(
    c: sqlite3.Connection, query: Query, what: str | None, limit: int, mark: FindMark | None
) -> tuple[list[Hit], FindMark | None]:
    """One step: the hits, and where to go on."""
    if what is None:
        items = [] if mark is None else [tree.get(c, mark.item)]
        items += tree.walk(c, mark.item if mark is not None else None, ITEMS)
        seq, inside = None, b""
    else:
        item, version, inside = meaning(c, what)
        items, seq = [item], version.seq
    hits: list[Hit] = []
    for item in items:
        if item.type == "parent":
            continue
        after = (mark.key, mark.since) if mark is not None and mark.item == item.path_id else (b"", -1)
        found, more = _find_in(c, query, item, seq, inside, limit - len(hits), after)
        hits += found
        if more is not None:
            return hits, FindMark(item.path_id, *more)
        if len(hits) >= limit:
            return hits, FindMark(item.path_id, _END, 0)
    if what is None and len(items) >= ITEMS:
        return hits, FindMark(items[-1].path_id, _END, 0)
    return hits, None


def _find_in(
    c: sqlite3.Connection,
    query: Query,
    item: Item,
    seq: int | None,
    inside: bytes,
    limit: int,
    after: tuple[bytes, int],
) -> tuple[list[Hit], tuple[bytes, int] | None]:
    if after[0] == _END:
        return [], None
    known = [version for version in versions.list_of(c, item.path_id) if version.is_known]
    if not query.all_versions:
        newest = last(c, item.path_id, None)
        known = [version for version in known if version.seq == (seq or (newest.seq if newest else None))]
    if not known:
        return [], None

    def wanted(row: Row) -> bool:
        if query.kind is not None and row.kind != query.kind:
            return False
        if (query.smallest is not None or query.largest is not None) and (
            row.kind != Kind.FILE
            or not (query.smallest or 0) <= row.size <= (row.size if query.largest is None else query.largest)
        ):
            return False
        if not query.pattern.fits(item.path, row.key):
            return False
        if query.oldest is None and query.newest is None:
            return True
        date = decode_meta(row.meta).mtime_ns / 1e9
        return (query.oldest is None or date >= query.oldest) and (
            query.newest is None or date <= query.newest
        )

    only = None if query.all_versions else known[0].seq
    needle = query.pattern.needle(item.path)
    rows, more = looking.rows_of(c, item.path_id, only, inside, after, needle, wanted, limit)
    seqs = [version.seq for version in known]
    hits = []
    for row in rows:
        begin, end = looking.versions_in(seqs, row.since, row.until)
        if begin == end:
            # Only a version that was deleted, or is not whole yet, has it.
            continue
        path = path_of(row.key)
        hits.append(
            Hit(
                known[end - 1].backup_id,
                known[begin].backup_id,
                end - begin,
                item.path + b"/" + path if path else item.path,
                path,
                decode_meta(row.meta),
            )
        )
    return hits, more
