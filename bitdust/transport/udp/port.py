"""
Links over UDP: one socket that listens, dials, and gives each datagram to its connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IListeningPort, IReactorCore, IReactorTime, IReactorUDP
from zope.interface import implementer

from bitdust.errors import Timeout
from bitdust.identity.keys import DeviceKey
from bitdust.transport.contact import anywhere, is_name, parse_contact, write_contact
from bitdust.transport.guests import Partners, nobody
from bitdust.transport.interface import Doorman, Expected, IHole, ILink, IPuncher, ITransport
from bitdust.transport.link import Link
from bitdust.transport.pace import Paces
from bitdust.transport.port import Port
from bitdust.transport.udp.door import Caller, Door
from bitdust.transport.udp.hole import UdpHole
from bitdust.transport.udp.link import SCHEME, UdpLink
from bitdust.transport.udp.outlet import Outlet
from bitdust.transport.udp.quic import Device, Quic
from bitdust.transport.udp.road import Road
from bitdust.transport.udp.socket import LONGEST, Address, Datagram
from bitdust.transport.udp.workshop import Workshop
from bitdust.wire.place import Place, place_of, read_place
from bitdust.world import Rng, Wall, spawn, system_wall

#: handshakes under way from which on a stranger has to show that he is where he says
CROWD = 32
#: the option that says at which port to listen
SETTING = "services/udp-datagrams/udp-port"


class IReactor(IReactorUDP, IReactorTime, IReactorCore):
    """What this road asks of the reactor."""


@implementer(ITransport, IPuncher)
class UdpTransport(Port):
    """
    QUIC over UDP, both sides known by their device keys.

    @param document: this node's own identity document as it is now.
    @param host: the address to listen at; "0.0.0.0" for all.
    @param port: 0 lets the system choose.
    @param instead: ports to listen at when that one is in use, the first that is free.
    @param paces: the limits, when this road shares them with others.
    @param may_lead: may a name that is dialled lead to this address?
    @param partners: those whose links have a place before others'.
    """

    scheme = SCHEME

    def __init__(
        self,
        reactor: IReactor,
        device: DeviceKey,
        document: Callable[[], bytes],
        doorman: Doorman,
        host: str,
        port: int,
        rng: Rng,
        wall: Wall = system_wall,
        instead: Sequence[int] = (),
        paces: Paces | None = None,
        partners: Partners = nobody,
        may_lead: Callable[[str], bool] = anywhere,
    ) -> None:
        super().__init__(
            reactor, document, doorman, host, (port, *instead), SETTING, rng, wall, paces, partners
        )
        self._reactor, self._device, self._may_lead = reactor, device, may_lead
        self._quic = Device(device)
        self._door = Door(reactor, rng)
        self._outlet = Outlet(reactor, self._came)
        self._workshop = Workshop(reactor, self._fresh, self._dial_from)
        #: handshakes of guests that are not over
        self._greeting = 0

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        def opened() -> list[str]:
            self._accepted = accepted
            return [write_contact(SCHEME, self._host, self._opened().getHost().port)]  # type: ignore[attr-defined]

        return maybeDeferred(opened)

    def _opened(self) -> IListeningPort:
        """The port; who dials before he listens has it already."""
        return self._outlet.open(
            lambda socket: self._first_free(
                lambda port: self._reactor.listenUDP(port, socket, self._host, LONGEST)
            )
        )

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        address = await self._resolved(contact)
        if expected.glance:
            return await self._look(contact, address, expected)
        self._opened()
        return await self._link(self._outlet, contact, address, expected).ready

    async def _look(self, contact: str, address: Address, expected: Expected) -> ILink:
        outlet = self._workshop.fresh()
        try:
            return await self._link(outlet, contact, address, expected).ready
        finally:
            self._workshop.let_go(outlet)

    def _link(
        self, outlet: Outlet, contact: str, address: Address, expected: Expected, *, only_asks: bool = False
    ) -> UdpLink:
        """A link that begins to dial."""
        quic = self._quic.dial()
        quic.connect(address, self._clock.seconds())
        place = _place(address)
        link = self._begin(
            UdpLink(self._here, contact, expected, self.links.gone, place, only_asks=only_asks)
        )
        self._road(outlet, quic, link).begin()
        return link

    async def _resolved(self, contact: str) -> Address:
        host, port = parse_contact(SCHEME, contact)
        return await self._address(contact, host), port

    async def _address(self, contact: str, host: str) -> str:
        six = ":" in self._host
        if ":" in host:
            if not six:
                raise Timeout(f"{contact} is an IPv6 address, and the UDP socket of this node is for IPv4")
            return host
        if six:
            raise Timeout(f"{contact} is no IPv6 address, and the UDP socket of this node is for IPv6")
        try:
            found = await self._reactor.resolve(host)
        except DNSLookupError as trouble:
            raise Timeout(f"nobody answered at {contact}: {trouble}") from None
        if is_name(host) and not self._may_lead(found):
            raise Timeout(f"nobody answered at {contact}: it leads into a private network")
        return found

    async def _stop(self) -> None:
        await super()._stop()
        await self._workshop.close()
        await self._outlet.close()

    # through routers

    def hole(self, observers: Sequence[tuple[str, Expected]], fresh: bool) -> Deferred[IHole]:
        return spawn(self._hole(observers, fresh))

    async def _hole(self, observers: Sequence[tuple[str, Expected]], fresh: bool) -> IHole:
        self._opened()
        seen = None if fresh else self._seen_by([expected.fingerprint for _, expected in observers])
        if seen is not None:
            return UdpHole(self._workshop, self._outlet, seen, None)
        outlet = self._workshop.fresh() if fresh else self._outlet

        async def ask(contact: str, expected: Expected) -> UdpLink:
            address = await self._resolved(contact)
            link = self._link(outlet, contact, address, expected, only_asks=True)
            await link.ready
            return link

        try:
            asked, place = await self._observed(observers, ask)
        except BaseException:
            self._workshop.let_go(outlet)
            raise
        return UdpHole(self._workshop, outlet, place, asked)

    def _seen_by(self, fingerprints: Sequence[str | None]) -> Place | None:
        """Where the one socket is seen, as one of them has said last."""
        for link in reversed(self.links):
            if link.seen_as and link.document.fingerprint in fingerprints:
                return read_place(link.seen_as)
        return None

    async def _dial_from(self, outlet: Outlet, address: Address, expected: Expected) -> ILink:
        contact = write_contact(SCHEME, *address)
        return await self._link(outlet, contact, address, expected).ready

    def _fresh(self, idle: Callable[[Outlet], None]) -> Outlet:
        outlet = Outlet(self._reactor, self._came, idle)
        outlet.open(lambda socket: self._reactor.listenUDP(0, socket, self._host, LONGEST))
        return outlet

    # what comes

    def _came(self, outlet: Outlet, datagrams: list[Datagram]) -> None:
        """Give every connection all that is for it."""
        sorted_out: dict[Road, list[Datagram]] = {}
        for datagram in datagrams:
            road = outlet.routes.find(datagram[0]) or self._stranger(outlet, *datagram)
            if road is not None:
                sorted_out.setdefault(road, []).append(datagram)
        for road, its_own in sorted_out.items():
            road.receive(its_own)

    def _stranger(self, outlet: Outlet, data: bytes, address: Address) -> Road | None:
        if self._workshop.came(data, address):
            return None
        if self._accepted is None:
            return None
        answer = self._door.knock(data, address, self._greeting >= CROWD)
        if isinstance(answer, bytes):
            outlet.socket.send([(answer, address)])
        return self._take(outlet, answer, address) if isinstance(answer, Caller) else None

    def _take(self, outlet: Outlet, caller: Caller, address: Address) -> Road:
        contact = write_contact(SCHEME, *address)

        def make(gone: Callable[[Link], None]) -> UdpLink:
            self._greeting += 1
            link = UdpLink(self._here, contact, None, gone, _place(address))
            link.ready.addBoth(greeted)
            return link

        def greeted(result: object) -> object:
            self._greeting -= 1
            return result

        link = self._guest(address[0], make)
        road = self._road(outlet, self._quic.take(caller.first_id, caller.retried_as), link)
        outlet.routes.add(caller.retried_as or caller.first_id, road)
        road.begin()
        return road

    def _road(self, outlet: Outlet, quic: Quic, link: UdpLink) -> Road:
        return Road(quic, link, self._device, self._clock, outlet.socket.send, outlet.routes)


def _place(address: Address) -> str:
    return str(place_of(*address) or "")
