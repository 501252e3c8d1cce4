"""
We, behind a router that lets nobody in: places kept at a few relays, where others reach us.

Rounds: what we have is asked for again, what is missing is looked for, the best known first.  A relay does
not remember us when it or our link ends, and so a round follows each loss at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.errors import BitDustError, RemoteFault
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.router.router import Router
from bitdust.transport.relay.contact import SCHEME, write_relayed
from bitdust.wire.packets import Carried, Reserve, Reserved
from bitdust.world import background, give_up

#: relays at which we keep a place: one may die
WANTED = 2
#: seconds between rounds, so that the link counts as used; and while a relay is missing
ROUND, SOON = 240.0, 60.0
#: seconds after a loss until the next round: a relay that restarts is back
AT_ONCE = 1.0
#: seconds that a relay has to answer, and those for which one who did not is not asked
PATIENCE, REST = 15.0, 600.0


@dataclass(frozen=True)
class Place:
    """
    Where others reach us.

    @param since: seconds of the clock.
    """

    fingerprint: str
    idurl: str
    contact: str
    since: float
    terms: Carried


class Keeper:
    """
    @param me: our own fingerprint.
    @param wanted: cannot others reach us without, as far as we know now?
    @param candidates: who might carry for us, the best first.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        me: str,
        router: Router,
        wanted: Callable[[], bool],
        candidates: Callable[[], Awaitable[Sequence[Document]]],
    ) -> None:
        #: the contacts are others
        self.changed: Signal[[]] = Signal()
        #: IDURL and fingerprint of a relay where we have a place from now on, or not any more; and why
        self.found: Signal[[str, str]] = Signal()
        self.lost: Signal[[str, str, str]] = Signal()
        self._clock, self._me, self._router = clock, me, router
        self._wanted, self._candidates = wanted, candidates
        self._places: dict[str, Place] = {}
        self._resting: dict[str, float] = {}
        self._asking = ""
        self._timer: IDelayedCall | None = None
        self._running: Deferred[None] | None = None
        self._again = self._stopped = False
        self._unlisten: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin the rounds."""
        self._unlisten = self._router.went.listen(self._went)
        self._wait(0.0)

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        self._stopped = True
        self._unlisten()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._running is not None:
            give_up(self._running)

    def places(self) -> list[Place]:
        """Where others reach us, the oldest first."""
        return [*self._places.values()]

    def has(self, fingerprint: str) -> bool:
        """Do others reach us over him, or are we asking him for that at this moment?"""
        return fingerprint in self._places or fingerprint == self._asking

    def contacts(self) -> list[str]:
        """The same as contacts to publish."""
        return [place.contact for place in self._places.values()]

    def hurry(self) -> None:
        """Something it depends on is different: look at once."""
        self._resting.clear()
        self._wait(0.0)

    def _went(self, fingerprint: str) -> None:
        if fingerprint in self._places:
            self._wait(AT_ONCE)

    def _wait(self, seconds: float) -> None:
        if self._stopped:
            return
        if self._running is not None:
            self._again = True
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.callLater(seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._again = False
        running = background(self._round(), lambda why: self._log.failure("a round broke", why))
        self._running = running
        running.addCallback(lambda _: self._ended())

    def _ended(self) -> None:
        self._running = None
        if self._again:
            self._wait(AT_ONCE)
        elif self._wanted():
            self._wait(SOON if len(self._places) < WANTED else ROUND)
        # Else nothing ticks: `hurry` tells when it is wanted.

    async def _round(self) -> None:
        before = self.contacts()
        for place in self.places():
            await (self._renew(place) if self._wanted() else self._leave(place))
        if self._wanted() and len(self._places) < WANTED:
            await self._look()
        if self.contacts() != before:
            self.changed()

    async def _look(self) -> None:
        now = self._clock.seconds()
        self._resting = {who: until for who, until in self._resting.items() if until > now}
        for document in await self._candidates():
            who = document.fingerprint
            if len(self._places) >= WANTED:
                return
            if who == self._me or who in self._places or who in self._resting or not _straight(document):
                continue
            self._router.know(document)
            try:
                place = await self._ask(who, self._clock.seconds())
            except BitDustError as why:
                self._log.debug("{who} does not carry for us: {why}", who=document.idurl, why=why)
                self._resting[who] = self._clock.seconds() + REST
            else:
                self._places[who] = place
                self.found(place.idurl, who)

    async def _renew(self, place: Place) -> None:
        try:
            self._places[place.fingerprint] = await self._ask(place.fingerprint, place.since)
        except BitDustError as why:
            self._resting[place.fingerprint] = self._clock.seconds() + REST
            self._drop(place, why.message)

    async def _leave(self, place: Place) -> None:
        try:
            await self._router.ask(place.fingerprint, Reserve(wanted=False), within=PATIENCE)
        except BitDustError as why:
            self._log.debug("{who} does not hear that we leave: {why}", who=place.idurl, why=why)
        self._drop(place, "it is not needed any more")

    def _drop(self, place: Place, why: str) -> None:
        del self._places[place.fingerprint]
        self.lost(place.idurl, place.fingerprint, why)

    async def _ask(self, who: str, since: float) -> Place:
        self._asking = who
        try:
            answer = await self._router.ask(who, Reserve(), within=PATIENCE)
        finally:
            self._asking = ""
        link = self._router.link(who)
        if not isinstance(answer, Reserved) or not answer.seconds or link is None:
            raise RemoteFault("it makes no reservation")
        document: Document = link.document
        contact = write_relayed(self._me, who, _straight(document)) if link.direct else None
        if contact is None:
            raise RemoteFault("it cannot be reached straight")
        return Place(who, document.idurl, contact, since, answer.terms)


def _straight(document: Document) -> list[str]:
    """Where a relay is dialed itself."""
    return [contact for contact in document.contacts if not contact.startswith(f"{SCHEME}://")]
