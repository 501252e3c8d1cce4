"""
gatherings -- meeting those who gather under a nickname or an offer: of them only addresses are told.

Each address is called, and whoever is there shows his identity himself; then he is known like anybody else
whom nobody has vouched for.  Anybody may have any address gathered: so few are called, and none again soon.
Who offers to be a relay may gather in the place of others, whom nobody can dial: he is asked for them, and
they are met over him, one after the other of each relay, so that none of them can push out those of others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, zip_longest
from typing import Literal

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.directory.address import topic
from bitdust.directory.interface import IWhereabouts
from bitdust.directory.offers import offering
from bitdust.errors import BitDustError, Offline
from bitdust.identity.document import Document
from bitdust.node.own_identity import SUPPLIER_OFFER
from bitdust.relay.service import OFFER
from bitdust.transport.relay.contact import SCHEME, write_relayed
from bitdust.wire.packets import AskReached, Packet, Reached
from bitdust.world import Rng, spawn

#: addresses of one gathering that are called, and at a time
MOST, AT_ONCE = 20, 5
#: seconds for which one is not called again that led to nobody, and how many such are remembered
REST, MOST_RESTING = 600.0, 1000
#: contacts of suppliers behind relays that are remembered, the latest
MOST_BEHIND = 100
#: seconds that a relay has to answer: who was met already is not kept waiting by those who are silent
ANSWERS = 5.0


class Gatherings:
    """
    @param call: meets whoever is at a contact (`Router.call`).
    @param ask: asks a peer (`Router.ask`).
    """

    _log = Logger()

    def __init__(
        self,
        whereabouts: IWhereabouts,
        call: Callable[[str], Awaitable[Document]],
        ask: Callable[[str, Packet], Awaitable[Packet]],
        clock: IReactorTime,
        rng: Rng,
    ) -> None:
        self._whereabouts = whereabouts
        self._call, self._ask = call, ask
        self._clock = clock
        self._rng = rng
        self._resting: dict[str, float] = {}
        #: contacts of suppliers whom relays have told of
        self._behind: dict[str, None] = {}
        #: how many addresses were called, and how many led to somebody
        self.asked = self.found = 0

    async def called(self, key: str) -> list[Document]:
        """
        Those who gather under the key of a nickname (`nickname.nickname_key`), as far as they are there.

        @raise Offline, Timeout, TryLater: the gathering cannot be asked for.
        """
        places = await self._whereabouts.gathered(topic("nickname", key))
        chosen = [" ".join(place) for place in self._shuffled(places)[:MOST]]
        met = await self._meet_all(chosen)
        turns = DeferredSemaphore(AT_ONCE)
        asked = [turns.run(self._asks, one, "nickname", key) for one in met if OFFER in one.offers]
        behind: list[list[str]] = await gatherResults(asked)
        in_turn = chain.from_iterable(zip_longest(*behind))
        met += await self._meet_all([contact for contact in in_turn if contact is not None][:MOST])
        return list({one.fingerprint: one for one in met}.values())

    async def offering(self, limit: int) -> list[str]:
        """Up to so many who offer to be suppliers, each as `meet` takes him; [] when nobody can be found."""
        try:
            places = await offering(self._whereabouts, self._rng)
        except BitDustError as why:
            self._log.info("nobody who offers is found: {why}", why=why.message)
            return []
        known = [*map(" ".join, places), *self._behind]
        return sorted(known, key=lambda _: self._rng(8))[:limit]

    async def meet_offering(self, contacts: str) -> Document:
        """
        The same as `meet`; of a relay those are remembered who offer to be suppliers and are reached over it.

        @raise BitDustError: nobody is there who could be met.
        """
        document = await self.meet(contacts)
        if OFFER in document.offers:
            for contact in await self._who(document, "offer", SUPPLIER_OFFER):
                self._behind.pop(contact, None)
                self._behind[contact] = None
            for oldest in list(self._behind)[:-MOST_BEHIND]:
                del self._behind[oldest]
        return document

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

    async def _meet_all(self, places: Sequence[str]) -> list[Document]:
        turns = DeferredSemaphore(AT_ONCE)
        met: list[Document | None] = await gatherResults([turns.run(self._try, place) for place in places])
        return [one for one in met if one is not None]

    def _try(self, place: str) -> Deferred[Document | None]:
        async def meet() -> Document | None:
            try:
                return await self.meet(place)
            except BitDustError as why:
                self._log.info("nobody is at {place}: {why}", place=place[:256], why=why.message)
                return None

        return spawn(meet())

    def _asks(self, relay: Document, kind: Literal["nickname", "offer"], what: str) -> Deferred[list[str]]:
        return spawn(self._who(relay, kind, what))

    async def _who(self, relay: Document, kind: Literal["nickname", "offer"], what: str) -> list[str]:
        """Contacts of those who are reached over this relay, as it says; [] when it does not answer."""
        try:
            answer = await self._ask(relay.fingerprint, AskReached(kind, what))
        except BitDustError as why:
            self._log.info("{relay} tells of nobody: {why}", relay=relay.idurl, why=why.message)
            return []
        if not isinstance(answer, Reached):
            return []
        # How to come to it the relay itself says, in its document, and they cannot be sent to anybody else.
        straight = [contact for contact in relay.contacts if not contact.startswith(f"{SCHEME}://")]
        peers = (peer for peer in answer.peers if peer != relay.fingerprint)
        contacts = (write_relayed(peer, relay.fingerprint, straight) for peer in peers)
        return [contact for contact in contacts if contact is not None]

    def _shuffled(self, places: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return sorted(places, key=lambda _: self._rng(8))

    def _rest(self, contact: str) -> None:
        if len(self._resting) >= MOST_RESTING:
            del self._resting[next(iter(self._resting))]
        self._resting[contact] = self._clock.seconds()
