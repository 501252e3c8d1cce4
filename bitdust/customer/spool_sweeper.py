"""
spool_sweeper -- takes out of the spool what is safe elsewhere, and puts catalog and spool in step at a start.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import Layout
from bitdust.blocks.stripes import roots_of
from bitdust.catalog import blocks, holdings
from bitdust.catalog.blocks import Block, NoSuchBlock
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
    @param takers: suppliers who are taking pieces at this moment: what they still lack stays.
    @param leavers: suppliers whose turn to be replaced comes next: a block that is here once is not fetched
        again for each of them.
    """

    db: Database
    spool: Spool
    codecs: Codecs
    in_thread: InThread
    keep: Callable[[], bool]
    takers: Callable[[], Collection[str]]
    leavers: Callable[[], Collection[str]] = tuple
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
        unknown = [block for block in self.spool.blocks() if block not in known]
        await self.in_thread(self.spool.remove_all, unknown)
        return hopeless

    def __post_init__(self) -> None:
        self._one = DeferredLock()

    async def sweep(self, needed: int = 0) -> int:
        """
        Remove what may go; the bytes that freed.

        @param needed: bytes for which somebody waits.
        """
        # Many a second may ask: one sweep after the one under way serves them all.
        if self.keep() or (not needed and self._one.waiting):
            return 0
        await self._one.acquire()
        try:
            return await self._sweep(needed)
        finally:
            self._one.release()

    async def _sweep(self, needed: int) -> int:
        freed = 0
        spare = max(needed, min(SPARE, self.spool.limit() // 4))
        pressed = not self.spool.has_room(spare)
        takers, leavers = tuple(self.takers()), tuple(self.leavers())
        while blocks := await self.db.read(holdings.removable, pressed, BATCH, takers, leavers):
            # The catalog first: a file that nobody knows is removed at the next start, one that is missed is
            # a lie.
            await self.db(_forget, [block.serial for block in blocks])
            freed += await self.in_thread(self.spool.remove_all, [block.id for block in blocks])
        if freed:
            self.freed()
        return freed

    async def examine(self, serial: int) -> bool:
        """
        Look at a file that gave trouble, and let go of it when it is lost, or is not what was written.

        The last copy of what a version rests on stays, whatever it looks like.

        True: too few pieces are out to make the block again, and no version rests on it.
        """
        block = await self._spooled(serial)
        if block is None:
            return False
        found = await self.in_thread(self._look, block)
        if found in (None, "whole"):
            return False
        # That took long.
        block = await self._spooled(serial)
        if block is None:
            return False
        name = block.id.hex()[:16]
        if found == "damaged" and block.state == "committed" and block.acked < block.k:
            self._log.error("block {block} in the spool is damaged, and the last copy: it stays", block=name)
            return False
        self._log.error("block {block} in the spool is {found}", block=name, found=found)
        await self.db(holdings.set_spool, serial, None)
        self.spool.remove(block.id)
        self.freed()
        return _is_hopeless(block)

    async def _spooled(self, serial: int) -> Block | None:
        try:
            block = await self.db.read(blocks.get, serial)
        except BitDustError:
            return None
        return block if block.spool is not None else None

    def _look(self, block: Block) -> str | None:
        """What is the matter with the file; None: it cannot be told."""
        path: Path = self.spool.path(block.id)
        try:
            with path.open("rb") as file:
                if path.stat().st_size != block.size:
                    return "damaged"
                layout = Layout(block.size, block.k, block.n, block.unit)
                roots = roots_of(file, layout, self.codecs.code(block.k, block.n), block.id)
        except FileNotFoundError:
            return "lost"
        except OSError as error:
            self._log.error("block {name} in the spool: {error}", name=block.id.hex()[:16], error=error)
            # The disk cannot read it any more; whatever else passes.
            return "damaged" if error.errno == errno.EIO else None
        return "whole" if roots == block.roots else "damaged"

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
        # A job that ended meanwhile has taken its blocks along.
        with suppress(NoSuchBlock):
            holdings.set_spool(c, serial, None)
