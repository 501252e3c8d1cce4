"""
The one UDP socket of a node: what it sends and what comes to it, many datagrams at a time.
"""

from __future__ import annotations

import errno
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
#: what a system answers that cannot do this, or not on that device; and what it answers where the datagrams
#: are longer than just this way carries whole
_CANNOT = frozenset(
    (errno.EINVAL, errno.EIO, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOPROTOOPT, errno.ENOSYS)
)
_NOT_HERE = _CANNOT | {errno.EMSGSIZE}
#: seconds until it is tried again: the device may be another one then
AGAIN = 60.0


class Socket(DatagramProtocol):
    """
    @param came: is given, once a turn, all datagrams that have come.
    """

    noisy = False
    _log = Logger()

    def __init__(self, clock: IReactorTime, came: Callable[[list[Datagram]], None]) -> None:
        self._clock, self._came = clock, came
        self._waiting: list[Datagram] = []
        #: from when on the system may be asked to cut
        self._cuts_from = 0.0 if hasattr(socket.socket, "sendmsg") else float("inf")
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
            try:
                self._send_run(self._socket, run)
            except BlockingIOError:
                return
            except OSError as why:
                self._log.debug("nothing can be sent to {address}: {why}", address=run[0][1], why=why)

    def _send_run(self, through: socket.socket, run: Sequence[Datagram]) -> None:
        """With one system call, if the system can.  @raise OSError: nothing is sent there now."""
        size, address = len(run[0][0]), run[0][1]
        unable: OSError | None = None
        if len(run) > 1 and self._clock.seconds() >= self._cuts_from:
            cut = [(_SOL_UDP, _UDP_SEGMENT, struct.pack("H", size))]
            try:
                through.sendmsg([data for data, _ in run], cut, 0, address)
            except OSError as why:
                if why.errno not in _NOT_HERE:
                    raise
                unable = why
            else:
                return
        for data, _ in run:
            through.sendto(data, address)
        # Known only now: what goes out singly was not refused for where it goes.
        if unable is not None and unable.errno in _CANNOT:
            self._log.debug("datagrams are sent one by one for a while: {why}", why=unable)
            self._cuts_from = self._clock.seconds() + AGAIN


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
