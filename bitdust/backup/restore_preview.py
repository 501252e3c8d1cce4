"""
restore_preview -- what a restore would bring back, and where, without bringing anything back.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from bitdust.backup.choosing import Sieve
from bitdust.backup.inside import is_as
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
    @param same: of these, how many are by size and date what would come: nothing happens to them elsewhere.
    @param entries: the first of them.
    @param taken: the paths of those among these whose names are taken, and whether that is the same.
    """

    backup_id: str
    destination: bytes
    files: int
    folders: int
    size: int
    there: int
    same: int
    entries: tuple[Entry, ...]
    taken: Mapping[bytes, bool]


async def preview(
    db: Database, in_thread: InThread, backup_id: str, destination: bytes, wanted: Wanted, limit: int
) -> RestorePreview:
    """Look through all that is wanted, a page at a time."""
    first: list[Entry] = []
    files = folders = size = there = same = 0
    places: dict[bytes, bool] = {}
    async for page in _taken(db, wanted):
        first += page[: limit - len(first)]
        taken = [each for each in page if each.meta.kind is not Kind.DIR]
        files += len(taken)
        folders += len(page) - len(taken)
        size += _bytes(page)
        marks = await in_thread(_places, wanted, taken)
        there += len(marks)
        same += sum(marks.values())
        shown = {each.path for each in first}
        places |= {path: is_same for path, is_same in marks.items() if path in shown}
    return RestorePreview(backup_id, destination, files, folders, size, there, same, tuple(first), places)


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


def _places(wanted: Wanted, files: list[Entry]) -> dict[bytes, bool]:
    """The paths of those whose names are taken, and whether what is there is what would come."""
    found: dict[bytes, bool] = {}
    for each in files:
        place = os.path.join(wanted.root, wanted.target(each.path))
        if os.path.lexists(place):
            if each.meta.kind is Kind.HARDLINK:
                first = os.path.join(wanted.root, wanted.target(each.meta.target))
                found[each.path] = os.path.lexists(first) and os.path.samestat(
                    os.lstat(first), os.lstat(place)
                )
            else:
                found[each.path] = is_as(place, each.meta)
    return found
