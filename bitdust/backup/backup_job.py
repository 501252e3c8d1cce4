"""
backup_job -- one item on its way out.

A straight line: walk and compare with the last version, read what changed, drop what is known, seal the rest
into blocks, wait until enough suppliers signed for every block, commit.  Whatever interrupts it, the job is
run again from the start and finds its sealed blocks by their chunks: nothing is sent twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from bitdust.backup.gate import Gate
from bitdust.backup.packer import Packer, Place, Sealed
from bitdust.backup.previous import Previous
from bitdust.backup.reading import Stretch
from bitdust.backup.shares import Shares
from bitdust.backup.source import BATCH, Source
from bitdust.backup.walk import Found, Skipped, unchanged
from bitdust.catalog import chunks, entries, holdings, jobs, versions
from bitdust.catalog.entries import Pending, runs_of
from bitdust.catalog.facts import Kind, Run
from bitdust.catalog.rows import key_of
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.errors import Conflict, TryLater
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.world import InThread, either, give_up, pause, spawn

#: seconds between two looks at whether every block is at enough suppliers
LOOK_EVERY = 0.1
#: seconds after which a job that waits looks again without being told; for suppliers, who may be away for
#: days, twice as long each time, up to the second
LOOK_AGAIN, LOOK_SELDOM = 5.0, 60.0
#: bytes of new content, or seconds, after which a long job makes what it has restorable
CHECKPOINT_BYTES, CHECKPOINT_SECONDS = 10 * 2**30, 600.0
#: seconds of reading after which a first backup finds out how much there is
SURVEY_AFTER = 2.0


@dataclass
class Progress:
    """
    How far it has come.  Sizes in bytes; `total` is -1 until the walk has ended, and `expected` what it will
    be, about; -1: nobody knows yet.

    `passed` of them need no more reading.  `sealed` is what all pieces of the blocks so far take, `waiting`
    new content that is in none yet; its pieces will take `growth` times as much.
    """

    state: str = "queued"
    files: int = 0
    read: int = 0
    new: int = 0
    total: int = -1
    expected: int = -1
    found: int = 0
    passed: int = 0
    sealed: int = 0
    waiting: int = 0
    growth: float = 1.0
    blocks: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def part(self, sent: int) -> float:
        """How much of the work is done when so many bytes are at suppliers, 0 to 1."""
        size = self.total if self.total >= 0 else self.expected
        if size < 0:
            return 0.0
        read = min(1.0, self.passed / size) if size else 1.0
        outward = self.sealed + self.waiting * self.growth
        return read * min(1.0, sent / outward) if outward else read


@dataclass(frozen=True)
class Task:
    """What to back up: the catalog's job, the path it is about, and what the item itself leaves out."""

    job: int
    item: str
    label: str
    path: bytes
    excludes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Growing:
    """An entry whose chunks are coming: places in blocks of this job, or runs in older ones."""

    content: list[Place | tuple[int, int]] = field(default_factory=list)
    last_block: int = -1


