"""
A link over TLS over TCP.
"""

from __future__ import annotations

import socket
from typing import ClassVar

from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import RemoteFault
from bitdust.transport.certificates import ALPN
from bitdust.transport.link import Link, wrong_key
from bitdust.transport.tcp.tls import peer_of
from bitdust.wire.place import place_of

SCHEME = "tcp"

#: bytes of one read and one send of the socket, and how far sends may pile up.  Measured under TLS between
#: two processes: 64 KiB (Twisted's own) 457 MB/s, 128 to 512 KiB 450 to 720, 1 MiB 320.
GULP = 256 * 1024
#: unsent bytes the kernel takes at most: what is urgent must not stand behind megabytes
UNSENT = 256 * 1024


@implementer(IHandshakeListener)
class TcpLink(Link):
    """The protocol inside TLS."""

    transport_name: ClassVar[str] = SCHEME
    _found: bytes | None = None

    def suits(self, spki: bytes) -> bool:
        """Asked in the middle of the handshake."""
        if super().suits(spki):
            return True
        self._found = spki
        return False

    def connectionMade(self) -> None:
        road = self.transport.transport  # type: ignore[union-attr]
        road.bufferSize = road.SEND_LIMIT = GULP
        road.setTcpNoDelay(True)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        peer = road.getPeer()
        self.place = str(place_of(peer.host, peer.port) or "")
        super().connectionMade()

    def handshakeCompleted(self) -> None:
        road = self.transport
        spki = peer_of(road.getHandle())  # type: ignore[union-attr]
        if road.negotiatedProtocol != ALPN:  # type: ignore[union-attr]
            self.refuse(RemoteFault(f"{self.address} does not speak {ALPN.decode()}"))
        elif spki is None or not self.suits(spki):
            self.refuse(RemoteFault(f"{self.address} shows no key that is known"))
        else:
            road.secured()  # type: ignore[union-attr]
            self.begin(spki)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._found is not None and self._expected is not None:
            self.refuse(wrong_key(self._expected, self._found))
        super().connectionLost(reason)
