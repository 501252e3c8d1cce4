"""
The one UDP socket of a node: what it sends and what comes to it, many datagrams at a time.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Sequence

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

Address = tuple[str, int]
Datagram = tuple[bytes, Address]

#: bytes that the system may keep for us in each direction, if it allows so many
BUFFER = 4 * 2**20
#: the longest datagram that is read whole: more than any road of QUIC carries
LONGEST = 2048
#: datagrams of one system call, and bytes of them
MOST, MOST_BYTES = 64, 60_000
#: Linux: cut one buffer into datagrams of this size (`udp(7)`)
_SOL_UDP, _UDP_SEGMENT = 17, 103


class Socket(DatagramProtocol):
    """
    @param came: is given, once a turn, all datagrams that have come.
    """

    noisy = False
    _log = Logger()

    def __init__(self, clock: IReactorTime, came: Callable[[list[Datagram]], None]) -> None:
        self._clock, self._came = clock, came
        self._waiting: list[Datagram] = []
        self._cuts = hasattr(socket.socket, "sendmsg")
        self._socket: socket.socket | None = None

    def startProtocol(self) -> None:
        self._socket = self.transport.getHandle()  # type: ignore[union-attr]
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, BUFFER)

    def stopProtocol(self) -> None:
        self._socket = None
        self._waiting.clear()

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        if not self._waiting:
            self._clock.callLater(0, self._turn)
        self._waiting.append((datagram, addr))

    def _turn(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._came(waiting)

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send them; what the system does not take now is lost, as anything may be on this road."""
        if self._socket is None:
            return
        for run in _runs(datagrams):
            data, address = run[0]
            try:
                if len(run) > 1 and self._cuts:
                    cut = [(_SOL_UDP, _UDP_SEGMENT, struct.pack("H", len(data)))]
                    self._socket.sendmsg([each for each, _ in run], cut, 0, address)
                else:
                    for each, _ in run:
                        self._socket.sendto(each, address)
            except BlockingIOError:
                return
            except OSError as why:
                if len(run) > 1 and self._cuts:
                    self._log.debug("datagrams are sent one by one: {why}", why=why)
                    self._cuts = False
                    self.send(run)
                else:
                    self._log.debug("nothing can be sent to {address}: {why}", address=address, why=why)


def _runs(datagrams: Sequence[Datagram]) -> Iterator[Sequence[Datagram]]:
    """Neighbours to one address that are equally long, but the last, which may be shorter."""
    begin = 0
    while begin < len(datagrams):
        first, address = datagrams[begin]
        end, size = begin + 1, len(first)
        most = begin + min(MOST, MOST_BYTES // max(1, size))
        while end < min(len(datagrams), most) and datagrams[end][1] == address:
            length = len(datagrams[end][0])
            if length > size:
                break
            end += 1
            if length < size:
                break
        yield datagrams[begin:end]
        begin = end
