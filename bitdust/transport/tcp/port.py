"""
Links over TCP: listening for them and dialing them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IReactorCore,
    IReactorSocket,
    IReactorTCP,
    IReactorTime,
)
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import Timeout
from bitdust.identity.keys import DeviceKey
from bitdust.transport.contact import anywhere, is_name, parse_contact, write_contact
from bitdust.transport.guests import Partners, nobody
from bitdust.transport.interface import Doorman, Expected, IHole, ILink, IPuncher, ITransport
from bitdust.transport.link import GREETING
from bitdust.transport.pace import Paces
from bitdust.transport.port import Port
from bitdust.transport.tcp.connecting import Address, connect
from bitdust.transport.tcp.hole import IReactor as Punching
from bitdust.transport.tcp.hole import TcpHole
from bitdust.transport.tcp.link import SCHEME, TcpLink
from bitdust.transport.tcp.names import Guarded
from bitdust.transport.tcp.straight import StraightPump
from bitdust.transport.tls import DeviceTls
from bitdust.world import Rng, Wall, spawn, system_wall

BACKLOG = 512
#: the option that says at which port to listen
SETTING = "services/tcp-connections/tcp-port"

Caller = IPv4Address | IPv6Address


class IReactor(Punching, IReactorTCP, IReactorSocket, IReactorCore):
    """What this road asks of the reactor."""


@implementer(ITransport, IPuncher)
class TcpTransport(Port):
    """
    TLS 1.3 over TCP, both sides known by their device keys.

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
        self._reactor = reactor
        self._may_lead = may_lead
        self._tls = DeviceTls(device)
        self._listening: IListeningPort | None = None

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        door = _Door(
            lambda address: self._knocks(address.host, address.port), self._tls, False, self._reactor
        )

        def open_at(port: int) -> IListeningPort:
            return self._reactor.listenTCP(port, door, BACKLOG, self._host)  # type: ignore[arg-type]

        def opened() -> list[str]:
            self._listening = self._first_free(open_at)
            self._accepted = accepted
            return [write_contact(SCHEME, self._host, cast(Caller, self._listening.getHost()).port)]

        return maybeDeferred(opened)

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        host, port = parse_contact(SCHEME, contact)

        def link(_address: Caller) -> TcpLink:
            return self._begin(TcpLink(self._here, contact, expected, self.links.gone))

        reactor = Guarded(self._reactor, self._may_lead) if is_name(host) else self._reactor
        endpoint = HostnameEndpoint(reactor, host.encode(), port, GREETING)
        try:
            tls = await endpoint.connect(_Door(link, self._tls, True, self._reactor))
        except ConnectingCancelledError:
            raise CancelledError from None
        except (ConnectError, DNSLookupError) as trouble:
            raise Timeout(f"nobody answered at {contact}: {trouble}") from None
        return await cast(TcpLink, cast(TLSMemoryBIOProtocol, tls).wrappedProtocol).ready

    # through routers

    def hole(self, observers: Sequence[tuple[str, Expected]], fresh: bool) -> Deferred[IHole]:
        return spawn(self._hole(observers))

    async def _hole(self, observers: Sequence[tuple[str, Expected]]) -> IHole:
        local: dict[ILink, Address] = {}

        async def ask(contact: str, expected: Expected) -> TcpLink:
            host, port = parse_contact(SCHEME, contact)
            remote = await self._reactor.resolve(host), port
            connection = await connect(self._reactor, (self._host, 0), remote)
            link = TcpLink(self._here, contact, expected, self.links.gone, only_asks=True)
            local[link] = connection.getsockname()
            self._adopt(connection, self._begin(link))
            await link.ready
            return link

        asked, place = await self._observed(observers, ask)
        return TcpHole(self._reactor, local[asked], place, asked, self._dialed, self._let_in)

    def _dialed(self, connection: socket.socket, remote: Address, expected: Expected) -> Deferred[ILink]:
        contact = write_contact(SCHEME, *remote)
        link = self._begin(TcpLink(self._here, contact, expected, self.links.gone))
        self._adopt(connection, link)
        return link.ready

    def _let_in(self, connection: socket.socket, remote: Address) -> None:
        self._adopt(connection, self._knocks(*remote))

    def _adopt(self, connection: socket.socket, link: TcpLink) -> None:
        """Make the socket the link's."""
        door = _Door(lambda _: link, self._tls, link.dialed, self._reactor)
        with connection:
            try:
                self._reactor.adoptStreamConnection(connection.fileno(), socket.AF_INET, door)  # type: ignore[arg-type]
            except OSError as gone:
                link.connectionLost(Failure(gone))  # type: ignore[no-untyped-call]

    async def _stop(self) -> None:
        if self._listening is not None:
            await maybeDeferred(self._listening.stopListening)
            self._listening = None
        await super()._stop()

    def _knocks(self, host: str, port: int) -> TcpLink:
        contact = write_contact(SCHEME, host, port)
        return self._guest(host, lambda gone: TcpLink(self._here, contact, None, gone))


class _Door(Factory):
    """Puts TLS around each link."""

    noisy = False

    def __init__(
        self, link: Callable[[Caller], TcpLink], tls: DeviceTls, dials: bool, clock: IReactorTime
    ) -> None:
        self._link = link
        self._records = tls.records
        self._tls = TLSMemoryBIOFactory(tls, dials, self, clock)

    def buildProtocol(self, addr: IAddress | None) -> TLSMemoryBIOProtocol:
        return StraightPump(self._tls, self._link(cast(Caller, addr)), self._records)
