"""The TCP road keeps what every road promises."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.errors import Conflict
from bitdust.identity.document import Document
from bitdust.transport.tcp.port import TcpTransport
from tests.transport.conformance import Names
from tests.transport.people import Person, doorman, person, seeded


def free_port() -> int:
    """A port of the loopback where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class TestTcp(Names, TestCase):
    """The conformance suite, over TLS on the loopback."""

    timeout = 20

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> TcpTransport:
        return TcpTransport(
            reactor, who.device, lambda: who.raw, guard, "127.0.0.1", 0, seeded(f"tcp {who.name}")
        )

    def careful_road(self, who: Person, may_lead: Callable[[str], bool]) -> TcpTransport:
        return TcpTransport(
            reactor,
            who.device,
            lambda: who.raw,
            doorman,
            "127.0.0.1",
            0,
            seeded("careful"),
            may_lead=may_lead,
        )

    def place(self) -> str:
        return f"tcp://127.0.0.1:{free_port()}"


class TestBusyPort(TestCase):
    """A port that another program has."""

    timeout = 20

    def road(self, port: int, instead: Sequence[int] = ()) -> TcpTransport:
        who = person("alice")
        return TcpTransport(
            reactor, who.device, lambda: who.raw, doorman, "127.0.0.1", port, seeded("busy"), instead=instead
        )

    async def test_another_instead(self) -> None:
        """The first of the others that is free is taken, and is what the contact says."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            one.listen()
            taken, free = one.getsockname()[1], free_port()
            road = self.road(taken, (taken, free, 0))
            self.addCleanup(road.stop)
            assert await road.listen(lambda link: None) == [f"tcp://127.0.0.1:{free}"]

    async def test_no_other(self) -> None:
        """Whoever set a port gets that one, or is told what to set."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            one.listen()
            taken = one.getsockname()[1]
            with pytest.raises(Conflict, match=str(taken)) as told:
                await self.road(taken).listen(lambda link: None)
        assert "services/tcp-connections/tcp-port" in told.value.hint
