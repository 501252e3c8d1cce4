"""
spool_sweeper -- takes out of the spool what is safe elsewhere, and puts catalog and spool in step at a start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from bitdust.catalog import holdings
from bitdust.catalog.blocks import Block
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.events import Signal

#: files taken out in one transaction
BATCH = 100


@dataclass
class SpoolSweeper:
    """
    @param keep: setting `services/backups/keep-local-copies-enabled`: nothing goes by itself.
    """

    db: Database
    spool: Spool
    keep: Callable[[], bool]
    #: there is more room now
    freed: Signal[[]] = field(default_factory=Signal)

    async def start(self) -> list[int]:
        """
        Forget files that are not there, remove files that no block has.

        Answers the serials of blocks whose file is lost and of which too few pieces are out to rebuild them.
        """
        hopeless = await self.db(self._compare)
        known = {block.id for block in await self._all()}
        for block in list(self.spool.blocks()):
            if block not in known:
                self.spool.remove(block)
        return hopeless

    async def sweep(self) -> int:
        """Remove what may go; the bytes that freed."""
        if self.keep():
            return 0
        freed = 0
        pressed = not self.spool.has_room(2**27)
        while blocks := await self.db.read(holdings.removable, pressed, BATCH):
            # The catalog first: a file that nobody knows is removed at the next start, one that is missed is
            # a lie.
            await self.db(_forget, [block.serial for block in blocks])
            freed += sum(self.spool.remove(block.id) for block in blocks)
        if freed:
            self.freed()
        return freed

    async def _all(self) -> list[Block]:
        found: list[Block] = []
        after = 0
        while page := await self.db.read(holdings.spooled, after):
            found += page
            after = page[-1].serial
        return found

    def _compare(self, c: sqlite3.Connection) -> list[int]:
        hopeless = []
        after = 0
        while page := holdings.spooled(c, after):
            for block in page:
                if not self.spool.has(block.id):
                    holdings.set_spool(c, block.serial, None)
                    if block.acked < block.k:
                        hopeless.append(block.serial)
            after = page[-1].serial
        return hopeless


def _forget(c: sqlite3.Connection, serials: list[int]) -> None:
    for serial in serials:
        holdings.set_spool(c, serial, None)
