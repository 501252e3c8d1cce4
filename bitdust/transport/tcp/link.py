"""
A link over TLS over TCP.
"""

from __future__ import annotations

import socket
from typing import ClassVar

from bitdust.transport.secure import SecureLink
from bitdust.wire.place import place_of

SCHEME = "tcp"

#: bytes of one read and one send of the socket, and how far sends may pile up.  Measured under TLS between
#: two processes: 64 KiB (Twisted's own) 457 MB/s, 128 to 512 KiB 450 to 720, 1 MiB 320.
GULP = 256 * 1024
#: unsent bytes the kernel takes at most: what is urgent must not stand behind megabytes
UNSENT = 256 * 1024


class TcpLink(SecureLink):
    """The protocol inside TLS over a socket."""

    transport_name: ClassVar[str] = SCHEME

    def connectionMade(self) -> None:
        road = self.transport.transport  # type: ignore[union-attr]
        road.bufferSize = road.SEND_LIMIT = GULP
        road.setTcpNoDelay(True)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        peer = road.getPeer()
        self.place = str(place_of(peer.host, peer.port) or "")
        super().connectionMade()
