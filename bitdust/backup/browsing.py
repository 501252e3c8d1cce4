"""
browsing -- the catalog as somebody sees it who walks through its folders.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred

from bitdust.backup.local import LocalEntry, list_folder
from bitdust.catalog import holdings, tree, versions
from bitdust.catalog.tree import Counts, Item
from bitdust.database import Database
from bitdust.world import InThread

#: items of one transaction
PAGE = 1000


@dataclass(frozen=True)
class BrowsedVersion:
    """
    One version.  `time` in Unix seconds, `size` in bytes at the suppliers, `arrived` from 0 to 1 what part of
    its pieces is at the suppliers, `state` as in `Version`, or "running"; `survives` as there.
    """

    backup_id: str
    time: float
    size: int
    state: str
    arrived: float
    survives: int | None = None
    #: False: a checkpoint, of a backup that goes on or was given up
    complete: bool = True


@dataclass(frozen=True)
class Browsed:
    """One item.  `size` in bytes, -1 when unknown; `type`: parent, dir or file; versions newest first."""

    path_id: str
    path: bytes
    type: str
    size: int
    has_children: bool
    versions: tuple[BrowsedVersion, ...]

    @property
    def parent(self) -> bytes:
        """The folder it is in."""
        return self.path.rpartition(b"/")[0] or b"/"

    @property
    def name(self) -> bytes:
        """Its name in that folder."""
        return self.path.rpartition(b"/")[2]


@dataclass(frozen=True)
class Browsing:
    """
    Looks at the catalog and at the folders of this machine.

    @param own: the node's own folders, which are shown to nobody.
    """

    db: Database
    own: frozenset[bytes]
    in_thread: InThread

    async def children(self, path: bytes, after: int = -1, limit: int | None = None) -> list[Browsed]:
        """The items right below this path, by number, from behind number `after`; none if it is unknown."""
        path_id = ""
        if path.strip(b"/"):
            item = await self.db.read(tree.find, b"/" + path.strip(b"/"))
            if item is None:
                return []
            path_id = item.path_id

        def page(found: list[Browsed], count: int) -> Deferred[list[Browsed]]:
            last = int(found[-1].path_id.rpartition("/")[2]) if found else after
            return self.db.read(_children, path_id, last, count)

        return await _pages(page, limit)

    async def with_versions(self, after: str | None = None, limit: int | None = None) -> list[Browsed]:
        """Every item that has versions, by path, from behind the path ID `after`."""
        found: list[Browsed] = []
        while limit is None or len(found) < limit:
            walked, items = await self.db.read(_with_versions, after, PAGE)
            found += items
            if walked is None:
                break
            after = walked
        return found[:limit]

    async def item(self, path_id: str) -> Browsed:
        """@raise NotFound: there is none of that number."""
        return await self.db.read(lambda c: _browse(c, tree.get(c, path_id)))

    async def at(self, path: bytes) -> Item | None:
        """The item of that path, if it is in the catalog."""
        return await self.db.read(tree.find, path)

    async def counts(self) -> Counts:
        """The numbers of the whole catalog."""
        return await self.db.read(tree.counts)

    async def used(self) -> int:
        """Bytes held at suppliers."""
        return await self.db.read(holdings.used_bytes)

    async def local(
        self, path: bytes, *, only_folders: bool = False, after: bytes = b"", limit: int = PAGE
    ) -> list[LocalEntry]:
        """A page of what a folder of this machine holds.  @raise NotFound, Usage: it cannot be shown."""

        def look() -> list[LocalEntry]:
            return list_folder(path, self.own, only_folders=only_folders, after=after, limit=limit)

        return await self.in_thread(look)


async def _pages(
    page: Callable[[list[Browsed], int], Deferred[list[Browsed]]], limit: int | None
) -> list[Browsed]:
    found: list[Browsed] = []
    while limit is None or len(found) < limit:
        count = PAGE if limit is None else min(PAGE, limit - len(found))
        more = await page(found, count)
        found += more
        if len(more) < count:
            break
    return found


def _children(c: sqlite3.Connection, path_id: str, after: int, limit: int) -> list[Browsed]:
    return [_browse(c, item) for item in tree.children(c, path_id, after, limit)]


def _with_versions(c: sqlite3.Connection, after: str | None, limit: int) -> tuple[str | None, list[Browsed]]:
    """How far it walked (None: to the end), and what it found on the way."""
    items = tree.walk(c, after, limit)
    found = [_browse(c, item) for item in items if item.type != "parent"]
    return items[-1].path_id if len(items) == limit else None, [item for item in found if item.versions]


def _browse(c: sqlite3.Connection, item: Item) -> Browsed:
    known = [] if item.type == "parent" else versions.list_of(c, item.path_id, running=True)
    return Browsed(
        item.path_id,
        item.path,
        item.type,
        item.size,
        bool(tree.children(c, item.path_id, limit=1)),
        tuple(
            BrowsedVersion(
                v.backup_id,
                v.time,
                v.stored,
                v.state,
                _arrived(c, v),
                v.survives,
                v.complete or v.state == "running",
            )
            for v in reversed(known)
        ),
    )


def _arrived(c: sqlite3.Connection, version: versions.Version) -> float:
    if version.state == "running":
        return 0.0
    there, all_ = c.execute(
        "SELECT total(min(acked, n)), total(n) FROM blocks WHERE serial IN (SELECT serial FROM uses"
        " WHERE item = (SELECT id FROM items WHERE path_id = ?) AND since <= ? AND until > ?)",
        (version.item, version.seq, version.seq),
    ).fetchone()
    return float(there / all_) if all_ else 1.0
