"""
Connecting from a port that other sockets of ours have, too: what a router must see as one place.
"""

from __future__ import annotations

import errno
import socket

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFDSet, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import Timeout

Address = tuple[str, int]

#: it has begun, or will: the system tells when it is over
_UNDER_WAY = (0, errno.EINPROGRESS)


def connect(reactor: IReactorFDSet, local: Address, remote: Address) -> Deferred[socket.socket]:
    """
    A connected socket, non-blocking; whoever gets it closes it.  Cancelling gives it up.

    @param local: port 0: any that is free.
    @raise Timeout: there is no way, or nobody; at once when the other side refuses.
    """
    return _Connecting(reactor, local, remote).connected


@implementer(IWriteDescriptor)
class _Connecting:
    """What the reactor tells when the socket can be written to: it is connected then, or never will be."""

    def __init__(self, reactor: IReactorFDSet, local: Address, remote: Address) -> None:
        self.connected: Deferred[socket.socket] = Deferred(lambda _: self._give_up())
        self._reactor, self._remote = reactor, remote
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        try:
            for option in ("SO_REUSEADDR", "SO_REUSEPORT"):
                if hasattr(socket, option):
                    self._socket.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
            self._socket.bind(local)
            trouble = self._socket.connect_ex(remote)
        except OSError as why:
            trouble = why.errno or errno.EINVAL
        if trouble in _UNDER_WAY:
            reactor.addWriter(self)
        else:
            self._failed(trouble)

    def fileno(self) -> int:
        return self._socket.fileno()

    def logPrefix(self) -> str:
        return "connecting"

    def doWrite(self) -> None:
        self._reactor.removeWriter(self)
        trouble = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if trouble:
            self._failed(trouble)
        else:
            self.connected.callback(self._socket)

    def connectionLost(self, reason: Failure) -> None:
        # An error can be told like that, too.
        if not self.connected.called:
            self.doWrite()

    def _failed(self, trouble: int) -> None:
        self._socket.close()
        self.connected.errback(Timeout(f"nobody answered at {self._remote[0]}: {errno.errorcode[trouble]}"))

    def _give_up(self) -> None:
        self._reactor.removeWriter(self)
        self._socket.close()
