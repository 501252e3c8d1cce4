"""
Meeting acquaintances in one's own network: a beacon now and then to a multicast group, and ears for theirs.

At the start, when somebody new is heard, and every 30 to 60 seconds.  Where he is, is where his datagram came
from, never what it says; that it is he, the link proves.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall, IMulticastTransport, IReactorMulticast, IReactorTime
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from bitdust.directory.beacon import NONCE, read_beacon, write_beacon
from bitdust.errors import Usage
from bitdust.meter import Meter
from bitdust.world import Rng, Wall, background

#: seconds between two beacons: the least, and how much more by chance
LEAST, MORE = 30.0, 30.0
#: seconds between two beacons that answer somebody new, and after which somebody is new again
ANSWER, NEW = 1.0, 600.0
#: beacons that are looked at: of one address, and of all, in so many seconds
OF_ONE, OF_ALL, WHILE = 10, 60, 60.0
#: acquaintances that a beacon is compared with
MOST_KNOWN = 1000


class IReactor(IReactorMulticast, IReactorTime):
    """What this asks of the reactor."""


@dataclass(frozen=True)
class Spot:
    """
    Where beacons are sent.

    @param address: that of this machine by which they go; "": all of its networks.
    """

    group: str
    port: int
    address: str = ""


class _Transport(Protocol):
    def write(self, datagram: bytes, addr: tuple[str, int]) -> object: ...
    def getHandle(self) -> socket.socket: ...


class LanBeacons(DatagramProtocol):
    """
    @param ports: at which port each road listens now.
    @param acquaintances: fingerprints of those we know, at most as many as asked for.
    @param heard: an acquaintance is at these contacts.
    """

    noisy = False
    _log = Logger()

    def __init__(
        self,
        reactor: IReactor,
        wall: Wall,
        rng: Rng,
        spot: Spot,
        own: str,
        ports: Callable[[], dict[str, int]],
        acquaintances: Callable[[int], Awaitable[Sequence[str]]],
        heard: Callable[[str, Sequence[str]], None],
    ) -> None:
        self._reactor, self._wall, self._rng = reactor, wall, rng
        self._spot, self._own, self._ports = spot, own, ports
        self._acquaintances, self._told = acquaintances, heard
        self._listening: IMulticastTransport | None = None
        self._timer: IDelayedCall | None = None
        self._meter = Meter(reactor, OF_ONE, WHILE)
        self._all = Meter(reactor, OF_ALL, WHILE)
        #: the last of ours, which come back to us
        self._sent: list[bytes] = []
        self._seen: dict[str, float] = {}
        self._met: dict[str, float] = {}
        #: how many beacons were heard, and how many acquaintances
        self.asked = self.found = 0
        #: why no beacons are sent or heard; "" when they are
        self.trouble = ""

    @property
    def known(self) -> int:
        """How many places sent a beacon, ours or strangers', in the last ten minutes."""
        now = self._reactor.seconds()
        return sum(now - when < NEW for when in self._seen.values())

    def start(self) -> None:
        """Listen, and tell that we are here.  Where there is no multicast, nothing is told."""
        group, port = self._spot.group, self._spot.port
        try:
            # At the group's address: nothing that is sent to this machine alone is heard.
            self._listening = self._reactor.listenMulticast(port, self, group, 2048, listenMultiple=True)
        except (CannotListenError, OSError) as why:
            self.trouble = str(why)
            self._log.warn("no beacons in the local network: {why}", why=why)
            return
        self._beacon()

    def stop(self) -> Deferred[object]:
        """Nothing is told or heard afterwards."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        listening, self._listening = self._listening, None
        return maybeDeferred(listening.stopListening) if listening is not None else maybeDeferred(bool)

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        host = addr[0]
        if datagram in self._sent or not (self._meter.allows(host) and self._all.allows("")):
            return
        background(self._look(datagram, host), lambda why: self._log.failure("a beacon broke", why))

    def connectionRefused(self) -> None:
        # Nobody listens just now.
        pass

    async def _look(self, datagram: bytes, host: str) -> None:
        try:
            beacon = read_beacon(datagram, self._wall())
        except Usage:
            return
        self.asked += 1
        if self._is_new(self._seen, host):
            self._soon()
        fingerprint = beacon.whose(await self._acquaintances(MOST_KNOWN))
        if fingerprint is not None and fingerprint != self._own and self._listening is not None:
            if self._is_new(self._met, fingerprint + host):
                self.found += 1
            self._told(fingerprint, beacon.contacts(host))

    def _is_new(self, known: dict[str, float], who: str) -> bool:
        now = self._reactor.seconds()
        last = known.pop(who, now - NEW)
        if len(known) >= MOST_KNOWN:
            del known[next(iter(known))]
        known[who] = now
        return now - last >= NEW

    def _soon(self) -> None:
        """Somebody came who has not heard us yet."""
        if self._timer is not None and self._timer.getTime() - self._reactor.seconds() > ANSWER:
            chance = int.from_bytes(self._rng(2), "big") / 65536
            self._timer.reset(ANSWER * chance)

    def _beacon(self) -> None:
        chance = int.from_bytes(self._rng(2), "big") / 65536
        self._timer = self._reactor.callLater(LEAST + MORE * chance, self._beacon)
        ports = self._ports()
        if not ports:
            return
        raw = write_beacon(self._own, self._wall(), ports, self._rng(NONCE))
        self._sent = [*self._sent[-7:], raw]
        for index in self._networks():
            self._send(raw, index)

    def _networks(self) -> list[int]:
        """The numbers of the network interfaces; 0: that of the address that was set."""
        return [0] if self._spot.address else [index for index, _ in socket.if_nameindex()]

    def _send(self, raw: bytes, index: int) -> None:
        transport: _Transport = self.transport  # type: ignore[assignment]
        handle = transport.getHandle()
        group = socket.inet_aton(self._spot.group)
        network = struct.pack("=4s4si", group, socket.inet_aton(self._spot.address or "0.0.0.0"), index)  # noqa: S104
        with suppress(OSError):
            # Joined before, or a network without multicast: sending tells.
            handle.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, network)
        try:
            handle.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, network)
            transport.write(raw, (self._spot.group, self._spot.port))
        except OSError as why:
            self._log.debug("no beacon into network {index}: {why}", index=index, why=why)
