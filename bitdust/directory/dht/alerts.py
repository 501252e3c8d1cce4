"""
The thread in which libtorrent tells what happened, and the reactor in which it is heard.

libtorrent works in threads of its own, and none of them runs a line of ours: when its queue of alerts is not
empty any more it writes a byte into a socket, the reactor reads it, and takes the alerts out.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import libtorrent
from twisted.internet.interfaces import IDelayedCall, IReactorFDSet, IReactorTime, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

#: seconds alerts are gathered for: the others of the network ask us several times a second
GATHER = 0.01
#: alerts that may wait; libtorrent drops more, and says so
MOST_WAITING = 2000


class IReactor(IReactorFDSet, IReactorTime):
    """What this asks of the reactor."""


@implementer(IReadDescriptor)
class Alerts:
    """
    The alerts of one session, each handed to `heard` in the reactor's thread.

    @param sessions: it, alone; when it is taken out of the list, nothing here holds it any more.
    @param heard: what it raises is logged; the next alert is heard all the same.
    """

    _log = Logger()

    def __init__(
        self, reactor: IReactor, sessions: list[libtorrent.session], heard: Callable[[libtorrent.alert], None]
    ) -> None:
        self._reactor = reactor
        self._sessions = sessions
        self._heard = heard
        self._timer: IDelayedCall | None = None
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        sessions[0].set_alert_fd(self._there.fileno())
        reactor.addReader(self)

    def close(self) -> None:
        """Hear no more.  Only after the session has ended: until then its threads write into our socket."""
        self._here.close()
        self._there.close()

    def mute(self) -> None:
        """Wake the reactor no more."""
        self._reactor.removeReader(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # IReadDescriptor

    def fileno(self) -> int:
        return self._here.fileno()

    def doRead(self) -> None:
        self._here.recv(4096)
        if self._timer is None:
            self._timer = self._reactor.callLater(GATHER, self._take)

    def connectionLost(self, reason: Failure) -> None:
        # The reactor ends; the session does not depend on being heard.
        pass

    def logPrefix(self) -> str:
        return "dht"

    def _take(self) -> None:
        self._timer = None
        for alert in self._sessions[0].pop_alerts():
            try:
                self._heard(alert)
            except Exception:
                self._log.failure("an alert of libtorrent was not understood: {what}", what=alert.what())
