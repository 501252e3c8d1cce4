"""
One end of a link in the lab, as a process: it does what lines of JSON tell it, and says what came of it.

    python -m tests.natlab.end NAME
"""

from __future__ import annotations

import json
import sys
from typing import Any

from twisted.internet import reactor, stdio
from twisted.internet.defer import CancelledError
from twisted.protocols.basic import LineReceiver

from bitdust.errors import BitDustError
from bitdust.transport.interface import Expected, IExchange, IHole, ILink
from bitdust.transport.tcp.port import TcpTransport
from bitdust.transport.udp.port import UdpTransport
from bitdust.wire.packets import Ack, Data, Priority
from bitdust.wire.place import read_place
from bitdust.world import spawn, system_rng
from tests.transport.people import doorman, person

ROADS = {"tcp": TcpTransport, "udp": UdpTransport}
#: bytes of one write of a body
STEP = 256 * 1024


class End(LineReceiver):
    """Its orders are its methods."""

    delimiter = b"\n"

    def __init__(self, name: str) -> None:
        who = person(name)
        self.roads = {
            scheme: road(reactor, who.device, lambda: who.raw, doorman, "0.0.0.0", 0, system_rng)
            for scheme, road in ROADS.items()
        }
        self.hole_of: dict[str, IHole] = {}
        self.links: list[ILink] = []

    def lineReceived(self, line: bytes) -> None:
        order = json.loads(line)
        do = getattr(self, order.pop("do"))
        spawn(do(**order)).addCallbacks(self.say, self.complain)

    def connectionLost(self, reason: object = None) -> None:
        reactor.stop()

    def say(self, answer: Any) -> None:
        print(json.dumps(answer), flush=True)

    def complain(self, failure: Any) -> None:
        self.say({"error": type(failure.value).__name__, "why": failure.getErrorMessage()})

    # orders

    async def listen(self) -> list[str]:
        return [contact for road in self.roads.values() for contact in await road.listen(self.accept)]

    async def hole(self, road: str, observer: str, at: str, fresh: bool = False) -> str:
        """Where we are seen."""
        if road in self.hole_of:
            self.hole_of.pop(road).close()
        self.hole_of[road] = await self.roads[road].hole([(at, expected(observer))], fresh)
        return str(self.hole_of[road].place)

    async def dial(self, road: str, place: str, secret: str, who: str) -> dict[str, Any]:
        """Punch, and be the one who dials."""
        link = await self.hole_of[road].dial([read_place(place)], bytes.fromhex(secret), expected(who))
        self.links.append(link)
        return {"place": link.place, "seen": link.seen_as}

    async def let_in(self, road: str, place: str, secret: str) -> None:
        """Punch, and be the one who is dialed; told at once."""
        self.hole_of[road].let_in([read_place(place)], bytes.fromhex(secret)).addErrback(forgive)

    async def ring(self, at: str, who: str) -> str:
        """Dial without punching; where we are seen."""
        link = await self.roads[at.partition(":")[0]].dial(at, expected(who))
        self.links.append(link)
        return str(link.seen_as)

    async def send(self, size: int) -> bool:
        """A body over the last link, until it is acknowledged."""
        exchange = self.links[-1].ask(Data(bytes(32), 0, size, bytes(32)), Priority.BACKUP)
        for begin in range(0, size, STEP):
            await exchange.write(bytes(min(STEP, size - begin)))
        return await exchange.answer() == Ack()

    async def limit(self, rate: int) -> None:
        """Send no more than so many bytes a second."""
        for road in self.roads.values():
            road.pace.set(rate)

    async def close(self) -> None:
        for hole in self.hole_of.values():
            hole.close()
        self.hole_of.clear()

    # what comes

    def accept(self, link: ILink) -> None:
        self.links.append(link)
        link.serve(lambda _, exchange: spawn(swallow(exchange)).addErrback(forgive))


async def swallow(exchange: IExchange) -> None:
    while await exchange.read():
        continue
    exchange.reply(Ack())


def expected(name: str) -> Expected:
    return person(name).expected


def forgive(failure: Any) -> None:
    failure.trap(BitDustError, CancelledError)


if __name__ == "__main__":
    stdio.StandardIO(End(sys.argv[1]))
    reactor.run()
