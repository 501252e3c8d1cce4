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

#: most bytes of one read and one send of the socket
GULP = 2**20
#: of what Linux tells of a connection, `tcpi_rtt` (tcp_info in linux/tcp.h)
_RTT = struct.Struct("@68xI")
_COUNT = struct.Struct("@i")


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

    def hand_on_at_most(self, size: int) -> None:
        # What is urgent must not stand behind what the kernel took and did not send.
        road = self.transport.transport  # type: ignore[union-attr]
        if road is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, size)

    def connectionMade(self) -> None:
        road = self.transport.transport  # type: ignore[union-attr]
        road.bufferSize = road.SEND_LIMIT = GULP
        road.setTcpNoDelay(True)
        self.hand_on_at_most(self._batch.size)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(STALLED * 1000)
            road.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        peer = road.getPeer()
        self.place = str(place_of(peer.host, peer.port) or "")
        super().connectionMade()
