"""
previous -- the version before, walked along with the tree: what of it is still so costs next to nothing.

Its entries are read a page ahead.  The walk is told what they say, so that a file which is as it was need not
be described once more; and what is unchanged is written down in stretches, from one name to another, which
the catalog fills in by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from bitdust.backup.walk import Found
from bitdust.catalog import entries, jobs
from bitdust.catalog.entries import Entry, Unchanged
from bitdust.catalog.facts import Meta
from bitdust.catalog.rows import key_of
from bitdust.database import Database
from bitdust.errors import Conflict, TryLater

#: entries of a page, names that wait to be written down, and stretches of them
PAGE, NAMES, STRETCHES = 1000, 20_000, 500


class Previous:
    """
    Asked in the order of the walk.

    @param job: the job whose walk it is; @param item: what it backs up.
    @param seq: the version before; 0: there is none.
    """

    def __init__(self, db: Database, job: int, item: str, seq: int) -> None:
        self._db = db
        self._job = job
        self._item = item
        self._seq = seq
        self._is_read = not seq
        self._last: bytes | None = None
        self._ahead: deque[Entry] = deque()
        #: entries that were passed so far, until the end of the last stretch, and when something was written
        self._passed = 0
        self._ended = 0
        self._written = 0
        self._stretches: list[Unchanged] = []

    async def said(self, count: int) -> Mapping[bytes, Meta]:
        """What is known of the names that come next: so many at least, while there are some."""
        while len(self._ahead) < count and await self._read():
            pass
        return {entry.path: entry.meta for entry in self._ahead}

    async def at(self, path: bytes) -> Entry | None:
        """The entry of that path.  Those before it are passed."""
        key = key_of(path)
        while self._ahead or await self._read():
            here = key_of(self._ahead[0].path)
            if here > key:
                return None
            entry = self._ahead.popleft()
            self._passed += 1
            if here == key:
                return entry
        return None

    def keep(self, path: bytes) -> None:
        """The entry that was asked for last is as it was."""
        self._keep(path, path, 1)

    def keep_all(self, batch: Sequence[Found], at: int) -> int:
        """
        How many of these, from that one on, are as they were by the very word that the walk was given, and
        follow each other here, too.  They are passed, and kept.
        """
        ahead, end = self._ahead, at
        while ahead and end < len(batch) and batch[end].meta is ahead[0].meta:
            ahead.popleft()
            end += 1
        if end > at:
            self._passed += end - at
            self._keep(batch[at].path, batch[end - 1].path, end - at)
        return end - at

    def _keep(self, first: bytes, last: bytes, count: int) -> None:
        if self._stretches and self._ended == self._passed - count:
            before = self._stretches.pop()
            first, count = before.first, count + before.count
        self._stretches.append(Unchanged(first, last, count))
        self._ended = self._passed

    @property
    def is_much(self) -> bool:
        """So much is kept that it should be written down."""
        return self._passed - self._written >= NAMES or len(self._stretches) >= STRETCHES

    async def write(self) -> None:
        """
        Write down what was kept.

        @raise TryLater: some of it is not in the version before any more: begin again.
        """
        stretches, self._stretches = self._stretches, []
        self._written = self._passed
        if stretches:
            try:
                await self._db(jobs.put_unchanged, self._job, stretches)
            except Conflict as trouble:
                raise TryLater(trouble.message) from trouble

    async def _read(self) -> bool:
        """One more page; whether there was one."""
        if self._is_read:
            return False
        page = await self._db.read(entries.entries_at, self._item, self._seq, self._last, PAGE)
        self._is_read = len(page) < PAGE
        if page:
            self._last = page[-1].path
            self._ahead.extend(page)
        return bool(page)
