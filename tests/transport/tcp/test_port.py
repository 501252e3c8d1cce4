"""The TCP road keeps what every road promises."""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.identity.document import Document
from bitdust.transport.tcp.port import TcpTransport
from tests.transport.conformance import Conformance
from tests.transport.people import Person, seeded


def free_port() -> int:
    """A port of the loopback where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class TestTcp(Conformance, TestCase):
    """The conformance suite, over TLS on the loopback."""

    timeout = 20

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> TcpTransport:
        return TcpTransport(
            reactor, who.device, lambda: who.raw, guard, "127.0.0.1", 0, seeded(f"tcp {who.name}")
        )

    def place(self) -> str:
        return f"tcp://127.0.0.1:{free_port()}"