class BackupJob:
    """
    One backup.  `run` is called once; cancelling it stops it where it is.

    @param source: what is backed up.
    @param check: raises when nothing may be changed any more.
    @param sweep: takes out of the spool what may go.
    @param shares: who packs next, where there are several.
    @param room: "", or why the suppliers have no room for so many more bytes, in words.
    """

    def __init__(
        self,
        task: Task,
        *,
        source: Source,
        db: Database,
        spool: Spool,
        packer: Packer,
        in_thread: InThread,
        machines: Machines,
        new_data: Callable[[], None],
        acked: Signal[[int, int, str]],
        seal: Callable[[int, Sealed], Deferred[int]],
        freed: Signal[[]],
        names: Callable[[list[str]], str],
        clock: IReactorTime,
        check: Callable[[], None],
        sweep: Callable[[], Awaitable[object]],
        room: Callable[[int], Awaitable[str]],
        shares: Shares,
    ) -> None:
        self.task = task
        self.progress = Progress()
        self._db = db
        self._spool = spool
        self._packer = packer
        self._in_thread = in_thread
        self._machines = machines
        self._new_data = new_data
        self._acked = acked
        self._seal_in_catalog = seal
        self._freed = freed
        self._names = names
        self._clock = clock
        self._may_go_on = check
        self._sweep = sweep
        self._room = room
        self._share = shares.join()
        #: where it stops while its owner wants it to rest
        self.gate = Gate()
        #: it waits until something is deleted, or more is granted
        self.is_stuck = False
        self._void = ""
        self._checkpoint: Callable[[BackupJob], Awaitable[None]] = _none
        self._checked_at = clock.seconds()
        self._checked_new = 0
        self._source = source
        #: until it is known which version was before
        self._previous = Previous(db, task.job, task.item, 0)
        self._shape = ""
        self._growing: dict[bytes, _Growing] = {}
        self._complete: deque[tuple[Found, _Growing]] = deque()
        #: chunk id -> where this job put it; the block's serial once it is sealed, and its place in order
        self._put: dict[bytes, Place] = {}
        self._serials: dict[bytes, int] = {}
        self._order: dict[bytes, int] = {}
        #: blocks with too few pieces -> whether the spool has them
        self._weak: dict[int, bool] = {}
        self._row = machines.begin(f"backup_job({task.item}/{task.label})", "Walking")

    @property
    def shape(self) -> str:
        """The erasure code in use, as `k/n`; "" before it has begun."""
        return self._shape

    @property
    def block_size(self) -> int:
        """Bytes of a block, about."""
        return self._packer.block_size

    async def run(
        self,
        commit: Callable[[BackupJob], Awaitable[None]],
        checkpoint: Callable[[BackupJob], Awaitable[None]],
    ) -> None:
        """
        Do it all.

        @param commit: makes the version one, once every block is at enough suppliers.
        @param checkpoint: makes what there is a version that is marked incomplete; the job goes on.
        @raise OSError: the root cannot be read, the disk is full, or worse.
        @raise TryLater: a block was lost on the way: the job is to be begun again.
        """
        self._checkpoint = checkpoint
        try:
            await self._compare_and_read()
            self._report("Sealing")
            await self._seal_all(await self._in_thread(self._packer.finish))
            await self._flush()
            await self._previous.write()
            await self._keep_unread()
            self.progress.skipped = [*self._source.unwalked, *self._source.unread]
            # What a stream brings was not there when it was walked past.
            self.progress.total = max(self.progress.found, self.progress.read)
            await self._until_stored()
            await self.gate.passed()
            self.check()
            self._report("Committing")
            await commit(self)
            self._report("Committed")
        finally:
            self._packer.abandon()
            self._machines.forget(self._row)

    def void(self, why: str) -> None:
        """Something it rests on is gone: it ends, to be begun again."""
        self._void = why

    def check(self) -> None:
        """
        @raise TryLater: it is void.  @raise Conflict: nothing may be changed any more.
        """
        self._may_go_on()
        if self._void:
            raise TryLater(self._void)

    # -- walking and reading

    async def _compare_and_read(self) -> None:
        # The very version that `unchanged` will mean at the commit: another one may be the newest by now.
        base = (await self._db.read(jobs.get, self.task.job)).base
        k, n = self._packer.shape()
        self._shape = f"{k}/{n}"
        self.progress.growth = n / k
        if base:
            held = await self._db.read(versions.list_of, self.task.item)
            self.progress.expected = next((each.bytes for each in held if each.seq == base), -1)
        self._previous = Previous(self._db, self.task.job, self.task.item, base)
        self._weak = await self._db.read(holdings.endangered)
        self._report("Walking")
        surveying = spawn(self._survey()) if self.progress.expected < 0 else None
        walking = self._source.next_batch(await self._previous.said(BATCH))
        try:
            while batch := await walking:
                # The walk is a batch ahead of what was compared.
                walking = self._source.next_batch(await self._previous.said(2 * BATCH))
                await self._take(batch)
        finally:
            give_up(walking)
            if surveying is not None:
                give_up(surveying)

    async def _take(self, batch: list[Found]) -> None:
        await self.gate.passed()
        progress, previous = self.progress, self._previous
        fresh: list[Found] = []
        pinned: set[int] = set()
        at = 0
        while at < len(batch):
            if not self._weak and (count := previous.keep_all(batch, at)):
                metas = [found.meta for found in batch[at : at + count]]
                size = sum(meta.size for meta in metas)
                at += count
                progress.files += sum(meta.kind is not Kind.DIR for meta in metas)
                progress.found += size
                progress.passed += size
                continue
            found = batch[at]
            at += 1
            old = await previous.at(found.path)
            progress.files += found.meta.kind is not Kind.DIR
            progress.found += found.meta.size
            weak = (
                {run[0] for run in old.runs} & self._weak.keys() if old is not None and self._weak else set()
            )
            # What the suppliers have lost, and the spool has not, is read again though it did not change.
            if (
                old is not None
                and unchanged(old.meta, found.meta)
                and all(self._weak[serial] for serial in weak)
            ):
                previous.keep(found.path)
                progress.passed += found.meta.size
                pinned |= weak
            else:
                fresh.append(found)
        if previous.is_much:
            await previous.write()
        if pinned:
            # The spool has them: the version waits until suppliers have them again.
            await self._db(jobs.pin, self.task.job, sorted(pinned))
        if fresh:
            self._report("Reading")
            self._source.feed(fresh)
            reading = self._source.next_stretch()
            try:
                while (stretch := await reading) is not None:
                    reading = self._source.next_stretch()
                    await self._pack(stretch)
            finally:
                give_up(reading)

    async def _keep_unread(self) -> None:
        """What is there, and could not be read, is as it was in the version before."""
        unread = {each.path for each in (*self._source.unwalked, *self._source.unread) if each.unread}
        try:
            for path in sorted(unread, key=key_of):
                after: bytes | None = None
                while True:
                    after = await self._db(jobs.keep, self.task.job, path, after, BATCH)
                    if after is None:
                        break
        except Conflict as trouble:
            raise TryLater(trouble.message) from trouble

    # -- packing

    async def _pack(self, stretch: Stretch) -> None:
        """Seal the chunks of a stretch that nobody has yet, and note where those of each entry are."""
        await self.gate.passed()
        self.progress.read += stretch.size
        self.progress.passed += stretch.size
        asked = {cut.id for cut in stretch.cuts if cut.id not in self._put}
        known = await self._db(chunks.known, sorted(asked), self.task.job) if asked else {}
        fresh: dict[bytes, bytes | memoryview] = {}
        for cut in stretch.cuts:
            if cut.id not in self._put and cut.id not in known:
                fresh.setdefault(cut.id, cut.content)
        if fresh:
            await self._until_room(sum(len(content) for content in fresh.values()))
            places, full = await self._add(list(fresh.items()))
            for place in places:
                self._order.setdefault(place.block, len(self._order))
            self._put.update(zip(fresh, places, strict=True))
            size = sum(len(content) for content in fresh.values())
            self.progress.new += size
            self.progress.waiting += size
        else:
            full = []
        for cut in stretch.cuts:
            growing = self._growing.get(cut.path)
            if growing is None:
                growing = self._growing[cut.path] = _Growing()
            put = self._put.get(cut.id)
            if put is None:
                growing.content.append(known[cut.id])
            else:
                growing.content.append(put)
                growing.last_block = max(growing.last_block, self._order[put.block])
        for found in stretch.done:
            whole = self._growing.pop(found.path) if found.path in self._growing else _Growing()
            self._complete.append((found, whole))
        await self._seal_all(full)
        if full or len(self._complete) >= BATCH:
            await self._flush()

    async def _survey(self) -> None:
        """Find out how much there is, where it takes a while, whatever the reading waits for."""

        def found(size: int) -> None:
            self.progress.expected = size

        await pause(self._clock, SURVEY_AFTER)
        await self._source.survey(found)

    async def _add(self, fresh: list[tuple[bytes, bytes | memoryview]]) -> tuple[list[Place], list[Sealed]]:
        """Compress, encrypt and write, when it is this job's turn."""
        await self._share.take(sum(len(content) for _, content in fresh))
        try:
            return await self._in_thread(self._packer.add, fresh)
        finally:
            self._share.give()

    async def _seal_all(self, full: list[Sealed]) -> None:
        waiting = deque(full)
        try:
            while waiting:
                await self._seal(waiting.popleft())
        finally:
            # It ends here: nobody would know of the others.
            for sealed in waiting:
                self._spool.remove(sealed.block)

    async def _seal(self, sealed: Sealed) -> None:
        """Make a block known to the catalog, and let it be sent."""
        self._serials[sealed.block] = await self._seal_in_catalog(self.task.job, sealed)
        self.progress.blocks += 1
        self.progress.sealed += sealed.layout.n * sealed.layout.piece_size
        self.progress.waiting -= sum(chunk.length for chunk in sealed.chunks)
        self._new_data()
        # From here on the catalog knows these chunks by itself.
        for chunk in sealed.chunks:
            self._put.pop(chunk.id, None)
        await self._now_and_then()

    async def _flush(self) -> None:
        """Write down the entries all of whose chunks lie in sealed blocks."""
        sealed = len(self._serials)
        rows: list[Pending] = []
        while self._complete and self._complete[0][1].last_block < sealed:
            found, growing = self._complete.popleft()
            rows.append(Pending(found.path, found.meta, runs=self._runs(growing)))
        if rows:
            await self._db(entries.put_pending, self.task.job, rows)

    def _runs(self, growing: _Growing) -> tuple[Run, ...]:
        return runs_of(
            (self._serials[place.block], place.number) if isinstance(place, Place) else place
            for place in growing.content
        )

    # -- waiting

    async def _until_room(self, size: int) -> None:
        """
        Full suppliers, or a full spool, pause the job, and it says for whom it waits.

        What is at enough suppliers, though not at all, is committed as far as it goes: then it may leave.
        """
        try:
            while full := await self._room(size):
                self.is_stuck = True
                self.check()
                self._report(f"Waiting for room: {full}")
                await pause(self._clock, LOOK_AGAIN)
        finally:
            self.is_stuck = False
        while not self._has_room():
            self.check()
            await self._sweep()
            if self._has_room():
                break
            waiting = await self._db.read(holdings.waiting_for, self.task.job)
            if not waiting and await self._db.read(holdings.checkable, self.task.job):
                await self._make_checkpoint()
                continue
            lacking = await self._db.read(holdings.missing, None, BATCH, spooled=True)
            names = waiting or sorted({missing.fingerprint for missing in lacking})
            full = "disk" if self._spool.disk_is_full(self._packer.block_size) else "spool"
            self._report(f"The {full} is full, waiting for {self._names(names)}")
            await either(self._clock, self._freed.next(), LOOK_AGAIN)
        self._report("Reading")

    def _has_room(self) -> bool:
        return self._spool.has_room(self._packer.block_size)

    async def _until_stored(self) -> None:
        wait = LOOK_AGAIN
        while True:
            # A receipt that comes while the catalog is asked counts, too.
            told = self._acked.next()
            waiting = await self._db.read(holdings.waiting_for, self.task.job)
            if not waiting:
                give_up(told)
                return
            self.check()
            self._report(f"Sending, waiting for {self._names(waiting)}")
            await self._now_and_then()
            wait = LOOK_AGAIN if await either(self._clock, told, wait) else min(2 * wait, LOOK_SELDOM)
            # Receipts come many a second; the question costs as much as the job has blocks.
            await pause(self._clock, LOOK_EVERY)

    # -- checkpoints

    async def _now_and_then(self) -> None:
        """A long job makes what it has restorable from time to time."""
        if (
            self.progress.new - self._checked_new >= CHECKPOINT_BYTES
            or self._clock.seconds() - self._checked_at >= CHECKPOINT_SECONDS
        ) and await self._db.read(holdings.checkable, self.task.job):
            await self._make_checkpoint()

    async def _make_checkpoint(self) -> None:
        await self._flush()
        await self._previous.write()
        self.check()
        self._report("Committing what there is")
        await self._checkpoint(self)
        self._checked_at, self._checked_new = self._clock.seconds(), self.progress.new

    def _report(self, state: str) -> None:
        self.progress.state = state
        self._machines.report(self._row, state)


async def _none(job: BackupJob) -> None:
    """No checkpoint."""
