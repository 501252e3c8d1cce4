"""
Who of those that are reached over us bears a nickname, or offers something: what a relay gathers for them.

Where nodes gather only addresses are told, and theirs lead nowhere.  So a relay gathers there in their place,
and tells whoever comes by whom he may mean.  It is believed no more than a gathering is: who is meant proves
himself inside the circuit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bitdust.directory.nickname import claimed_by
from bitdust.errors import NotFound, TryLater
from bitdust.identity.document import Document
from bitdust.meter import Meter
from bitdust.relay.reservations import Reservation
from bitdust.router.inbox import Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import AskReached, Reached

#: of so many at most one question is told
MOST = 8
#: questions that one node may ask in a minute
ASKED, MINUTE = 30, 60.0


class Register:
    """
    @param reached: those with a reservation, the oldest first.
    @param document_of: the newest document of one of them; NotFound when there is none.
    @param meter: how often one may ask.
    """

    def __init__(
        self,
        reached: Callable[[], Sequence[Reservation]],
        document_of: Callable[[str], Awaitable[Document]],
        meter: Meter,
    ) -> None:
        self._reached, self._document_of, self._meter = reached, document_of, meter

    async def documents(self) -> list[Document]:
        """Theirs: of our own suppliers and customers first, then of those who have been here longest."""
        found = []
        for each in sorted(self._reached(), key=lambda each: not each.own):
            try:
                found.append(await self._document_of(each.fingerprint))
            except NotFound:
                # Forgotten among very many strangers: he shows it again with his next link.
                continue
        return found

    async def asked(self, sender: Sender, packet: AskReached, _exchange: IExchange) -> Reached:
        """@raise TryLater: he asks too often."""
        if not self._meter.allows(sender.fingerprint):
            raise TryLater(f"this relay answers {ASKED} such questions of one node a minute")
        return Reached(
            tuple(each.fingerprint for each in await self.documents() if _is_meant(each, packet))[:MOST]
        )


def _is_meant(document: Document, packet: AskReached) -> bool:
    if packet.kind == "nickname":
        return claimed_by(document) == packet.what
    return packet.what in document.offers
