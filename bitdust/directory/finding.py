"""
Looking for the address record of somebody we know, where nothing else leads to him.

No peer is looked for again within a minute, and no more than eight are at once; of what was shown once
nothing older is believed later, after a restart neither.  A look that was begun is brought to its end,
whoever gives up waiting for it.
"""

from __future__ import annotations

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.directory.address import CERTIFICATE, Address, check_address, check_age, open_address
from bitdust.directory.interface import IWhereabouts
from bitdust.errors import BitDustError, Damaged
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.pinning import Pins
from bitdust.world import Wall, background

#: look-ups under way at a time, and seconds before the same peer is looked for again
AT_ONCE, REST = 8, 60.0
#: peers of whom the last look-up is remembered
MOST = 2000


class AddressFinder:
    """
    @param whereabouts: where records are left.
    @param pins: where the highest number that was shown of each peer is kept.
    """

    _log = Logger()

    def __init__(self, whereabouts: IWhereabouts, pins: Pins, clock: IReactorTime, wall: Wall) -> None:
        self._whereabouts = whereabouts
        self._pins = pins
        self._clock = clock
        self._wall = wall
        self._turns = DeferredSemaphore(AT_ONCE)
        #: key of a peer -> when he was looked for, and what the newest record said
        self._seen: dict[bytes, tuple[float, Address | None]] = {}
        #: keys of those who are looked for now: told when that is over
        self._looking: dict[bytes, Signal[[]]] = {}
        #: how many look-ups there were, and how many of them found something
        self.asked = self.found = 0

    async def find(self, document: Document) -> Address | None:
        """Where the owner of this document says he is; None when that cannot be had now."""
        public = document.certificate(CERTIFICATE)
        if public is None:
            return None
        when, _ = self._seen.get(public, (-REST, None))
        if public in self._looking or self._clock.seconds() - when >= REST:
            await self._look_once(document, public)
        return self._current(document, public)

    async def _look_once(self, document: Document, public: bytes) -> None:
        over = self._looking.get(public)
        if over is None:
            over = self._looking[public] = Signal()
            waiting = over.next()
            background(
                self._look_in_turn(document, public),
                lambda why: self._log.failure("looking for an address record broke", why),
            )
        else:
            waiting = over.next()
        await waiting

    async def _look_in_turn(self, document: Document, public: bytes) -> None:
        try:
            await self._turns.acquire()
            try:
                found = await self._look(document, public)
            finally:
                self._turns.release()
            _, known = self._seen.pop(public, (0.0, None))
            if len(self._seen) >= MOST:
                del self._seen[next(iter(self._seen))]
            self._seen[public] = (self._clock.seconds(), found or known)
        finally:
            self._looking.pop(public)()

    async def _look(self, document: Document, public: bytes) -> Address | None:
        """What is found now, unless it is older than what was shown before."""
        self.asked += 1
        try:
            raw = await self._whereabouts.look(public)
            if raw is None:
                return None
            address, sequence = open_address(document, raw, self._wall()), check_address(public, raw)
            highest = await self._pins.address_shown(document.fingerprint, public, sequence)
        except BitDustError as why:
            self._log.info("no address of {name} from the directory: {why}", name=document.name, why=why)
            return None
        if sequence < highest:
            self._log.info("the directory shows an old address of {name}", name=document.name)
            return None
        self.found += 1
        return address

    def _current(self, document: Document, public: bytes) -> Address | None:
        _, known = self._seen.get(public, (0.0, None))
        try:
            if known is not None:
                check_age(document, known, self._wall())
        except Damaged:
            return None
        return known
