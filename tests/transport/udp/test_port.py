"""The UDP road keeps what every road promises."""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.interfaces import IDelayedCall
from twisted.trial.unittest import TestCase

from bitdust.identity.document import Document
from bitdust.transport.udp.port import UdpTransport
from tests.transport.conformance import Names
from tests.transport.people import Person, doorman, seeded


class Swift:
    """The reactor with a clock that goes twenty times as fast: UDP tells nobody that nobody is there."""

    speed = 20.0

    def __getattr__(self, name: str) -> object:
        return getattr(reactor, name)

    def callLater(self, seconds: float, *call: object) -> IDelayedCall:
        return reactor.callLater(seconds / self.speed, *call)

    def seconds(self) -> float:
        return reactor.seconds() * self.speed


def free_port() -> int:
    """A UDP port of the loopback that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class TestUdp(Names, TestCase):
    """The conformance suite, over QUIC on the loopback."""

    timeout = 20
    clock: object = reactor

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> UdpTransport:
        return UdpTransport(
            self.clock, who.device, lambda: who.raw, guard, "127.0.0.1", 0, seeded(f"udp {who.name}")
        )

    def careful_road(self, who: Person, may_lead: Callable[[str], bool]) -> UdpTransport:
        return UdpTransport(
            self.clock,
            who.device,
            lambda: who.raw,
            doorman,
            "127.0.0.1",
            0,
            seeded("careful"),
            may_lead=may_lead,
        )

    def place(self) -> str:
        return f"udp://127.0.0.1:{free_port()}"

    async def test_nobody_there(self) -> None:
        """Dialing a place where nobody listens fails with Timeout."""
        self.clock = Swift()
        await super().test_nobody_there()

    async def test_stop_ends_everything(self) -> None:
        """Stopping closes the links of both kinds and nobody can dial any more."""
        self.clock = Swift()
        await super().test_stop_ends_everything()
