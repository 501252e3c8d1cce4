"""
drill_job -- brings a sample of versions back from the suppliers, and writes nothing.

Chosen by chance, so that nobody can know what will be asked for; each stretch of a file is as likely as any
other, and at least one is.  Small files that are neighbours are chosen and read together: they lie in the
same leaves of a block, and each by itself would bring those anew.  What comes is decrypted and each chunk's
id computed again, so a drill proves what an audit cannot: that the catalog, the keys and the pieces together
still are the user's files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime

from bitdust.backup.contents import MOST, Read, reads_of
from bitdust.backup.gate import Gate
from bitdust.backup.opening import Opening
from bitdust.backup.sparse import content_size
from bitdust.blocks.block import Chunk
from bitdust.catalog import entries, versions
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind
from bitdust.catalog.versions import Version
from bitdust.customer.block_reader import BlockPlan
from bitdust.database import Database
from bitdust.errors import BitDustError, NotFound, Offline
from bitdust.wire.packets import Priority
from bitdust.world import Rng, pause

#: entries looked at in one hop
PAGE = 500
#: bytes of small files that are chosen together: few of them are those of leaves at the edges
TOGETHER = 512 * 1024
#: bytes between two chunks that are read in one go: about what asking twice costs
GAP = 256 * 1024
#: how often it asks for a stretch of suppliers some of whom are away, and seconds between
ATTEMPTS, AGAIN = 4, 20.0
#: files that are named when something is wrong with them
NAMED = 10


@dataclass(frozen=True)
class Target:
    """A version, or what of it lies at `inside` and below."""

    version: Version
    path: bytes
    inside: bytes


@dataclass
class DrillJob:
    """
    One drill.  `run` is called once.

    @param wanted: bytes to ask for, about: all of it if it is less.
    @param all_there: whether nobody is away: what cannot be had then, is lost.
    """

    targets: Sequence[Target]
    wanted: int
    db: Database
    opening: Opening
    rng: Rng
    clock: IReactorTime
    all_there: Callable[[], bool]
    gate: Gate = field(default_factory=Gate)
    files: int = 0
    bytes: int = 0
    #: files that did not come as they were backed up
    wrong: int = 0
    notes: list[str] = field(default_factory=list)
    #: how many bytes it will ask for, about; -1 until that is known
    total: int = -1
    #: the part of all that is asked for, 0 to 1; where a stretch begins it has passed so much of it, and the
    #: one that has the byte `_sure` is asked for in any case
    _part: float = 1.0
    _passed: int = 0
    _sure: int = 0

    async def run(self) -> None:
        """
        Read all that chance chooses.

        @raise Offline: too few suppliers are there.  @raise NotFound: there was nothing to read.
        """
        size = 0
        for target in self.targets:
            after: bytes | None = None
            while page := await self.db.read(_entries, target, after):
                size += sum(map(_length, page))
                after = page[-1].path
        self.total = min(self.wanted, size)
        if size:
            self._part = self.total / size
            self._sure = int.from_bytes(self.rng(8), "big") % size
        for target in self.targets:
            after = None
            while page := await self.db.read(_entries, target, after):
                if not await self._page(target, page):
                    # The version was deleted meanwhile.
                    break
                after = page[-1].path
        if not self.files and not self.wrong:
            raise NotFound(
                "nothing was brought back: there is no file that holds anything",
                hint="a drill needs a version with content: `bitdust backup PATH` makes one",
            )

    async def _page(self, target: Target, page: Sequence[Entry]) -> bool:
        """Whether the version is still there."""
        near: list[Entry] = []
        size = 0
        for entry in page:
            length = _length(entry)
            if length >= TOGETHER:
                stretches = [
                    (begin, min(begin + MOST, length))
                    for begin in range(0, length, MOST)
                    if self._is_chosen(min(MOST, length - begin))
                ]
                if stretches and not await self._check(target, entry, stretches):
                    return False
            elif length:
                near.append(entry)
                size += length
            if near and (size >= TOGETHER or entry is page[-1]):
                if self._is_chosen(size) and not await self._neighbours(target, near):
                    return False
                near, size = [], 0
        return True

    def _is_chosen(self, length: int) -> bool:
        begin, self._passed = self._passed, self._passed + length
        return (
            begin <= self._sure < self._passed
            or self._part >= 1
            or int.from_bytes(self.rng(4), "big") < self._part * 2**32
        )

    async def _neighbours(self, target: Target, near: Sequence[Entry]) -> bool:
        """Whether the version is still there."""
        try:
            await self._read(lambda c: together(c, near))
        except (BitDustError, TimeoutError):
            # Some of them are perhaps as they should be: each by itself will tell.
            for entry in near:
                if not await self._check(target, entry, [(0, content_size(entry.meta))]):
                    return False
        else:
            self.bytes += sum(content_size(entry.meta) for entry in near)
            self.files += len(near)
        return True

    async def _check(self, target: Target, entry: Entry, stretches: list[tuple[int, int]]) -> bool:
        """Whether the version is still there."""
        try:
            for begin, end in stretches:
                await self._read(partial(_stretch, entry, begin, end))
                self.bytes += end - begin
            self.files += 1
        except (BitDustError, TimeoutError) as error:
            if not await self.db.read(versions.is_there, target.version.item, target.version.seq):
                return False
            if isinstance(error, Offline | TimeoutError) and not self.all_there():
                # That is no proof of anything: it is held another time.
                raise Offline(f"a drill needs suppliers who are there: {error}") from error
            self.wrong += 1
            if len(self.notes) < NAMED:
                name = "/".join(part for part in (_text(target.path), _text(entry.path)) if part)
                self.notes.append(f"{name} of version {target.version.label}: {str(error) or 'no answer'}")
        return True

    async def _read(self, what: Callable[[sqlite3.Connection], list[Read]]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            await self.gate.passed()
            try:
                for read in await self.db.read(what):
                    await self.opening.read(read.plan, read.part, Priority.REPAIR, local=False)
                return
            except (Offline, TimeoutError):
                if attempt == ATTEMPTS or self.all_there():
                    raise
            await pause(self.clock, AGAIN)


def together(c: sqlite3.Connection, files: Iterable[Entry]) -> list[Read]:
    """What must be read for all of these, no chunk twice, and chunks that lie side by side in one go."""
    plans: dict[int, BlockPlan] = {}
    needed: dict[int, dict[int, Chunk]] = {}
    for entry in files:
        for read in reads_of(c, entry.runs, 0, content_size(entry.meta)):
            plans[read.plan.serial] = read.plan
            needed.setdefault(read.plan.serial, {}).update((chunk.number, chunk) for chunk in read.part)
    found = []
    for serial, chunks in needed.items():
        part: list[Chunk] = []
        for _, chunk in sorted(chunks.items()):
            if part and (
                chunk.offset - part[-1].offset - part[-1].stored > GAP
                or chunk.offset + chunk.stored - part[0].offset > MOST
            ):
                found.append(Read(plans[serial], part, 0))
                part = []
            part.append(chunk)
        found.append(Read(plans[serial], part, 0))
    return found


def _entries(c: sqlite3.Connection, target: Target, after: bytes | None) -> list[Entry]:
    version = target.version
    return entries.entries_below(c, version.item, version.seq, target.inside, after, PAGE)


def _length(entry: Entry) -> int:
    return content_size(entry.meta) if entry.meta.kind is Kind.FILE else 0


def _stretch(entry: Entry, begin: int, end: int, c: sqlite3.Connection) -> list[Read]:
    return list(reads_of(c, entry.runs, begin, end))


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
