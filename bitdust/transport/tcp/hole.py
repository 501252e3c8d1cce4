"""
A TCP port of ours that a peer can come in through: both ends connect to each other at the same moment.

Each router sees its own end ask first, and takes what comes for the answer; TCP makes one connection of two
that cross (RFC 9293, 3.5).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorFDSet, IReactorTime

from bitdust.errors import Timeout
from bitdust.transport.hole import Hole
from bitdust.transport.interface import Expected, ILink
from bitdust.transport.tcp.connecting import Address, connect
from bitdust.wire.place import Place
from bitdust.world import pause, spawn

#: seconds in which a connection must come: the system repeats what was lost after one, and after three
OPENS = 4.0
#: seconds until who was refused, because the other end had not begun, tries again
AGAIN = 0.1


class IReactor(IReactorFDSet, IReactorTime):
    """What a hole asks of the reactor."""


class TcpHole(Hole):
    """
    @param local: the address that all its sockets have.
    @param dialed: makes a link, ready or not, of a socket on which we are the one who dials; `came`: on which
        the peer is.  Both take the socket over.
    """

    def __init__(
        self,
        reactor: IReactor,
        local: Address,
        place: Place,
        asked: ILink,
        dialed: Callable[[socket.socket, Address, Expected], Deferred[ILink]],
        came: Callable[[socket.socket, Address], None],
    ) -> None:
        super().__init__(place, asked)
        self._reactor, self._local = reactor, local
        self._dialed, self._came = dialed, came

    async def _dial(self, places: Sequence[Place], secret: bytes, expected: Expected) -> ILink:
        remote = _first(places)
        return await self._dialed(await self._connected(remote), remote, expected)

    async def _let_in(self, places: Sequence[Place], secret: bytes) -> None:
        remote = _first(places)
        try:
            connection = await self._connected(remote)
        except Timeout:
            # Whoever dials finds the same, and says so.
            return
        self._came(connection, remote)

    async def _connected(self, remote: Address) -> socket.socket:
        try:
            return await spawn(self._knock(remote)).addTimeout(OPENS, self._reactor)
        except TimeoutError:
            raise Timeout(f"nothing came through to {self.place} by TCP") from None

    async def _knock(self, remote: Address) -> socket.socket:
        while True:
            try:
                return await connect(self._reactor, self._local, remote)
            except Timeout:
                await pause(self._reactor, AGAIN)

    def _close(self) -> None:
        return


def _first(places: Sequence[Place]) -> Address:
    # Of several the first is the one at which the peer was told that he is seen.
    if not places:
        raise Timeout("the peer names no place")
    return str(places[0].host), places[0].port
