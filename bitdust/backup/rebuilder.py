"""
rebuilder -- pieces that were lost are made again.

A block is read from any k suppliers into the spool, once, and from there data_sender brings the pieces that
are missing to whom they are missing at: k pieces come in, and only the missing ones go out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.logger import Logger

from bitdust.catalog import holdings
from bitdust.catalog.blocks import Block
from bitdust.customer.block_reader import BlockReader, plan_of
from bitdust.customer.spool import Spool
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError, NoSpace
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.wire.packets import Priority
from bitdust.world import InThread, spawn

#: missing pieces looked at per supplier, bytes of a block read at once, blocks under way at a time
LOOK, READ, BLOCKS = 64, 4 * 2**20, 2


@dataclass
class Rebuilder:
    """Makes blocks whole, the most endangered first."""

    db: Database
    reader: BlockReader
    spool: Spool
    suppliers: Suppliers
    in_thread: InThread
    machines: Machines
    #: a block lies in the spool again: its missing pieces can be sent
    new_data: Signal[[]] = field(default_factory=Signal)
    blocks_rebuilt: int = 0

    _log = Logger()

    def __post_init__(self) -> None:
        self._slots = DeferredSemaphore(BLOCKS)

    async def run(self) -> None:
        """
        One pass over everything that is missing at connected suppliers; what fails is left for the next pass.
        """
        row = self.machines.begin("rebuilder", "Looking")
        failed: set[int] = set()
        try:
            while blocks := [block for block in await self._look() if block.serial not in failed]:
                self.machines.report(row, f"Rebuilding {len(blocks)} blocks")
                work = [self._slots.run(self._begin, block, failed) for block in blocks]
                for each in work:
                    await each
        finally:
            self.machines.forget(row)

    async def _look(self) -> list[Block]:
        """Blocks that miss a piece at somebody who is there, and that do not lie in the spool."""
        found: dict[int, Block] = {}
        for fingerprint in self.suppliers.connected():
            for missing in await self.db.read(holdings.missing, fingerprint, LOOK, spooled=False):
                found[missing.block.serial] = missing.block
        return sorted(found.values(), key=lambda block: (block.survives, block.serial))

    def _begin(self, block: Block, failed: set[int]) -> Deferred[None]:
        return spawn(self._fetch(block, failed))

    async def _fetch(self, block: Block, failed: set[int]) -> None:
        try:
            await self._into_spool(block)
        except (BitDustError, OSError) as error:
            failed.add(block.serial)
            self._log.warn(
                "block {block} is not rebuilt for now: {error}", block=block.id.hex()[:16], error=error
            )
        else:
            self.blocks_rebuilt += 1
            self.new_data()

    async def _into_spool(self, block: Block) -> None:
        if not self.spool.has_room(block.size):
            raise NoSpace(
                "the spool is full", hint="raise paths/spool-limit, or wait until suppliers took more"
            )
        plan = await self.db.read(plan_of, block.serial)
        file = self.spool.begin(block.id)
        try:
            for offset in range(0, block.size, READ):
                length = min(READ, block.size - offset)
                content = await self.reader.read(plan, offset, length, Priority.REPAIR)
                await self.in_thread(file.write, content)
            await self.in_thread(self.spool.keep, block.id, file)
        except BaseException:
            self.spool.discard(block.id, file)
            raise
        await self.db(holdings.set_spool, block.serial, block.id.hex())
