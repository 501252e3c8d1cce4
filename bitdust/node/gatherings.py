"""
gatherings -- meeting those who gather under a nickname or an offer: of them only addresses are told.

Each address is called, and whoever is there shows his identity himself; then he is known like anybody else
whom nobody has vouched for.  Anybody may have any address gathered: so few are called, and none again soon.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.directory.address import topic
from bitdust.directory.interface import IWhereabouts
from bitdust.directory.offers import offering
from bitdust.errors import BitDustError, Offline
from bitdust.identity.document import Document
from bitdust.world import Rng, spawn

#: addresses of one gathering that are called, and at a time
MOST, AT_ONCE = 20, 5
#: seconds for which one is not called again that led to nobody, and how many such are remembered
REST, MOST_RESTING = 600.0, 1000


class Gatherings:
    """
    @param call: meets whoever is at a contact (`Router.call`).
    """

    _log = Logger()

    def __init__(
        self,
        whereabouts: IWhereabouts,
        call: Callable[[str], Awaitable[Document]],
        clock: IReactorTime,
        rng: Rng,
    ) -> None:
        self._whereabouts = whereabouts
        self._call = call
        self._clock = clock
        self._rng = rng
        self._resting: dict[str, float] = {}
        #: how many addresses were called, and how many led to somebody
        self.asked = self.found = 0

    async def called(self, key: str) -> list[Document]:
        """
        Those who gather under the key of a nickname (`nickname.nickname_key`), as far as they are there.

        @raise Offline, Timeout, TryLater: the gathering cannot be asked for.
        """
        places = await self._whereabouts.gathered(topic("nickname", key))
        turns = DeferredSemaphore(AT_ONCE)
        calls = [turns.run(self._try, place) for place in self._shuffled(places)[:MOST]]
        met: list[Document | None] = await gatherResults(calls)
        return list({one.fingerprint: one for one in met if one is not None}.values())

    async def offering(self, limit: int) -> list[str]:
        """Up to so many who offer to be suppliers, each as `meet` takes him; [] when nobody can be found."""
        try:
            places = await offering(self._whereabouts, self._rng)
        except BitDustError as why:
            self._log.info("nobody who offers is found: {why}", why=why.message)
            return []
        return [" ".join(place) for place in self._shuffled(places)[:limit]]

    async def meet(self, contacts: str) -> Document:
        """
        Whoever is at one of these contacts (with spaces between); he is known from then on.

        @raise BitDustError: nobody is there who could be met.
        """
        last: BitDustError = Offline("nobody was there a while ago")
        for contact in contacts.split():
            if self._clock.seconds() - self._resting.get(contact, -REST) < REST:
                continue
            self.asked += 1
            try:
                document = await self._call(contact)
            except BitDustError as why:
                last = why
                self._rest(contact)
            else:
                self.found += 1
                return document
        raise last

    def _try(self, place: Sequence[str]) -> Deferred[Document | None]:
        async def meet() -> Document | None:
            try:
                return await self.meet(" ".join(place))
            except BitDustError as why:
                self._log.info("nobody is at {place}: {why}", place=place[0], why=why.message)
                return None

        return spawn(meet())

    def _shuffled(self, places: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return sorted(places, key=lambda _: self._rng(8))

    def _rest(self, contact: str) -> None:
        if len(self._resting) >= MOST_RESTING:
            del self._resting[next(iter(self._resting))]
        self._resting[contact] = self._clock.seconds()
