"""
restore_job -- one version, or a part of it, on its way back.

Entries come from the catalog a page at a time; their chunks are grouped by block, so that a block is read
once for all that is needed of it there.  A chunk is decrypted, its id computed again, and only then written:
a wrong byte never gets as far as the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred, DeferredLock, DeferredSemaphore

from bitdust.backup.choosing import Choice, Sieve
from bitdust.backup.gate import Gate
from bitdust.backup.opening import Opening
from bitdust.backup.replant import Replant
from bitdust.backup.walk import Skipped
from bitdust.blocks.block import Chunk
from bitdust.catalog import chunks, entries, versions
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind, Meta, Run
from bitdust.customer.block_reader import BlockPlan, plan_of
from bitdust.database import Database
from bitdust.errors import BitDustError, Damaged, NotFound
from bitdust.machines import Machines
from bitdust.wire.packets import Priority
from bitdust.world import InThread, give_up, shielded, spawn

T = TypeVar("T")
P = ParamSpec("P")

#: entries of one page, and bytes of content that are gathered before they are fetched
PAGE, GATHER = 500, 64 * 2**20
#: entries that are gathered at most: a million of empty files is no bytes, and much memory
MOST = 4096
#: chunks that are looked up at a time
ROWS = 512
#: longest read of a block, largest gap that is read along, and reads under way at a time
READ, GAP, READS = 4 * 2**20, 128 * 1024, 4
#: most chunks of one read: small files are written more slowly than they come, and wait in memory
CHUNKS = 128


@dataclass(frozen=True)
class Wanted:
    """
    What to restore, and where to.

    @param inside: the entry of the version that is wanted, with all below it; b"" is all of it.
    @param root: the folder that is written into.
    @param name: what the wanted entry is called there; b"": it is that folder itself.
    @param choice: which of its entries.
    """

    item: str
    seq: int
    label: str
    inside: bytes
    root: bytes
    name: bytes
    overwrite: bool
    total: int
    choice: Choice = field(default_factory=Choice)

    def target(self, path: bytes) -> bytes:
        """Where an entry of the version goes, from `root` on."""
        inside = path[len(self.inside) :].lstrip(b"/")
        return b"/".join(part for part in (self.name, inside) if part)


@dataclass
class Progress:
    """How far it has come.  `state` is a word for people; `there` counts files that were there already."""

    state: str = "preparing"
    files: int = 0
    written: int = 0
    there: int = 0
    skipped: list[Skipped] = field(default_factory=list)


@dataclass
class _Need:
    """A chunk, and where in which files its bytes belong."""

    chunk: Chunk
    places: list[tuple[bytes, int]]


class RestoreJob:
    """One restore.  `run` is called once; cancelling it leaves no half-written file."""

    def __init__(
        self,
        wanted: Wanted,
        *,
        db: Database,
        opening: Opening,
        in_thread: InThread,
        machines: Machines,
    ) -> None:
        self.wanted = wanted
        self.progress = Progress()
        #: where it stops while its owner wants it to rest
        self.gate = Gate()
        self._db = db
        self._opening = opening
        self._in_thread = in_thread
        self._machines = machines
        self._replant = Replant(wanted.root, wanted.overwrite)
        self._one_writer = DeferredLock()
        self._reads = DeferredSemaphore(READS)
        #: first names that stay out, and the name that stands in for each: other hard links mean that one
        self._firsts: dict[bytes, bytes] = {}
        self._row = machines.begin(f"restore_job({wanted.item}/{wanted.label})", "Preparing")

    async def run(self) -> None:
        """
        Bring it back.

        @raise Offline: fewer than k pieces of a block can be had.
        @raise NotFound: the version has no such entry, or was deleted meanwhile.
        @raise Damaged: something of it is missing in the catalog.
        @raise OSError: the disk is full, or worse.
        """
        try:
            self._report("Restoring")
            await self._all()
            self._report("Finishing")
            await self._in_thread(self._replant.finish)
            self._count()
        except BaseException:
            await self._one_writer.run(self._in_thread, self._replant.abandon)
            raise
        finally:
            self._machines.forget(self._row)

    async def _all(self) -> None:
        there = await self._db.read(
            versions.count_entries, self.wanted.item, self.wanted.seq, self.wanted.inside
        )
        trouble: BitDustError | None = None
        found = 0
        try:
            found = await self._restore()
        except (Damaged, NotFound) as error:
            trouble = error
        if not await self._db.read(versions.is_there, self.wanted.item, self.wanted.seq):
            raise NotFound(
                f"version {self.wanted.item}/{self.wanted.label} was deleted while it was being restored",
                hint="restore another one: `bitdust versions` shows them",
            ) from trouble
        if trouble is not None:
            raise trouble
        if not there:
            raise NotFound(f"the version has no {self.wanted.inside!r} in it")
        if found != there:
            raise Damaged(f"the version has {there} entries, and {found} of them were found")

    async def _restore(self) -> int:
        """How many entries there were."""
        after: bytes | None = None
        found = 0
        waiting: list[tuple[bytes, Meta, tuple[Run, ...]]] = []
        size = 0
        sieve = Sieve(self.wanted.choice)
        while page := await self._db.read(
            entries.entries_below, self.wanted.item, self.wanted.seq, self.wanted.inside, after, PAGE
        ):
            found += len(page)
            for entry in (taken for each in page for taken in sieve.taken(each)):
                waiting.append(await self._moved(entry))
                size += entry.meta.size
                if size >= GATHER or len(waiting) >= MOST:
                    await self._batch(waiting)
                    waiting, size = [], 0
            after = page[-1].path
        await self._batch(waiting)
        return found

    async def _batch(self, batch: list[tuple[bytes, Meta, tuple[Run, ...]]]) -> None:
        """Plant these entries and fill those that have content."""
        await self.gate.passed()
        plant = [(path, meta) for path, meta, _ in batch]
        growing = await self._write(self._plant, plant)
        wanted = [(path, runs) for (path, _, runs), wants in zip(batch, growing, strict=True) if wants]
        needs: dict[int, dict[int, _Need]] = {}
        size = 0
        last, offset = b"", 0
        for page in _pages((path, part) for path, runs in wanted for run in runs for part in _parts(run)):
            rows = await self._db.read(_rows, [run for _, run in page])
            for (path, run), found in zip(page, rows, strict=True):
                last, offset = path, offset if path == last else 0
                for chunk in found:
                    need = needs.setdefault(run[0], {}).setdefault(chunk.number, _Need(chunk, []))
                    need.places.append((path, offset))
                    offset += chunk.length
                    size += chunk.length
                if size >= GATHER:
                    await self._fill(needs)
                    needs, size = {}, 0
        await self._fill(needs)
        self._count()

    async def _fill(self, needs: Mapping[int, Mapping[int, _Need]]) -> None:
        plans = await self._db.read(_plans, list(needs))
        work = [
            self._reads.run(self._fetch, plan, part)
            for plan in plans
            for part in _ranges(sorted(needs[plan.serial].values(), key=lambda need: need.chunk.number))
        ]
        try:
            for each in work:
                await each
        except BaseException:
            for each in work:
                give_up(each)
            raise

    def _fetch(self, plan: BlockPlan, part: list[_Need]) -> Deferred[None]:
        return spawn(self._range(plan, part))

    async def _range(self, plan: BlockPlan, part: list[_Need]) -> None:
        await self.gate.passed()
        plain = await self._opening.read(plan, [need.chunk for need in part], Priority.RESTORE)
        await self._write(self._put, part, plain)
        self.progress.written = self._replant.written

    # -- in the writing thread

    def _plant(self, batch: list[tuple[bytes, Meta]]) -> list[bool]:
        return [self._replant.plant(path, meta) for path, meta in batch]

    def _put(self, part: list[_Need], plain: list[bytes]) -> None:
        for need, content in zip(part, plain, strict=True):
            for path, offset in need.places:
                self._replant.write(path, offset, content)

    def _write(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        # The tree has one writer at a time, whichever thread it is in; also when nobody waits for it.
        return shielded(self._one_writer.run(self._in_thread, work, *args, **kwargs))

    # -- names

    async def _moved(self, entry: Entry) -> tuple[bytes, Meta, tuple[Run, ...]]:
        target = self.wanted.target(entry.path)
        if entry.meta.kind is not Kind.HARDLINK:
            return target, entry.meta, entry.runs
        # A hard link names its first name, which moves along with everything else, unless it stays out.
        first = entry.meta.target
        inside, choice = self.wanted.inside, self.wanted.choice
        if (not inside or (first + b"/").startswith(inside + b"/")) and choice.takes(first, False):
            return target, replace(entry.meta, target=self.wanted.target(first)), ()
        if first in self._firsts:
            return target, replace(entry.meta, target=self._firsts[first]), ()
        self._firsts[first] = target
        found = await self._db.read(entries.entry_at, self.wanted.item, self.wanted.seq, first)
        if found is None:
            raise Damaged(f"the catalog links {entry.path!r} to {first!r}, which it does not have")
        return target, found.meta, found.runs

    def _count(self) -> None:
        self.progress.files = self._replant.files
        self.progress.written = self._replant.written
        self.progress.there = self._replant.there
        self.progress.skipped = self._replant.skipped

    def _report(self, state: str) -> None:
        self.progress.state = state.lower()
        self._machines.report(self._row, state)


def _parts(run: Run) -> Iterator[Run]:
    """A run of chunks, in runs that are short enough to look up at once."""
    serial, first, count = run
    for start in range(first, first + count, 64):
        yield serial, start, min(64, first + count - start)


def _pages(parts: Iterable[tuple[bytes, Run]]) -> Iterator[list[tuple[bytes, Run]]]:
    """As many of them at a time as are looked up in one hop."""
    page: list[tuple[bytes, Run]] = []
    count = 0
    for path, run in parts:
        page.append((path, run))
        count += run[2]
        if count >= ROWS:
            yield page
            page, count = [], 0
    if page:
        yield page


def _rows(c: sqlite3.Connection, runs: list[Run]) -> list[list[Chunk]]:
    found = [chunks.run_rows(c, *run) for run in runs]
    for (serial, _, count), rows in zip(runs, found, strict=True):
        if len(rows) != count:
            raise Damaged(f"the catalog has {len(rows)} of {count} chunks of block {serial} that are needed")
    return found


def _ranges(needs: list[_Need]) -> Iterator[list[_Need]]:
    """Chunks of a block, in order, as groups that are read in one go."""
    group: list[_Need] = []
    for need in needs:
        if group:
            start = group[0].chunk.offset
            end = group[-1].chunk.offset + group[-1].chunk.stored
            if (
                need.chunk.offset - end > GAP
                or need.chunk.offset + need.chunk.stored - start > READ
                or len(group) == CHUNKS
            ):
                yield group
                group = []
        group.append(need)
    if group:
        yield group


def _plans(c: sqlite3.Connection, serials: list[int]) -> list[BlockPlan]:
    return [plan_of(c, serial) for serial in serials]
