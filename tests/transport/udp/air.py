"""UDP sockets without wires, on a hand-turned clock: datagrams get lost, take time, come from elsewhere."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from bitdust.transport.guests import Partners, nobody
from bitdust.transport.interface import IExchange, ILink, LinkLost
from bitdust.transport.udp.port import UdpTransport
from bitdust.world import spawn
from tests.transport.conformance import echo
from tests.transport.people import Person, doorman, seeded

Address = tuple[str, int]


class Air:
    """Everything between the sockets.  `reactor(host)` is what a road at that address is given."""

    def __init__(self, seed: int = 1, *, loss: float = 0.0, delay: float = 0.001) -> None:
        self.clock = Clock()
        self.clock.rightNow = 1000.0
        self.loss, self.delay = loss, delay
        #: seconds by which each datagram is later, at the most: with any they overtake each other
        self.jitter = 0.0
        #: bytes that came to each socket, and when each public address said something
        self.came: Counter[Address] = Counter()
        self.said: dict[Address, list[float]] = {}
        self._random = random.Random(seed)
        self._sockets: dict[Address, Handle] = {}
        self._public: dict[Address, Address] = {}
        self._ports = 40_000
        self.links: list[ILink] = []
        self.roads: list[UdpTransport] = []

    def reactor(self, host: str) -> AirReactor:
        return AirReactor(self, host)

    def road(self, who: Person, host: str, partners: Partners = nobody) -> UdpTransport:
        """A road of this person at this address."""
        road = UdpTransport(
            self.reactor(host), who.device, lambda: who.raw, doorman, host, 0,
            seeded(f"air {who.name}"), lambda: 1000.0, partners=partners,
        )  # fmt: skip
        self.roads.append(road)
        return road

    def accept(self, link: ILink) -> None:
        link.serve(echo)
        self.links.append(link)

    def stop(self) -> None:
        """End every road; afterwards nothing ticks."""
        stopped = [road.stop() for road in self.roads]
        self.turn(20.0)
        for each in stopped:
            result(each)
        assert self.clock.getDelayedCalls() == []

    def turn(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.clock.seconds() + seconds
        while (calls := self.clock.getDelayedCalls()) and min(call.getTime() for call in calls) <= end:
            due = min(call.getTime() for call in calls)
            self.clock.advance(max(0.0, due - self.clock.seconds()))
        self.clock.advance(max(0.0, end - self.clock.seconds()))

    def until(self, waiting: Deferred[Any], within: float = 60.0) -> Any:
        """What it fires with."""
        end = self.clock.seconds() + within
        while not waiting.called:
            assert self.clock.seconds() < end, f"not within {within} s"
            self.turn(0.01)
        return result(waiting)

    # orders

    def hop(self, host: str) -> Address:
        """A router forgets this host: it speaks from another port, and what goes to the old one is lost."""
        [place] = [each for each in self._sockets if each[0] == host]
        self._ports += 1
        self._public[place] = (f"203.0.113.{self._ports % 200 + 1}", self._ports)
        return self._public[place]

    def place(self, host: str) -> Address:
        """The one socket of this host."""
        [place] = [each for each in self._sockets if each[0] == host]
        return place

    # for the sockets

    def open(self, host: str, port: int, protocol: Any) -> Handle:
        if not port:
            self._ports += 1
            port = self._ports
        handle = self._sockets[host, port] = Handle(self, (host, port), protocol)
        return handle

    def close(self, handle: Handle) -> None:
        self._sockets.pop(handle.place, None)

    def carry(self, place: Address, datagrams: Sequence[bytes], to: Address) -> None:
        """Bring them to whoever has that public address now."""
        source = self._public.get(place, place)
        self.said.setdefault(source, []).append(self.clock.seconds())
        left = [each for each in datagrams if self._random.random() >= self.loss]
        if not self.jitter:
            self.clock.callLater(self.delay, self._deliver, left, source, to)
            return
        for each in left:
            late = self.jitter * self._random.random()
            self.clock.callLater(self.delay + late, self._deliver, [each], source, to)

    def _deliver(self, datagrams: list[bytes], source: Address, to: Address) -> None:
        moved = {public: place for place, public in self._public.items()}
        place = moved.get(to, to)
        handle = self._sockets.get(place)
        if handle is None or self._public.get(place, place) != to:
            return
        for each in datagrams:
            self.came[place] += len(each)
            handle.protocol.datagramReceived(each, source)


class Handle:
    """A socket, its port of the reactor, and the transport of its protocol: what a road asks of the three."""

    def __init__(self, air: Air, place: Address, protocol: Any) -> None:
        self.place, self.protocol, self._air = place, protocol, air
        protocol.makeConnection(self)

    def getHandle(self) -> Handle:
        return self

    def getHost(self) -> Any:
        return type("Host", (), {"host": self.place[0], "port": self.place[1]})

    def setsockopt(self, *_: object) -> None:
        return

    def sendto(self, data: bytes, to: Address) -> None:
        self._air.carry(self.place, [data], to)

    def sendmsg(self, datagrams: list[bytes], _how: object, _flags: int, to: Address) -> None:
        self._air.carry(self.place, datagrams, to)

    def stopListening(self) -> None:
        self._air.close(self)
        self.protocol.doStop()


class AirReactor:
    """What a road asks of its reactor."""

    def __init__(self, air: Air, host: str) -> None:
        self._air, self._host = air, host
        self.callLater, self.seconds = air.clock.callLater, air.clock.seconds

    def listenUDP(self, port: int, protocol: Any, interface: str, maxPacketSize: int) -> Handle:
        return self._air.open(self._host, port, protocol)

    def resolve(self, name: str) -> Deferred[str]:
        return succeed(name)


def result(waiting: Deferred[Any]) -> Any:
    """What it has fired with."""
    got: list[Any] = []
    waiting.addBoth(got.append)
    assert got, "it has not fired"
    if hasattr(got[0], "raiseException"):
        got[0].raiseException()
    return got[0]


class Counting:
    """An answerer that reads all there is, and counts it."""

    def __init__(self) -> None:
        self.size = 0

    def __call__(self, link: ILink, exchange: IExchange) -> None:
        async def work() -> None:
            while data := await exchange.read():
                self.size += len(data)

        spawn(work()).addErrback(lambda failure: failure.trap(LinkLost))
