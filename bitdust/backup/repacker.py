"""
repacker -- blocks that are mostly dead are emptied, so that suppliers get their room back.

What still lives of them is read, sealed into new blocks and brought to the suppliers like any backup; once
enough of them have signed for it, one transaction makes every version refer to the copies, and when that is
at the suppliers too, the old blocks go.  Cut off before the transaction, nothing has changed but that some
copies are there, which the next pass finds; cut off behind it, the old blocks are garbage like any other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.backup.opening import Opening
from bitdust.backup.packer import Packer, Sealed
from bitdust.backup.tasks import Tasks
from bitdust.backup.views import Cleaning, Task
from bitdust.blocks.block import Chunk
from bitdust.catalog import waste
from bitdust.catalog.waste import REPACK, Living, Sparse
from bitdust.customer.block_reader import BlockPlan, plan_of
from bitdust.customer.spool import Spool
from bitdust.customer.spool_sweeper import SpoolSweeper
from bitdust.database import Database
from bitdust.errors import BitDustError, Cancelled, NoSpace, TryLater
from bitdust.events import Signal
from bitdust.machines import Machines, Row
from bitdust.wire.packets import Priority
from bitdust.world import InThread, either, pause, spawn

#: bytes that live in the blocks of one pass; bytes read at once; blocks looked at in one go
PASS, READ, LOOK = 64 * 2**20, 4 * 2**20, 10
#: dead bytes between two chunks that are rather read than asked for separately
GAP = 256 * 1024
#: seconds after which it looks again whether it may go on, or is there, without being told
LOOK_AGAIN = 5.0
#: seconds without one more receipt after which the copies of a pass are given up
PATIENCE = 3600.0
#: seconds to wait for room in the spool
SPOOL_PATIENCE = 60.0
#: what padding and the index may add to a block of copies, and room kept for rounding
LONGER, ROUNDING = 1.13, 16384


@dataclass
class Progress:
    """How far it has come, in bytes of chunks; `blocks` were emptied."""

    state: str = "looking"
    done: int = 0
    total: int = 0
    blocks: int = 0


@dataclass
class Repacker:
    """
    @param make_packer: a new packer for the blocks of a pass.
    @param seal: makes a block of this job known to the catalog; answers its serial.
    @param is_working: whether a backup or a restore of the user is under way: they go first.
    @param is_staffed: whether every supplier is there, to take and to give.
    @param pieces: how many pieces a block has now; one that has fewer or more is emptied, too.
    @param room: bytes of a block that every supplier still has room for, the reserve included.
    @param check: raises when nothing may be changed any more.
    @param hold: these blocks stay until nobody reads what referred to them.
    @param collect: condemns what nothing refers to.
    """

    db: Database
    opening: Opening
    spool: Spool
    sweeper: SpoolSweeper
    make_packer: Callable[[], Packer]
    seal: Callable[[int, Sealed], Deferred[int]]
    in_thread: InThread
    clock: IReactorTime
    machines: Machines
    tasks: Tasks
    acked: Signal[[int, int, str]]
    new_data: Callable[[], None]
    is_working: Callable[[], bool]
    is_staffed: Callable[[], bool]
    room: Callable[[], Awaitable[int]]
    check: Callable[[], None]
    pieces: Callable[[], int]
    until_committed: Callable[[], Awaitable[None]]
    hold: Callable[[Iterable[int]], None]
    collect: Callable[[], Awaitable[None]]
    progress: Progress = field(default_factory=Progress)

    _log = Logger()

    def __post_init__(self) -> None:
        #: it is under way, or waits for its turn
        self.is_busy = False
        self._again = False
        self._row: Row | None = None
        self._number: int | None = None
        self._reading: Deferred[list[bytes]] | None = None
        self._unwanted = False
        self._rests_at: int | None = None

    async def look(self) -> Cleaning:
        """What a cleaning would free now."""
        found = await self._survey()
        garbage = await self.db.read(waste.unreferenced)
        return Cleaning(
            sparse=len(found),
            unreferenced=len(garbage),
            copied=sum(block.alive for block in found),
            freed=sum(block.frees for block in found) + sum(garbage),
        )

    async def run(self) -> None:
        """
        Empty every block that is mostly dead.  Asked for while it runs, it looks once more at the end.

        @raise BitDustError, OSError: it cannot go on for now; the next run takes it up.
        """
        self._again = True
        if self.is_busy:
            return
        self.is_busy = True
        try:
            while self._again:
                self._again = False
                if await self._is_wanted():
                    await self._until_idle()
                    await self._all()
        finally:
            self.is_busy = False

    def cancel(self, task: int) -> bool:
        """
        End it at its next step, if it is that task; whether it was.  Blocks that were emptied stay so, other
        copies go; it rests until something more is taken away, or somebody asks for it.
        """
        if self._number != task:
            return False
        self._unwanted = True
        if self._reading is not None:
            self._reading.cancel()
        return True

    async def _is_wanted(self) -> bool:
        return not await self.db.read(waste.is_tidy) and await self.db.read(waste.dirt) != self._rests_at

    async def _survey(self) -> list[Sparse]:
        """Every block that is mostly dead, the deadest first; the catalog is looked through page by page."""
        living = Living()
        while await self.db.read(waste.count, living):
            pass
        found: list[Sparse] = []
        after: int | None = 0
        while after is not None:
            page, after = await self.db.read(waste.sparse, living, after, LOOK, self.pieces())
            found += page
        return sorted(found, key=lambda block: (block.alive / block.size, block.serial))

    async def _all(self) -> None:
        self.check()
        dirt = await self.db.read(waste.dirt)
        await self.collect()
        found = await self._survey()
        left = False
        if found:
            left = not await self._work(found)
        elif await self.db(waste.give_up):
            await self.collect()
        if not left:
            await self.db(waste.tidy, dirt)

    async def _work(self, found: list[Sparse]) -> bool:
        """Pass by pass; whether all of them were emptied."""
        # Where somebody is away, or there is no room, nothing is begun, and nobody is told of it.
        if not self.is_staffed():
            return False
        await self._choose(found)
        await self.opening.reader.check(await self.db.read(plan_of, found[0].serial))
        self.progress = Progress(total=sum(block.alive for block in found))
        self._row = self.machines.begin("repacker", "Looking")
        self._number = number = self.tasks.open(self._task)
        self.tasks.begin(number)
        try:
            count = len(found)
            while found:
                chosen = await self._choose(found)
                await self._pass(chosen)
                serials = {block.serial for block in chosen}
                found = [block for block in found if block.serial not in serials]
        except Cancelled:
            self._rests_at = await self.db.read(waste.dirt)
            await self._forget_copies()
            self.tasks.close(number, "cancelled")
            return False
        except BaseException as error:
            self.tasks.close(number, "failed", error)
            raise
        finally:
            self.machines.forget(self._row)
            self._row = self._number = None
            self._unwanted = False
        self.tasks.close(number, "done")
        return self.progress.blocks == count

    async def _forget_copies(self) -> None:
        await self.db(waste.give_up)
        await self.collect()

    async def _choose(self, found: list[Sparse]) -> list[Sparse]:
        """
        The deadest of them, as many as one pass takes and suppliers have room for.

        @raise NoSpace: there is not even room for the copies of one.
        """
        room = int((await self.room() - ROUNDING) / LONGER)
        chosen: list[Sparse] = []
        size = 0
        for block in found:
            if size + block.alive <= (min(PASS, room) if chosen else room):
                chosen.append(block)
                size += block.alive
        if not chosen:
            raise NoSpace(
                "the suppliers have no room for what would be repacked",
                hint="delete a version, or raise services/customer/needed-space",
            )
        return chosen

    async def _pass(self, victims: list[Sparse]) -> None:
        await self._copy(victims)
        await self._until_stored(victims)
        await self._until_idle()
        self.check()
        self._report("Switching")
        self.hold(block.serial for block in victims)
        self.progress.blocks += await self.db(waste.switch, victims)
        self._report("Committing")
        await self.until_committed()
        await self.collect()

    # -- copying

    async def _copy(self, victims: list[Sparse]) -> None:
        """Seal what lives of these blocks, but for what a pass that was cut off has sealed before."""
        there = set(await self.db.read(waste.carried))
        packer = self.make_packer()
        try:
            for victim in victims:
                try:
                    plan = await self.db.read(plan_of, victim.serial)
                    for part in _ranges([chunk for chunk in victim.chunks if chunk.id not in there]):
                        await self._until_idle()
                        self._report("Copying")
                        content = await self._read(plan, part)
                        await self._room_for(packer.block_size)
                        _, full = await self.in_thread(packer.add, content)
                        there.update(chunk.id for chunk in part)
                        await self._seal_all(full)
                except (BitDustError, OSError) as error:
                    if not isinstance(error, BitDustError) or isinstance(
                        error, Cancelled | NoSpace | TryLater
                    ):
                        raise
                    # It stays as it is: whoever lacks pieces of it is the rebuilder's business.
                    self._log.warn("block {serial} is not repacked: {why}", serial=victim.serial, why=error)
                self.progress.done += victim.alive
            await self._seal_all(await self.in_thread(packer.finish))
        finally:
            packer.abandon()

    async def _read(self, plan: BlockPlan, part: list[Chunk]) -> list[tuple[bytes, bytes]]:
        """(chunk id, content) of each."""
        self._reading = spawn(self.opening.read(plan, part, Priority.REPAIR))
        try:
            contents = await self._reading
        except CancelledError:
            self._check_wanted()
            raise
        finally:
            self._reading = None
        return [(chunk.id, content) for chunk, content in zip(part, contents, strict=True)]

    async def _seal_all(self, full: list[Sealed]) -> None:
        waiting = list(full)
        try:
            while waiting:
                await self.seal(REPACK, waiting.pop(0))
                self.new_data()
        finally:
            # It ends here: nobody would know of the others.
            for sealed in waiting:
                self.spool.remove(sealed.block)

    async def _room_for(self, size: int) -> None:
        until = self.clock.seconds() + SPOOL_PATIENCE
        while not self.spool.has_room(size):
            self._check_wanted()
            if not await self.sweeper.sweep(size):
                left = until - self.clock.seconds()
                if left <= 0:
                    raise NoSpace(
                        "the spool is full", hint="raise paths/spool-limit, or wait until suppliers took more"
                    )
                await either(self.clock, self.sweeper.freed.next(), left)

    # -- waiting

    async def _until_idle(self) -> None:
        """What the user wants done goes first."""
        self._check_wanted()
        while self.is_working():
            self._report("Yielding")
            await pause(self.clock, LOOK_AGAIN)
            self._check_wanted()

    def _check_wanted(self) -> None:
        # Between two steps, not in the middle of one: no thread is at work on what is given up.
        if self._unwanted:
            raise Cancelled("the cleaning was cancelled")

    async def _until_stored(self, victims: list[Sparse]) -> None:
        """Nothing gets less safe than it was, not even for a moment."""
        until = self.clock.seconds() + PATIENCE
        lacking = -1
        while not await self.db.read(waste.are_safe, victims):
            self.check()
            self._check_wanted()
            self._report("Sending")
            now = await self.db.read(waste.lacking)
            if now != lacking:
                lacking, until = now, self.clock.seconds() + PATIENCE
            if self.clock.seconds() >= until:
                await self._forget_copies()
                raise TryLater("the suppliers do not take what was repacked")
            await either(self.clock, self.acked.next(), LOOK_AGAIN)

    def _report(self, state: str) -> None:
        self.progress.state = state.lower()
        if self._row is not None:
            self.machines.report(self._row, state)

    def _task(self, number: int) -> Task:
        progress = self.progress
        return Task(
            id=number, kind="clean", name=b"", path_id="", version="", state=progress.state,
            progress=min(1.0, progress.done / progress.total) if progress.total else 0.0,
            done=progress.done, total=progress.total, files=0,
        )  # fmt: skip


def _ranges(chunks: list[Chunk]) -> Iterator[list[Chunk]]:
    """Chunks of a block, in order, as groups that are read in one go."""
    group: list[Chunk] = []
    for chunk in chunks:
        if group:
            end = group[-1].offset + group[-1].stored
            if chunk.offset - end > GAP or chunk.offset + chunk.stored - group[0].offset > READ:
                yield group
                group = []
        group.append(chunk)
    if group:
        yield group
