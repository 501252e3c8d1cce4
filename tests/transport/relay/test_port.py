"""The road over a relay keeps what every road promises."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from bitdust.identity.document import Document
from bitdust.transport.interface import Expected, ILink
from bitdust.transport.memory import Network
from bitdust.transport.relay.contact import write_relayed
from bitdust.world import spawn
from tests.relay.parties import Party, a_relay
from tests.transport.conformance import Conformance
from tests.transport.people import Person, person, seeded


class Road:
    """The relayed road of a party who makes his reservation when he listens."""

    scheme, direct = "proxy", False

    def __init__(self, party: Party, relay: Person) -> None:
        self.party, self.relay = party, relay
        self.pace, self.intake = party.relayed.pace, party.relayed.intake

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        async def listen() -> list[str]:
            await self.party.start()
            self.party.relayed.listen(accepted)
            return [await self.party.reserve(self.relay, f"memory://{self.relay.name}")]

        return spawn(listen())

    def dial(self, contact: str, expected: Expected) -> Deferred[ILink]:
        return self.party.relayed.dial(contact, expected)

    def stop(self) -> Deferred[None]:
        return spawn(self.party.router.stop())


class TestRelay(Conformance, TestCase):
    """The conformance suite, through a relay that carries bulk."""

    timeout = 30
    name = "relay"
    host = ""

    def setUp(self) -> None:
        super().setUp()
        self.network = Network(reactor, seeded("network"))
        self.rita = person("rita")
        self.relay, self.service = a_relay(self.network, self.rita)
        self.count = 0
        return spawn(self.relay.start())

    async def tearDown(self) -> None:
        await super().tearDown()
        await self.relay.router.stop()
        assert self.service.carrying().circuits == 0

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> Road:
        self.count += 1
        # A liar would get no reservation under a stolen name: he makes it under his own.
        honest = who if who.device.spki in who.document.device_spkis else person("carol")
        party = Party(self.network, honest, f"{who.name}-{self.count}", guard=guard, shown=who)
        return Road(party, self.rita)

    def place(self) -> str:
        contact = write_relayed(
            person("nobody").document.fingerprint, self.rita.document.fingerprint, ["memory://rita"]
        )
        assert contact is not None
        return contact
