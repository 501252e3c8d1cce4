"""
room -- how many bytes our suppliers still have room for, and what of it backups leave alone.

Whoever fills a quota to the last byte cannot delete any more: a deletion is a segment of the catalog's log
first, and an emptied block is copied before it goes.  So backups stop a little earlier (the *reserve*), and
repack, repair and the log may go on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from bitdust.blocks.hashtree import tree_size
from bitdust.blocks.layout import UNIT, Layout
from bitdust.blocks.piece import HEADER_SIZE
from bitdust.blocks.shapes import k_of
from bitdust.catalog import epochs
from bitdust.catalog.rows import known_peer, mark
from bitdust.database import Database
from bitdust.wire.receipts import charge_of

#: seconds after which the sums are made anew; sooner, when there seems to be no room
FRESH = 600.0
#: what is kept back: this part of a quota, or so many blocks when that is more
PART, BLOCKS = 0.02, 2


@dataclass
class Room:
    """
    @param granted: bytes that this supplier has signed for, or that he will be asked for.
    @param block_size: bytes a new block has, about.
    """

    db: Database
    clock: IReactorTime
    granted: Callable[[str], int]
    block_size: Callable[[], int]
    #: bytes that each supplier's shelf has of us, or will have when all that was sealed is there
    _used: dict[str, int] = field(default_factory=dict)
    _until: float = -1.0

    async def left(self, reserved: bool) -> tuple[int, str]:
        """
        Bytes of a block for whose pieces every supplier has room, and who has the least of it ("": nobody
        is hired).

        @param reserved: leave the reserve alone.
        """
        if self.clock.seconds() >= self._until or not self._used:
            await self.refresh()
        least, who = 0, ""
        k = k_of(len(self._used)) if self._used else 1
        for fingerprint, used in self._used.items():
            granted = self.granted(fingerprint)
            kept = self.reserve(granted, k) if reserved else 0
            left = max(0, granted - kept - used) * k
            if not who or left < least:
                least, who = left, fingerprint
        return least, who

    async def lacks(self, size: int) -> str:
        """Who has no room for his piece of a backup's block of that size; "": nobody."""
        left, who = await self.left(reserved=True)
        if who and left < size:
            # By what was counted a while ago: perhaps something went since.
            await self.refresh()
            left, who = await self.left(reserved=True)
        return who if left < size else ""

    def reserve(self, granted: int, k: int) -> int:
        """Bytes of a quota that backups leave alone, where k pieces make a block."""
        return max(int(granted * PART), BLOCKS * charge(self.block_size(), k, UNIT))

    def take(self, layout: Layout) -> None:
        """A block was sealed: its pieces are on their way."""
        for fingerprint in self._used:
            self._used[fingerprint] += charge(layout.size, layout.k, layout.unit)

    async def refresh(self) -> None:
        """Make the sums anew."""
        self._used = await self.db.read(_used)
        self._until = self.clock.seconds() + FRESH


def charge(size: int, k: int, unit: int) -> int:
    """What a piece of such a block takes of a quota."""
    layout = Layout(size, k, k, unit)
    return charge_of(HEADER_SIZE + layout.piece_size + tree_size(layout.leaves))


def _used(c: sqlite3.Connection) -> dict[str, int]:
    log = sum(
        charge_of(size)
        for (size,) in c.execute(
            "SELECT length(data) FROM segments WHERE number >= ?", (mark(c, "first_segment"),)
        )
    )
    used = {}
    for fingerprint in epochs.current(c).fingerprints:
        pieces = c.execute(
            "SELECT b.size, b.k, b.unit, count(*) FROM placements p JOIN blocks b USING (serial)"
            " WHERE p.peer = ? GROUP BY b.size, b.k, b.unit",
            (known_peer(c, fingerprint),),
        )
        used[fingerprint] = log + sum(count * charge(size, k, unit) for size, k, unit, count in pieces)
    return used
