"""
rebuilder -- pieces that were lost are made again.

A block is made again from the files it was made of (`remaking`), or read from any k suppliers, into the
spool, once; and from there data_sender brings the pieces that are missing to whom they are missing at: k
pieces come in, or none, and only the missing ones go out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import BinaryIO

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.backup.remaking import Remaking
from bitdust.catalog import blocks as catalog_blocks
from bitdust.catalog import holdings
from bitdust.catalog.blocks import Block
from bitdust.customer.block_reader import BlockPlan, BlockReader, plan_of
from bitdust.customer.repair_pace import RepairPace
from bitdust.customer.spool import Spool
from bitdust.customer.spool_sweeper import SpoolSweeper
from bitdust.database import Database
from bitdust.errors import BitDustError, NoSpace
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.wire.packets import Priority
from bitdust.world import InThread, either, give_up, spawn

#: missing pieces looked at per supplier, bytes of a block read at once, blocks under way at a time
LOOK, READ, BLOCKS = 64, 4 * 2**20, 2
#: seconds to wait for room in the spool
PATIENCE = 60.0
#: in sets of more than SMALL, seconds for which a block above the threshold waits for further losses
SMALL, LAZY = 7, 6 * 3600.0


@dataclass
class Rebuilder:
    """
    Makes blocks whole, the most endangered first.

    @param sweeper: makes room.
    @param takers: who takes pieces at this moment: for them blocks are fetched.
    @param refused_by: (serial, number) of pieces that somebody will not have.
    @param there: everybody who holds something and is there: only their pieces count.
    @param is_working: whether the user's own work is under way: what is in no danger waits for its end.
    """

    db: Database
    reader: BlockReader
    remaking: Remaking
    spool: Spool
    sweeper: SpoolSweeper
    takers: Callable[[], Collection[str]]
    refused_by: Callable[[str], set[tuple[int, int]]]
    in_thread: InThread
    clock: IReactorTime
    machines: Machines
    there: Callable[[], Collection[str]]
    is_working: Callable[[], bool]
    pace: RepairPace
    #: a block lies in the spool again: its missing pieces can be sent
    new_data: Signal[[]] = field(default_factory=Signal)
    blocks_rebuilt: int = 0
    #: those of them that were made from files here
    blocks_remade: int = 0
    #: something was left for later, because it is in no danger
    postponed: bool = False
    #: the spool had no room: the pass ended there, and is to be begun again when it has
    is_full: bool = False

    _log = Logger()

    def __post_init__(self) -> None:
        self._slots = DeferredSemaphore(BLOCKS)
        #: since when something waits in a large set for more losses that can be repaired with it
        self._lazy_since: float | None = None

    async def run(self) -> None:
        """One pass over all that is missing at those who take it: each block is fetched once, if at all."""
        row = self.machines.begin("rebuilder", "Looking")
        past: set[int] = set()
        self.postponed = self.is_full = False
        try:
            while not self.is_full and (blocks := await self._look(past)):
                self.machines.report(row, f"Rebuilding {len(blocks)} blocks")
                await self.remaking.locate([block.serial for block in blocks])
                work = [self._slots.run(self._begin, block, past) for block in blocks]
                try:
                    for each in work:
                        await each
                finally:
                    # Whoever is given up in the middle leaves nobody at work on parts that are no more.
                    for each in work:
                        give_up(each)
        finally:
            self.machines.forget(row)

    async def _look(self, past: set[int]) -> list[Block]:
        """Blocks that miss a piece at somebody who takes it, and that do not lie in the spool."""
        found: dict[int, Block] = {}
        for fingerprint in self.takers():
            refused = self.refused_by(fingerprint)
            look = LOOK + len(past) + len(refused)
            for missing in await self.db.read(holdings.missing, fingerprint, look, spooled=False):
                if missing.block.serial not in past and (missing.block.serial, missing.number) not in refused:
                    found[missing.block.serial] = missing.block
        live = await self.db.read(holdings.live, list(found), tuple(self.there()))
        due = [block for block in found.values() if self._is_due(block, live[block.serial])]
        if not found:
            self._lazy_since = None
        elif len(due) < len(found):
            self.postponed = True
        return sorted(due, key=lambda block: (live[block.serial] - block.k, block.serial))

    def _is_due(self, block: Block, live: int) -> bool:
        if live <= threshold(block.n, block.k):
            return True
        if self.is_working():
            return False
        if block.n <= SMALL:
            return True
        now = self.clock.seconds()
        if self._lazy_since is None:
            self._lazy_since = now
        return now - self._lazy_since >= LAZY

    def _begin(self, block: Block, past: set[int]) -> Deferred[None]:
        past.add(block.serial)
        return spawn(self._fetch(block))

    async def _fetch(self, block: Block) -> None:
        if self.is_full:
            return
        try:
            if not await self.db.read(_lacking, block.serial, tuple(self.takers())):
                # Who lacks it has just refused another one: he is left alone for a while.
                return
            await self._into_spool(block)
        except (BitDustError, OSError) as error:
            self.is_full = self.is_full or isinstance(error, NoSpace)
            self._log.warn(
                "block {block} is not rebuilt for now: {error}", block=block.id.hex()[:16], error=error
            )
        else:
            self.blocks_rebuilt += 1
            self.new_data()

    async def _room_for(self, block: Block) -> None:
        until = self.clock.seconds() + PATIENCE
        while not self.spool.has_room(block.size):
            if not await self.sweeper.sweep(block.size):
                left = until - self.clock.seconds()
                if left <= 0:
                    raise NoSpace(
                        "the spool is full", hint="raise paths/spool-limit, or wait until suppliers took more"
                    )
                await either(self.clock, self.sweeper.freed.next(), left)

    async def _into_spool(self, block: Block) -> None:
        await self._room_for(block)
        plan = await self.db.read(plan_of, block.serial)
        file = self.spool.begin(block.id)
        try:
            if await self.remaking.make(plan, file):
                self.blocks_remade += 1
            else:
                await self.in_thread(_empty, file)
                await self._fetch_into(file, plan)
            await self.in_thread(self.spool.keep, block.id, file)
        except BaseException:
            self.spool.discard(block.id, file)
            raise
        await self.db(holdings.set_spool, block.serial, block.id.hex())

    async def _fetch_into(self, file: BinaryIO, plan: BlockPlan) -> None:
        # Whole rows: a leaf that belongs to two reads would be fetched twice.
        layout = plan.layout
        row = layout.k * layout.unit
        step = max(1, READ // row) * row
        for offset in range(0, layout.size, step):
            length = min(step, layout.size - offset)
            await self.pace.until_open()
            self.pace.begin()
            try:
                content = await self.reader.read(plan, offset, length, Priority.REPAIR)
            finally:
                self.pace.end(length)
            await self.in_thread(file.write, content)


def _empty(file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()


def threshold(n: int, k: int) -> int:
    """How few pieces that can be had make a block urgent: it is made whole whatever else goes on."""
    return k + max(1, (n - k + 1) // 2)


def _lacking(c: sqlite3.Connection, serial: int, takers: tuple[str, ...]) -> bool:
    return any(
        placement.fingerprint in takers and placement.state in ("wanted", "lost")
        for placement in catalog_blocks.placements(c, serial)
    )
