"""
looking -- what versions hold, without bringing anything back: search, walk through folders, compare.

Every answer is a page with a mark to go on behind, and costs the same however large the catalog is.
"""

from __future__ import annotations

import binascii
import os
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from bitdust.backup.finding import FindMark, Hit, Query, find
from bitdust.backup.meaning import meaning
from bitdust.catalog import looking, versions
from bitdust.catalog.entries import Entry, entry_at
from bitdust.catalog.facts import Kind
from bitdust.catalog.looking import Change
from bitdust.catalog.tree import Item
from bitdust.database import Database
from bitdust.errors import Usage

T = TypeVar("T")

#: calls of the catalog for one page: a page takes a fraction of a second, and others come in between
STEPS = 8
#: the longest mark that is read
LONGEST = 200_000


@dataclass
class Found:
    """A page of hits.  `after`: where to go on, "" at the end.  It may be empty, and not the end."""

    hits: list[Hit] = field(default_factory=list)
    after: str = ""


@dataclass
class Listed:
    """
    A page of what a folder of a version holds; or the one file that was asked for.

    `survives` as in `Version`.
    """

    backup_id: str
    time: float
    survives: int | None
    entries: list[Entry] = field(default_factory=list)
    after: str = ""


@dataclass
class Compared:
    """A page of what is not the same in two versions."""

    old: str
    new: str
    changes: list[Change] = field(default_factory=list)
    after: str = ""


@dataclass(frozen=True)
class Looking:
    """Looks into the versions of one node."""

    db: Database

    async def find(self, query: Query, what: str | None, limit: int, after: str) -> Found:
        """
        Search the newest version of every item, or every version; or those of one item or path.

        @raise NotFound: `what` is not in the catalog.  @raise Usage: `after` is no mark of ours.
        """
        found = Found()
        mark = _read_mark(after, FindMark) if after else None
        for _ in range(STEPS):
            page, mark = await self.db.read(find, query, what, limit - len(found.hits), mark)
            found.hits += page
            if mark is None or len(found.hits) >= limit:
                break
        found.after = _write_mark(mark) if mark is not None else ""
        return found

    async def listing(self, what: str, as_of: float | None, limit: int, after: str) -> Listed:
        """
        What lies right in a folder of a version, by name.

        @raise NotFound: it is not in the catalog.
        """
        mark = _read_mark(after, bytes) if after else None

        def look(c: sqlite3.Connection) -> Listed:
            item, version, inside = meaning(c, what, as_of=as_of)
            own = entry_at(c, item.path_id, version.seq, inside)
            if own is not None and own.meta.kind is not Kind.DIR:
                return Listed(version.backup_id, version.time, version.survives, [own])
            found = looking.children(c, item.path_id, version.seq, inside, mark, limit)
            more = _write_mark(found[-1].path.rpartition(b"/")[2]) if len(found) == limit else ""
            return Listed(version.backup_id, version.time, version.survives, found, more)

        return await self.db.read(look)

    async def compare(self, old: str, new: str, limit: int, after: str) -> Compared:
        """
        What is not the same in two versions of an item, or below a path inside it.

        @raise NotFound: one of them is not in the catalog.  @raise Usage: they are of different items.
        """
        mark = _read_mark(after, bytes) if after else None
        found: Compared | None = None
        for _ in range(STEPS):

            def look(c: sqlite3.Connection, wanted: int, mark: bytes | None) -> tuple[Compared, bytes | None]:
                item, first, inside = _at(c, old)
                other, second, also = _at(c, new)
                if item != other or (inside and also and inside != also):
                    raise Usage(
                        "these are not two versions of the same thing",
                        hint="`bitdust versions` shows the versions of each item",
                    )
                told, more = looking.changes(
                    c, item.path_id, first.seq, second.seq, inside or also, mark, wanted
                )
                return Compared(first.backup_id, second.backup_id, told), more

            have = len(found.changes) if found is not None else 0
            page, mark = await self.db.read(look, limit - have, mark)
            if found is None:
                found = page
            else:
                found.changes += page.changes
            if mark is None or len(found.changes) >= limit:
                break
        assert found is not None
        found.after = _write_mark(mark) if mark is not None else ""
        return found


def how(change: Change) -> list[str]:
    """What of a name is not the same: `type`, `content`, `target`, `mode`, `owner`, `time`, `attributes`."""
    if change.old is None or change.new is None:
        return []
    old, new = change.old.meta, change.new.meta
    differs = {
        "type": old.kind != new.kind,
        "content": old.size != new.size or old.holes != new.holes or change.old.runs != change.new.runs,
        "target": old.target != new.target,
        "mode": old.mode != new.mode,
        "owner": (old.uid, old.gid, old.user, old.group) != (new.uid, new.gid, new.user, new.group),
        "time": old.mtime_ns != new.mtime_ns,
        "attributes": old.xattrs != new.xattrs,
    }
    return [word for word, is_so in differs.items() if is_so]


def _at(c: sqlite3.Connection, what: str) -> tuple[Item, versions.Version, bytes]:
    """The same as `meaning`, though the version need not have the path: it may have come or gone."""
    name, colon, inside = what.partition(":")
    if not colon or what.startswith(("/", "~")):
        return meaning(c, what)
    item, version, _ = meaning(c, name)
    return item, version, os.fsencode(inside).strip(b"/")


def _write_mark(mark: object) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(mark)).decode()


def _read_mark(text: str, kind: type[T]) -> T:
    try:
        if len(text) > LONGEST:
            raise ValueError
        return msgspec.msgpack.decode(urlsafe_b64decode(text.encode("ascii")), type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as wrong:
        raise Usage("`after` is not what an answer of this method gave") from wrong
