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
from bitdust.transport.contact import parse_contact, write_contact
from bitdust.transport.interface import Doorman, Expected, ILink, ITransport
from bitdust.transport.link import Link
from bitdust.transport.pace import Paces
from bitdust.transport.port import Port
from bitdust.transport.udp.door import Caller, Door
from bitdust.transport.udp.link import SCHEME, UdpLink
from bitdust.transport.udp.quic import Device, Quic
from bitdust.transport.udp.road import Road
from bitdust.transport.udp.routes import Routes
from bitdust.transport.udp.socket import LONGEST, Address, Datagram, Socket
from bitdust.wire.place import place_of
from bitdust.world import Rng, Wall, system_wall

#: handshakes under way from which on a stranger has to show that he is where he says
CROWD = 32
#: the option that says at which port to listen
SETTING = "services/udp-datagrams/udp-port"


class IReactor(IReactorUDP, IReactorTime, IReactorCore):
    """What this road asks of the reactor."""


@implementer(ITransport)
class UdpTransport(Port):
    """
    QUIC over UDP, both sides known by their device keys.

    @param document: this node's own identity document as it is now.
    @param host: the address to listen at; "0.0.0.0" for all.
    @param port: 0 lets the system choose.
    @param instead: ports to listen at when that one is in use, the first that is free.
    @param paces: the limits, when this road shares them with others.
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
    ) -> None:
        super().__init__(reactor, document, doorman, host, (port, *instead), SETTING, rng, wall, paces)
        self._reactor, self._device = reactor, device
        self._quic = Device(device)
        self._routes = Routes()
        self._door = Door(reactor, rng)
        self._socket = Socket(reactor, self._came)
        self._open: IListeningPort | None = None
        #: handshakes of guests that are not over
        self._greeting = 0

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        def opened() -> list[str]:
            self._accepted = accepted
            return [write_contact(SCHEME, self._host, self._opened().getHost().port)]  # type: ignore[attr-defined]

        return maybeDeferred(opened)

    def _opened(self) -> IListeningPort:
        """The socket; who dials before he listens has it already."""
        if self._open is None:
            self._open = self._first_free(
                lambda port: self._reactor.listenUDP(port, self._socket, self._host, LONGEST)
            )
        return self._open

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        host, port = parse_contact(SCHEME, contact)
        address = (await self._address(contact, host), port)
        self._opened()
        quic = self._quic.dial()
        quic.connect(address, self._clock.seconds())
        link = self._begin(UdpLink(self._here, contact, expected, self.links.gone, _place(address)))
        self._road(quic, link).begin()
        return await link.ready

    async def _address(self, contact: str, host: str) -> str:
        six = ":" in self._host
        if ":" in host:
            if not six:
                raise Timeout(f"{contact} is an IPv6 address, and the UDP socket of this node is for IPv4")
            return host
        if six:
            raise Timeout(f"{contact} is no IPv6 address, and the UDP socket of this node is for IPv6")
        try:
            return await self._reactor.resolve(host)
        except DNSLookupError as trouble:
            raise Timeout(f"nobody answered at {contact}: {trouble}") from None

    async def _stop(self) -> None:
        await super()._stop()
        for road in self._routes.all():
            road.drop()
        if self._open is not None:
            await maybeDeferred(self._open.stopListening)
            self._open = None

    def _came(self, datagrams: list[Datagram]) -> None:
        """Give every connection all that is for it."""
        sorted_out: dict[Road, list[Datagram]] = {}
        for datagram in datagrams:
            road = self._routes.find(datagram[0]) or self._stranger(*datagram)
            if road is not None:
                sorted_out.setdefault(road, []).append(datagram)
        for road, its_own in sorted_out.items():
            road.receive(its_own)

    def _stranger(self, data: bytes, address: Address) -> Road | None:
        if self._accepted is None:
            return None
        answer = self._door.knock(data, address, self._greeting >= CROWD)
        if isinstance(answer, bytes):
            self._socket.send([(answer, address)])
        return self._take(answer, address) if isinstance(answer, Caller) else None

    def _take(self, caller: Caller, address: Address) -> Road | None:
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
        if link is None:
            return None
        road = self._road(self._quic.take(caller.first_id, caller.retried_as), link)
        self._routes.add(caller.retried_as or caller.first_id, road)
        road.begin()
        return road

    def _road(self, quic: Quic, link: UdpLink) -> Road:
        return Road(quic, link, self._device, self._clock, self._socket.send, self._routes)


def _place(address: Address) -> str:
    return str(place_of(*address) or "")
