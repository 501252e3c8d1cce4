"""
notices -- what suppliers tell us about our contracts, and what follows from it.

Who asks us to leave is replaced like anybody who is doubted, make before break; only then the contract is
ended.  Nothing that a supplier says here takes a piece away: a supplier who lies has us move, at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.logger import Logger

from bitdust.customer import standing
from bitdust.customer.doubts import ASKS_TO_LEAVE, LEAVE, Doubts
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import NotFound, TryLater
from bitdust.events import Signal
from bitdust.router.router import Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Ack, Notice, Packet
from bitdust.world import Wall

#: what is known of a supplier's words, in ours; of those that are not here nothing follows
WORDS = {
    "well": "all is well",
    "full": "it keeps more than was agreed on, and adds nothing",
    "silent": "it has not heard of us for long",
    "leave": ASKS_TO_LEAVE,
    "ended": "it has ended our contract",
}


@dataclass
class Notices:
    """
    @param db: `standing.SCHEMA`.
    @param is_up: whether we act at all: not before the catalog is here, nor when another node owns it.
    @param restart: begin a round: it sees what a supplier still holds.
    """

    db: Database
    suppliers: Suppliers
    doubts: Doubts
    wall: Wall
    is_up: Callable[[], bool]
    restart: Callable[[], None]
    #: (fingerprint, state): a supplier has told something that he had not told before
    heard: Signal[[str, str]] = field(default_factory=Signal)

    _log = Logger()

    async def take(self, sender: Sender, packet: Notice, exchange: IExchange) -> Packet:
        """
        A notice has come.

        @raise TryLater: not now.
        @raise NotFound: he is no supplier of ours.
        """
        who = sender.fingerprint
        if not self.is_up():
            raise TryLater("this node does not look after its backups at this moment")
        if who not in self.suppliers.known:
            raise NotFound("this node keeps nothing at yours")
        if packet.state not in WORDS:
            self._log.info("{who} says of our contract: {state}", who=who, state=packet.state)
            return Ack()
        said = standing.Said(packet.state, packet.used, packet.granted, packet.until, int(self.wall()))
        if await self.db(standing.say, who, said):
            self._log.info("{who} says: {what}", who=who, what=WORDS[packet.state])
            self.heard(who, packet.state)
        if packet.state == "leave":
            await self.doubts.accuse(who, LEAVE, ASKS_TO_LEAVE)
        elif packet.state == "ended":
            # The round asks him what he keeps: it is lost if he says so then, too.
            self.restart()
        else:
            await self.doubts.excuse(who, LEAVE)
        return Ack()
