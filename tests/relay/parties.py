"""A relay and people who are reached over it: routers on the memory road, which hides who is behind a NAT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.interfaces import IReactorTime

from bitdust.database import Database
from bitdust.identity.document import Document
from bitdust.identity.pinning import SCHEMA as PEERS
from bitdust.identity.pinning import Pins
from bitdust.machines import Machines
from bitdust.relay.service import RelayService
from bitdust.router.router import Router, Sender
from bitdust.router.tables import SCHEMA
from bitdust.transport.interface import IExchange, ITransport
from bitdust.transport.memory import MemoryTransport, Network
from bitdust.transport.relay.contact import write_relayed
from bitdust.transport.relay.port import RelayTransport
from bitdust.wire.packets import Knock, Packet, Priority, Reserve, Reserved
from bitdust.world import inline
from tests.transport.people import Person, doorman, seeded


class Traveller:
    """
    Somebody with a router, a straight road and the one over relays.

    @param guard: the doorman of his relayed links.
    @param shown: whom he makes himself out to be on those.
    """

    def __init__(
        self,
        clock: IReactorTime,
        who: Person,
        straight: ITransport,
        name: str,
        guard: Callable[[bytes, bytes], Any] = doorman,
        shown: Person | None = None,
    ) -> None:
        self.who = who
        shown = shown or who
        self.relayed = RelayTransport(
            clock, shown.device, lambda: shown.raw, guard, self._through, seeded(f"relayed {name}")
        )
        self.pins = Pins(Database(":memory:", PEERS, inline), lambda: 1.8e9)
        self.router = Router(
            clock=clock, wall=lambda: 1.8e9, rng=seeded(f"router {name}"), machines=Machines(),
            transports=[straight, self.relayed], pins=self.pins, meet=self._meet, own=lambda: who.document,
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


class Party(Traveller):
    """
    Such a one at the place `memory://PLACE`.

    @param hidden: he cannot be dialed there.
    """

    def __init__(
        self, network: Network, who: Person, place: str = "", *, hidden: bool = True, **more: Any
    ) -> None:
        self.place = place or who.name
        if hidden:
            network.refuse(self.place)
        memory = MemoryTransport(
            network, self.place, spki=who.device.spki, document=lambda: who.raw, doorman=doorman
        )
        super().__init__(network.clock, who, memory, self.place, **more)


def carries(
    clock: IReactorTime, one: Traveller, own: Callable[[str], bool] = lambda _: True, routes: int = 20
) -> RelayService:
    """Let him carry for others."""

    async def is_own(fingerprint: str) -> bool:
        return own(fingerprint)

    service = RelayService(clock, one.router.link, is_own, lambda: routes)
    one.router.went.listen(service.went)
    for packet, handler in service.commands().items():
        one.router.answer(packet, handler)
    return service


def a_relay(network: Network, who: Person, **more: Any) -> tuple[Party, RelayService]:
    """Somebody whom everybody can dial, and who carries."""
    party = Party(network, who, hidden=False)
    return party, carries(network.clock, party, **more)
