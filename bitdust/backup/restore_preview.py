"""
restore_preview -- what a restore would bring back, and where, without bringing anything back.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bitdust.backup.choosing import Sieve
from bitdust.backup.restore_job import Wanted
from bitdust.catalog import entries
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind
from bitdust.database import Database
from bitdust.world import InThread

#: entries looked at in one hop
PAGE = 1000


@dataclass(frozen=True)
class RestorePreview:
    """
    `files` (of `size` bytes together) and `folders` would come back below or as `destination`.

    @param there: of the files, how many have names that are taken there: in place they would be replaced,
        elsewhere they would be left as they are.
    @param entries: the first of them.
    """

    backup_id: str
    destination: bytes
    files: int
    folders: int
    size: int
    there: int
    entries: tuple[Entry, ...]


async def preview(
    db: Database, in_thread: InThread, backup_id: str, destination: bytes, wanted: Wanted, limit: int
) -> RestorePreview:
    """Look through all that is wanted, a page at a time."""
    first: list[Entry] = []
    files = folders = size = there = 0
    async for page in _taken(db, wanted):
        first += page[: limit - len(first)]
        paths = [wanted.target(each.path) for each in page if each.meta.kind is not Kind.DIR]
        files += len(paths)
        folders += len(page) - len(paths)
        size += _bytes(page)
        there += await in_thread(_there, wanted.root, paths)
    return RestorePreview(backup_id, destination, files, folders, size, there, tuple(first))


async def total(db: Database, wanted: Wanted) -> tuple[int, int]:
    """How many entries are wanted, and the bytes of their files."""
    count = size = 0
    async for page in _taken(db, wanted):
        count += len(page)
        size += _bytes(page)
    return count, size


async def _taken(db: Database, wanted: Wanted) -> AsyncIterator[list[Entry]]:
    sieve = Sieve(wanted.choice)
    after: bytes | None = None
    while page := await db.read(entries.entries_below, wanted.item, wanted.seq, wanted.inside, after, PAGE):
        yield [taken for each in page for taken in sieve.taken(each)]
        after = page[-1].path


def _bytes(page: list[Entry]) -> int:
    return sum(each.meta.size for each in page if each.meta.kind is Kind.FILE)


def _there(root: bytes, paths: list[bytes]) -> int:
    return sum(os.path.lexists(os.path.join(root, path)) for path in paths)
