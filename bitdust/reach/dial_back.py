"""
Dialling those who want to know whether they can be reached.

Nobody is sent to others by this: only the address that the question came from is dialled, which has shown by
its link that it hears; each asker, and all of them together, may ask so often and no more; and a dial ends
with the handshake, which costs us less than the question's link has cost.
"""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import gatherResults
from twisted.internet.interfaces import IReactorTime

from bitdust.errors import BitDustError, TryLater, Usage
from bitdust.meter import Meter
from bitdust.transport.contact import LEAST_PORT, parse_contact
from bitdust.transport.interface import Expected, ILink, ITransport
from bitdust.wire.packets import DialBack, DialledBack
from bitdust.wire.place import read_place
from bitdust.world import spawn

#: questions that one asker may put in an hour, and all of them in a minute
EACH, ALL = 12, 30


class DialBacks:
    """Answers of one node."""

    def __init__(self, clock: IReactorTime, transports: Mapping[str, ITransport]) -> None:
        self._transports = transports
        self._each = Meter(clock, EACH, 3600.0)
        self._all = Meter(clock, ALL, 60.0)

    async def answer(self, link: ILink, question: DialBack) -> DialledBack:
        """
        Dial the contacts whose roads we have, and say where he answered.

        @raise Usage: a contact is not at the asker's address.  @raise TryLater: that is too often.
        """
        for contact in question.contacts:
            _check(link, contact)
        if not (self._each.allows(link.document.fingerprint) and self._all.allows("all")):
            raise TryLater("so often nobody is dialled back")
        expected = Expected(link.document.fingerprint, link.document.device_spkis, glance=True)
        contacts = [each for each in dict.fromkeys(question.contacts) if _road(each) in self._transports]
        there = await gatherResults([spawn(self._answers(each, expected)) for each in contacts])
        return DialledBack(tuple(each for each, answers in zip(contacts, there, strict=True) if answers))

    async def _answers(self, contact: str, expected: Expected) -> bool:
        try:
            await self._transports[_road(contact)].dial(contact, expected)
        except BitDustError:
            return False
        return True


def _road(contact: str) -> str:
    return contact.partition("://")[0]


def _check(link: ILink, contact: str) -> None:
    host, port = parse_contact(_road(contact), contact)
    if not (link.direct and link.place) or host != str(read_place(link.place).host):
        raise Usage(f"{contact!r} is not at the address that asks")
    if port < LEAST_PORT:
        raise Usage(f"port {port} is no node's")
