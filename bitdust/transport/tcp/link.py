"""
A link over TLS over TCP.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from typing import ClassVar

from bitdust.transport.link import STALLED
from bitdust.transport.secure import SecureLink
from bitdust.wire.place import place_of

SCHEME = "tcp"

#: bytes of one read and one send of the socket, and how far sends may pile up.  Measured under TLS between
#: two processes: 64 KiB (Twisted's own) 457 MB/s, 128 to 512 KiB 450 to 720, 1 MiB 320.
GULP = 256 * 1024
#: of what Linux tells of a connection, `tcpi_rtt` (tcp_info in linux/tcp.h)
_RTT = struct.Struct("@68xI")
_COUNT = struct.Struct("@i")
#: unsent bytes the kernel takes at most: what is urgent must not stand behind megabytes
UNSENT = 256 * 1024


class TcpLink(SecureLink):
    """The protocol inside TLS over a socket."""

    transport_name: ClassVar[str] = SCHEME

    def rtt(self) -> float | None:
        road = self.transport.transport  # type: ignore[union-attr]
        if sys.platform != "linux" or road is None:
            return None
        information = road.getHandle().getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RTT.size)
        microseconds: int = _RTT.unpack(information)[0]
        return microseconds / 1e6

    def under_way(self) -> int:
        road = self.transport.transport  # type: ignore[union-attr]
        return _COUNT.unpack(fcntl.ioctl(road.getHandle(), termios.TIOCOUTQ, bytes(_COUNT.size)))[0]  # type: ignore[no-any-return]

    def connectionMade(self) -> None:
        road = self.transport.transport  # type: ignore[union-attr]
        road.bufferSize = road.SEND_LIMIT = GULP
        road.setTcpNoDelay(True)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(STALLED * 1000)
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        peer = road.getPeer()
        self.place = str(place_of(peer.host, peer.port) or "")
        super().connectionMade()
