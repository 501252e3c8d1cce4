"""The road inside one process keeps what every road promises."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.identity.document import Document
from bitdust.transport.memory import MemoryTransport, Network
from tests.transport.conformance import Conformance
from tests.transport.people import Person, seeded


class TestMemory(Conformance, TestCase):
    """The conformance suite, over memory."""

    timeout = 20
    host = ""

    def setUp(self) -> None:
        super().setUp()
        self.network = Network(reactor, seeded("network"))

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> MemoryTransport:
        return MemoryTransport(
            self.network, who.name, spki=who.device.spki, document=lambda: who.raw, doorman=guard
        )

    def place(self) -> str:
        return "memory://nobody"
