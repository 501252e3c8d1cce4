"""A relay and people who are reached over it: routers on the memory road, which hides who is behind a NAT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bitdust.database import Database
from bitdust.identity.document import Document
from bitdust.identity.pinning import SCHEMA as PEERS
from bitdust.identity.pinning import Pins
from bitdust.machines import Machines
from bitdust.relay.service import RelayService
from bitdust.router.router import Router, Sender
from bitdust.router.tables import SCHEMA
from bitdust.transport.interface import IExchange
from bitdust.transport.memory import MemoryTransport, Network
from bitdust.transport.relay.contact import write_relayed
from bitdust.transport.relay.port import RelayTransport
from bitdust.wire.packets import Knock, Packet, Priority, Reserve, Reserved
from bitdust.world import inline
from tests.transport.people import Person, doorman, seeded


class Party:
    """
    Somebody with a router and one place, `memory://PLACE`.

    @param hidden: he cannot be dialed there.
    @param guard: the doorman of his relayed links.
    @param shown: whom he makes himself out to be on those.
    """

    def __init__(
        self,
        network: Network,
        who: Person,
        place: str = "",
        *,
        hidden: bool = True,
        guard: Callable[[bytes, bytes], Any] = doorman,
        shown: Person | None = None,
    ) -> None:
        self.who, self.place, clock = who, place or who.name, network.clock
        if hidden:
            network.refuse(self.place)
        shown = shown or who
        self.relayed = RelayTransport(
            clock, shown.device, lambda: shown.raw, guard, self._through, seeded(f"relayed {self.place}")
        )
        self.pins = Pins(Database(":memory:", PEERS, inline), lambda: 1.8e9)
        memory = MemoryTransport(
            network, self.place, spki=who.device.spki, document=lambda: who.raw, doorman=doorman
        )
        self.router = Router(
            clock=clock, wall=lambda: 1.8e9, rng=seeded(f"router {self.place}"), machines=Machines(),
            transports=[memory, self.relayed], pins=self.pins, meet=self._meet, own=lambda: who.document,
            op_db=Database(":memory:", SCHEMA, inline),
        )  # fmt: skip
        self.router.answer(Knock, self._knocked)

    async def start(self) -> None:
        """Listen."""
        await self.router.start()

    async def reserve(self, relay: Person, place: str) -> str:
        """Be reached over that relay; the contact."""
        self.router.hint(relay.document.fingerprint, [place])
        answer = await self.router.ask(relay.document.fingerprint, Reserve())
        assert isinstance(answer, Reserved)
        contact = write_relayed(self.who.document.fingerprint, relay.document.fingerprint, [place])
        assert contact is not None
        return contact

    async def _meet(self, idurl: str) -> Document:
        raise AssertionError("nobody is looked up here")

    async def _through(self, relay: str, places: Sequence[str], question: Packet) -> IExchange:
        self.router.hint(relay, places)
        return await self.router.open(relay, question, priority=Priority.RESTORE, within=8.0)

    async def _knocked(self, sender: Sender, packet: Knock, exchange: IExchange) -> None:
        await self.relayed.take(sender.fingerprint, packet, exchange)


def a_relay(
    network: Network, who: Person, *, own: Callable[[str], bool] = lambda _: True, routes: int = 20
) -> tuple[Party, RelayService]:
    """Somebody whom everybody can dial, and who carries."""
    party = Party(network, who, hidden=False)

    async def is_own(fingerprint: str) -> bool:
        return own(fingerprint)

    service = RelayService(network.clock, party.router.link, is_own, lambda: routes)
    party.router.went.listen(service.went)
    for packet, handler in service.commands().items():
        party.router.answer(packet, handler)
    return party, service
