"""
A UDP socket with its connections.  The node has one; another is opened where a router has spoilt the place of
the first, and is gone with its last connection.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorTime

from bitdust.transport.udp.routes import Routes
from bitdust.transport.udp.socket import Datagram, Socket


class Outlet:
    """
    @param came: is given, once a turn, all datagrams that have come here.
    @param idle: called when it has no connection any more.
    """

    def __init__(
        self,
        clock: IReactorTime,
        came: Callable[[Outlet, list[Datagram]], None],
        idle: Callable[[Outlet], object] = lambda _: None,
    ) -> None:
        self.routes = Routes(lambda: idle(self))
        self.socket = Socket(clock, lambda datagrams: came(self, datagrams))
        self._port: IListeningPort | None = None

    def open(self, listen: Callable[[Socket], IListeningPort]) -> IListeningPort:
        """The port, opened by `listen` if it is not open."""
        if self._port is None:
            self._port = listen(self.socket)
        return self._port

    async def close(self) -> None:
        """Forget its connections, and close."""
        for road in self.routes.all():
            road.drop()
        port, self._port = self._port, None
        if port is not None:
            await maybeDeferred(port.stopListening)
