"""
sealing -- sealed blocks become known to the catalog; how large the next one is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bitdust.backup.packer import Sealed
from bitdust.catalog import epochs, holdings
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.errors import TryLater
from bitdust.world import shielded

#: blocks of the first size before the size doubles
MANY_BLOCKS = 4096


@dataclass
class Sealing:
    """
    @param least, most: bytes of the first blocks, and of the largest.
    @param sealed: called with each block before the catalog has it: its pieces are on their way.
    @param turned: another job than before seals.
    """

    db: Database
    spool: Spool
    least: Callable[[], int]
    most: Callable[[], int]
    sealed: Callable[[Sealed], None]
    turned: Callable[[], None]
    #: bytes at suppliers, all pieces counted
    _stored: int = 0
    #: the job that sealed the last block
    _job: int = 0

    async def start(self) -> None:
        """Measure what is stored."""
        self._stored = await self.db.read(holdings.used_bytes)

    def block_size(self) -> int:
        """Bytes of the next block: growing with what is stored, so that the catalog stays small."""
        size, most = self.least(), self.most()
        while size * MANY_BLOCKS < self._stored and 2 * size <= most:
            size *= 2
        return size

    def seal(self, job: int, sealed: Sealed) -> Deferred[int]:
        """
        The serial of the block.

        @raise TryLater: it was made for another set of suppliers.
        """
        layout = sealed.layout

        def seal(c: sqlite3.Connection) -> int:
            suppliers = epochs.current(c).fingerprints
            if len(suppliers) != layout.n:
                raise TryLater("the set of suppliers has changed in the middle of the backup")
            return holdings.seal_block(
                c, job, sealed.block, sealed.salt, layout.size, layout.n, layout.k, layout.unit, sealed.roots,
                sealed.chunks, suppliers, sealed.block.hex(), sealed.sealed,
            )  # fmt: skip

        def failed(why: Failure) -> Failure:
            self.spool.remove(sealed.block)
            return why

        def known(serial: int) -> int:
            if job != self._job:
                self._job = job
                self.turned()
            return serial

        self._stored += layout.piece_size * layout.n
        self.sealed(sealed)
        # Whoever does not wait for the end leaves no file behind that the catalog does not know.
        return shielded(self.db(seal).addCallbacks(known, failed))
