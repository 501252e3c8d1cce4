"""
Who of the suppliers is to be replaced, and when: a few at a time, and never because of one bad day.

A supplier who fails his audits, is away for too long, or asks us to leave, is doubted.  His seat is made
vacant when not too many others are being replaced; what he holds stays a source until it lies elsewhere.  One
who was only away, and comes back before anybody was found, keeps his seat.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from bitdust.customer import repairs, standing
from bitdust.customer.standing import ABSENT, AUDIT, ENDED, LEAVE
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError
from bitdust.events import Signal
from bitdust.world import Wall

#: suppliers on their way out at a time, in sets of up to SMALL and in larger ones
FEW, MORE, SMALL = 1, 2, 13

#: why somebody is replaced who has told us to look for another
ASKS_TO_LEAVE = "it asks us to leave"

__all__ = ["ABSENT", "ASKS_TO_LEAVE", "AUDIT", "ENDED", "LEAVE", "Doubts"]


class Doubts:
    """
    @param db: `standing.SCHEMA`.
    @param restart: begin a round: a seat is vacant.
    @param speed: bytes a second that a supplier takes, as measured lately; None: not yet.
    """

    _log = Logger()

    def __init__(
        self,
        db: Database,
        suppliers: Suppliers,
        restart: Callable[[], None],
        wall: Wall,
        speed: Callable[[str], float | None],
    ) -> None:
        self._wall = wall
        self._speed = speed
        self._db = db
        self._suppliers = suppliers
        self._restart = restart
        self._lock = DeferredLock()
        #: who is to be replaced, as far as this run knows
        self.waiting: set[str] = set()
        #: (fingerprint, a sentence why): he is to be replaced
        self.doubted: Signal[[str, str]] = Signal()

    async def accuse(self, supplier: str, kind: str, why: str) -> None:
        """He is to be replaced."""
        if supplier not in self._suppliers.known:
            return
        self.waiting.add(supplier)
        if kind != LEAVE:
            await self._db(repairs.begin, supplier, int(self._wall()))
        if await self._db(standing.doubt, supplier, kind, why):
            self._log.warn("{who} is to be replaced: {why}", who=supplier, why=why)
            self.doubted(supplier, why)
        await self.act()

    async def came(self, supplier: str) -> None:
        """He is there again: if that was all, he keeps his seat."""
        await self.excuse(supplier, ABSENT)

    async def excuse(self, supplier: str, kind: str) -> None:
        """This is not the matter any more: if nothing else is, he keeps his seat."""
        # Not while it is decided by the doubts of before who loses his seat.
        await self._lock.acquire()
        try:
            known, _ = (await self._db.read(standing.doubts)).get(supplier, ("", ""))
            if known == kind:
                await self._db(standing.trust, supplier)
                await self._db(repairs.stop, supplier)
                said = await self._db.read(standing.said_by, supplier)
                if kind != LEAVE and said is not None and said.state == LEAVE:
                    await self._db(standing.doubt, supplier, LEAVE, ASKS_TO_LEAVE)
                    return
                self.waiting.discard(supplier)
                if await self._suppliers.reinstate(supplier):
                    self._log.info("{who} keeps his seat after all", who=supplier)
        finally:
            self._lock.release()

    async def act(self) -> None:
        """Make the seats of those vacant whose turn it is; forget who is no supplier any more."""
        await self._lock.acquire()
        try:
            known = self._suppliers.known
            for gone in set(await self._db.read(standing.known)) - known.keys():
                now = int(self._wall())
                await self._db(repairs.end, gone, now)
                if gone in self._suppliers.names:
                    name = self._suppliers.names[gone]
                    await self._db(standing.remember, gone, name, self._speed(gone), now)
                await self._db(standing.forget, gone)
            doubted = await self._db.read(standing.doubts)
            self.waiting = set(doubted)
            few = FEW if len(self._suppliers.seats) <= SMALL else MORE
            for supplier in doubted:
                if await self._suppliers.on_their_way(doubted) >= few:
                    break
                if any(seat is not None and seat.fingerprint == supplier for seat in self._suppliers.seats):
                    try:
                        await self._suppliers.replace(supplier)
                    except BitDustError as error:
                        # The user was faster.
                        self._log.info("{who} is not replaced: {why}", who=supplier, why=error.message)
                    else:
                        self._restart()
        finally:
            self._lock.release()
