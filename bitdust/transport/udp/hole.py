"""
A UDP port of ours that a peer can come in through, by punching.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, TimeoutError

from bitdust.errors import Timeout
from bitdust.transport.hole import Hole
from bitdust.transport.interface import Expected, ILink
from bitdust.transport.udp.outlet import Outlet
from bitdust.transport.udp.punches import EVERY, TIMES, Punches
from bitdust.transport.udp.socket import Address
from bitdust.transport.udp.workshop import Workshop
from bitdust.wire.place import Place
from bitdust.world import pause, spawn

#: seconds in which the peer's datagrams must have come; and those which a link may take then
OPENS, LINKS = EVERY * TIMES + 0.5, 4.0


class UdpHole(Hole):
    """Of one outlet."""

    def __init__(self, workshop: Workshop, outlet: Outlet, place: Place, asked: ILink | None) -> None:
        super().__init__(place, asked)
        self._workshop, self._outlet = workshop, outlet

    async def _dial(self, places: Sequence[Place], secret: bytes, expected: Expected) -> ILink:
        clock = self._workshop.clock
        heard: Deferred[Address] = Deferred()
        punches = self._punch(places, secret, lambda at: None if heard.called else heard.callback(at))
        try:
            address = await heard.addTimeout(OPENS, clock)
            return await spawn(self._link(address, expected)).addTimeout(LINKS, clock)
        except TimeoutError:
            raise Timeout(f"nothing came through to {self.place} by UDP") from None
        finally:
            self._workshop.end(secret, punches)

    async def _link(self, address: Address, expected: Expected) -> ILink:
        return await self._workshop.dial(self._outlet, address, expected)

    async def _let_in(self, places: Sequence[Place], secret: bytes) -> None:
        punches = self._punch(places, secret, lambda _: None)
        try:
            await pause(self._workshop.clock, OPENS + LINKS)
        finally:
            self._workshop.end(secret, punches)

    def _close(self) -> None:
        self._workshop.let_go(self._outlet)

    def _punch(self, places: Sequence[Place], secret: bytes, heard: Callable[[Address], None]) -> Punches:
        punches = Punches(self._workshop.clock, self._outlet.socket.send, places, secret, heard)
        self._workshop.begin(secret, punches)
        return punches
