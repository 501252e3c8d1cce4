"""
Links over TCP: listening for them and dialing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import (
    CannotListenError,
    ConnectError,
    ConnectingCancelledError,
    DNSLookupError,
)
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorTCP, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer

from bitdust.errors import Conflict, Timeout
from bitdust.identity.keys import DeviceKey
from bitdust.transport.interface import Doorman, Expected, ILink, ITransport
from bitdust.transport.link import GREETING, Here, Link, refused
from bitdust.transport.links import Links
from bitdust.transport.pace import Pace
from bitdust.transport.tcp.contact import SCHEME, parse_contact, write_contact
from bitdust.transport.tcp.link import TcpLink
from bitdust.transport.tcp.pump import Pump
from bitdust.transport.tcp.tls import DeviceTls
from bitdust.world import Rng, Wall, spawn, system_wall

#: connections taken from one address, and from all together
PER_HOST, MOST = 100, 512
BACKLOG = 512
#: what to do about a port that another has
TAKEN = (
    "another program has that port, perhaps another node: end it, or set services/tcp-connections/tcp-port"
    " to another, 0 for any"
)

Address = IPv4Address | IPv6Address


class IReactor(IReactorTCP, IReactorTime):
    """What this road asks of the reactor."""


@implementer(ITransport)
class TcpTransport:
    """
    TLS 1.3 over TCP, both sides known by their device keys.

    @param document: this node's own identity document as it is now.
    @param host: the address to listen at; "0.0.0.0" for all.
    @param port: 0 lets the system choose.
    @param instead: ports to listen at when that one is in use, the first that is free.
    """

    scheme = SCHEME
    _log = Logger()

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
    ) -> None:
        self._reactor, self._host, self._ports = reactor, host, (port, *instead)
        self.pace, self.intake = Pace(reactor), Pace(reactor)
        self._here = Here(document, doorman, reactor, wall, rng, self.pace, self.intake)
        self._tls = DeviceTls(device)
        self.links = Links()
        self._guests: Counter[str] = Counter()
        self._dialing: set[Deferred[ILink]] = set()
        self._listening: IListeningPort | None = None
        self._accepted: Callable[[ILink], None] | None = None

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        def opened() -> list[str]:
            self._listening = self._open()
            self._accepted = accepted
            return [write_contact(self._host, cast(Address, self._listening.getHost()).port)]

        return maybeDeferred(opened)

    def _open(self) -> IListeningPort:
        door = _Door(self._guest, self._tls, False, self._reactor)
        troubles = []
        for port in self._ports:
            try:
                return self._reactor.listenTCP(port, door, BACKLOG, self._host)  # type: ignore[arg-type]
            except CannotListenError as trouble:
                troubles.append(f"cannot listen at {self._host}:{port}: {trouble.socketError}")
        raise Conflict("; ".join(troubles), hint=TAKEN)

    def dial(self, contact: str, expected: Expected) -> Deferred[ILink]:
        dialing = spawn(self._dial(contact, expected))

        def too_slow(_result: object, _seconds: float) -> ILink:
            raise Timeout(f"nobody answered at {contact} in {GREETING:.0f} s")

        def over(result: object) -> object:
            self._dialing.discard(dialing)
            return result

        self._dialing.add(dialing)
        dialing.addTimeout(GREETING, self._reactor, too_slow)
        dialing.addBoth(over)
        return dialing

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        host, port = parse_contact(contact)

        def link(_address: Address) -> TcpLink:
            return self._begin(TcpLink(self._here, contact, expected, self.links.gone))

        endpoint = HostnameEndpoint(self._reactor, host.encode(), port, GREETING)
        try:
            tls = await endpoint.connect(_Door(link, self._tls, True, self._reactor))
        except ConnectingCancelledError:
            raise CancelledError from None
        except (ConnectError, DNSLookupError) as trouble:
            raise Timeout(f"nobody answered at {contact}: {trouble}") from None
        return await cast(TcpLink, cast(TLSMemoryBIOProtocol, tls).wrappedProtocol).ready

    async def _stop(self) -> None:
        self._accepted = None
        for dialing in [*self._dialing]:
            dialing.cancel()
        if self._listening is not None:
            await maybeDeferred(self._listening.stopListening)
            self._listening = None
        await self.links.close("this node stops")

    def stop(self) -> Deferred[None]:
        return spawn(self._stop())

    def _begin(self, link: TcpLink) -> TcpLink:
        self.links.add(link)
        return link

    def _guest(self, address: Address) -> TcpLink | None:
        host = address.host
        if self._guests[host] >= PER_HOST or len(self.links) >= MOST:
            self._log.debug("no room for another connection from {host}", host=host)
            return None

        def gone(link: Link) -> None:
            self._guests[host] -= 1
            if not self._guests[host]:
                del self._guests[host]
            self.links.gone(link)

        self._guests[host] += 1
        link = self._begin(TcpLink(self._here, write_contact(host, address.port), None, gone))
        link.ready.addCallbacks(self._arrived, refused)
        return link

    def _arrived(self, link: ILink) -> None:
        if self._accepted is not None:
            self._accepted(link)


class _Door(Factory):
    """Puts TLS around each link; a link that is not made means a connection not taken."""

    noisy = False

    def __init__(
        self, link: Callable[[Address], TcpLink | None], tls: DeviceTls, dials: bool, clock: IReactorTime
    ) -> None:
        self._link = link
        self._tls = TLSMemoryBIOFactory(tls, dials, self, clock)

    def buildProtocol(self, addr: IAddress | None) -> TLSMemoryBIOProtocol | None:
        link = self._link(cast(Address, addr))
        return None if link is None else Pump(self._tls, link)  # type: ignore[no-untyped-call]
