"""
spool_sweeper -- takes out of the spool what is safe elsewhere, and puts catalog and spool in step at a start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from twisted.logger import Logger

from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import Layout
from bitdust.blocks.stripes import roots_of
from bitdust.catalog import blocks, holdings
from bitdust.catalog.blocks import Block
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.errors import BitDustError
from bitdust.events import Signal
from bitdust.world import InThread

#: files taken out in one transaction
BATCH = 100
#: bytes that shall always be free in the spool, or a quarter of it when that is less
SPARE = 2**27


@dataclass
class SpoolSweeper:
    """
    @param keep: setting `services/backups/keep-local-copies-enabled`: nothing goes by itself.
    @param takers: suppliers who take pieces at this moment: what they still lack stays.
    """

    db: Database
    spool: Spool
    codecs: Codecs
    in_thread: InThread
    keep: Callable[[], bool]
    takers: Callable[[], Collection[str]]
    #: there is more room now
    freed: Signal[[]] = field(default_factory=Signal)

    _log = Logger()

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
        pressed = not self.spool.has_room(min(SPARE, self.spool.limit() // 4))
        takers = tuple(self.takers())
        while blocks := await self.db.read(holdings.removable, pressed, BATCH, takers):
            # The catalog first: a file that nobody knows is removed at the next start, one that is missed is
            # a lie.
            await self.db(_forget, [block.serial for block in blocks])
            freed += sum(self.spool.remove(block.id) for block in blocks)
        if freed:
            self.freed()
        return freed

    async def examine(self, serial: int) -> bool:
        """
        Look at a file that gave trouble, and let go of it when it is not what was written.

        True: too few pieces are out to make the block again, and no version rests on it.
        """
        try:
            block = await self.db.read(blocks.get, serial)
        except BitDustError:
            return False
        if block.spool is None or await self.in_thread(self._is_whole, block):
            return False
        self._log.error("block {block} in the spool is lost or damaged", block=block.id.hex()[:16])
        await self.db(holdings.set_spool, serial, None)
        self.spool.remove(block.id)
        self.freed()
        return _is_hopeless(block)

    def _is_whole(self, block: Block) -> bool:
        path: Path = self.spool.path(block.id)
        try:
            with path.open("rb") as file:
                if path.stat().st_size != block.size:
                    return False
                layout = Layout(block.size, block.k, block.n, block.unit)
                return roots_of(file, layout, self.codecs.code(block.k, block.n), block.id) == block.roots
        except OSError:
            return False

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
                    if _is_hopeless(block):
                        hopeless.append(block.serial)
            after = page[-1].serial
        return hopeless


def _is_hopeless(block: Block) -> bool:
    # What a version rests on is never given up: its pieces may come back.
    return block.state == "sealed" and block.acked < block.k


def _forget(c: sqlite3.Connection, serials: list[int]) -> None:
    for serial in serials:
        holdings.set_spool(c, serial, None)
