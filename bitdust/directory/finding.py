"""
Looking for the address record of somebody we know, where nothing else leads to him.

No peer is looked for again within a minute, and no more than eight are at once; of what was shown once
nothing older is believed later.
"""

from __future__ import annotations

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.directory.address import CERTIFICATE, Address, check_address, open_address
from bitdust.directory.interface import IWhereabouts
from bitdust.errors import BitDustError
from bitdust.identity.document import Document
from bitdust.world import Wall

#: look-ups under way at a time, and seconds before the same peer is looked for again
AT_ONCE, REST = 8, 60.0
#: peers of whom the last look-up is remembered
MOST = 2000


class AddressFinder:
    """@param whereabouts: where records are left."""

    _log = Logger()

    def __init__(self, whereabouts: IWhereabouts, clock: IReactorTime, wall: Wall) -> None:
        self._whereabouts = whereabouts
        self._clock = clock
        self._wall = wall
        self._turns = DeferredSemaphore(AT_ONCE)
        #: key of a peer -> when he was looked for, the highest sequence shown, what it said
        self._seen: dict[bytes, tuple[float, int, Address | None]] = {}
        #: how many look-ups there were, and how many of them found something
        self.asked = self.found = 0

    async def find(self, document: Document) -> Address | None:
        """Where the owner of this document says he is; None when that cannot be had now."""
        public = document.certificate(CERTIFICATE)
        if public is None:
            return None
        when, _, known = self._seen.get(public, (-REST, -1, None))
        if self._clock.seconds() - when < REST:
            return known
        await self._turns.acquire()
        try:
            return await self._look(document, public)
        finally:
            self._turns.release()

    async def _look(self, document: Document, public: bytes) -> Address | None:
        _, highest, known = self._seen.pop(public, (0.0, -1, None))
        self.asked += 1
        try:
            raw = await self._whereabouts.look(public)
            if raw is not None and (sequence := check_address(public, raw)) >= highest:
                known = open_address(document, raw, self._wall())
                highest = sequence
                self.found += 1
        except BitDustError as why:
            self._log.info("no address of {name} from the directory: {why}", name=document.name, why=why)
        if len(self._seen) >= MOST:
            del self._seen[next(iter(self._seen))]
        self._seen[public] = (self._clock.seconds(), highest, known)
        return known
