"""
Who of those that are reached over us bears a nickname, or offers something: what a relay gathers for them.

Where nodes gather only addresses are told, and theirs lead nowhere.  So a relay gathers there in their place,
and tells whoever comes by whom he may mean.  It is believed no more than a gathering is: who is meant proves
himself inside the circuit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from bitdust.directory.nickname import claimed_by
from bitdust.errors import NotFound, TryLater
from bitdust.identity.document import Document
from bitdust.meter import Meter
from bitdust.relay.asker import Asker
from bitdust.relay.reservations import Reservation
from bitdust.router.inbox import Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import AskReached, Reached

#: of so many at most one question is told
MOST = 8
#: questions that one household may ask in a minute, and all of them: a name costs nothing
ASKED, BY_ALL, MINUTE = 30, 300, 60.0


class Register:
    """
    @param reached: those with a reservation, the oldest first.
    @param document_of: the newest document of one of them; NotFound when there is none.
    """

    def __init__(
        self,
        reached: Callable[[], Sequence[Reservation]],
        document_of: Callable[[str], Awaitable[Document]],
        clock: IReactorTime,
    ) -> None:
        self._reached, self._document_of = reached, document_of
        self._each, self._all = Meter(clock, ASKED, MINUTE), Meter(clock, BY_ALL, MINUTE)

    async def documents(self) -> list[Document]:
        """Theirs: of our own suppliers and customers first, then of those who have been here longest."""
        return [each async for each in self._documents()]

    async def _documents(self) -> AsyncIterator[Document]:
        for each in sorted(self._reached(), key=lambda each: not each.own):
            try:
                yield await self._document_of(each.fingerprint)
            except NotFound:
                # Forgotten among very many strangers: he shows it again with his next link.
                continue

    async def asked(self, sender: Sender, packet: AskReached, _exchange: IExchange) -> Reached:
        """@raise TryLater: he asks too often, or all together do."""
        if not self._each.allows(Asker(sender.fingerprint, False, sender.link.place).household):
            raise TryLater(f"this relay answers {ASKED} such questions of one address a minute")
        if not self._all.allows("all"):
            raise TryLater(f"this relay answers {BY_ALL} such questions a minute")
        found: list[str] = []
        async for each in self._documents():
            if _is_meant(each, packet):
                found.append(each.fingerprint)
            if len(found) == MOST:
                break
        return Reached(tuple(found))


def _is_meant(document: Document, packet: AskReached) -> bool:
    if packet.kind == "nickname":
        return claimed_by(document) == packet.what
    return packet.what in document.offers
