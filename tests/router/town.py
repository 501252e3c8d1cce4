"""A few routers on one simulated network and one hand-turned clock."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from bitdust.database import Database
from bitdust.errors import NotFound, Offline
from bitdust.identity.document import Document, build
from bitdust.identity.keys import DeviceKey, Keys, spki_of
from bitdust.identity.pinning import SCHEMA as PEERS
from bitdust.identity.pinning import Pins
from bitdust.machines import Machines
from bitdust.router.lookup import Said
from bitdust.router.router import Router
from bitdust.router.tables import SCHEMA
from bitdust.transport.interface import ILink
from bitdust.transport.memory import MemoryTransport, Network
from bitdust.world import Rng, inline

WALL = 1_800_000_000.0


def seeded(seed: str) -> Rng:
    """An `Rng` that repeats itself."""
    numbers = count()
    return lambda size: hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(size)


class Resident:
    """A person with a router."""

    def __init__(self, town: Town, name: str) -> None:
        self.name = name
        self.town = town
        self._rng = seeded(name)
        self.keys = Keys.from_master(self._rng(32))
        self.device = DeviceKey.generate(self._rng)
        self.revision = 0
        self.router_db = Database(":memory:", SCHEMA, inline)
        self.machines = Machines()
        self.write_document()
        self.pins = Pins(Database(":memory:", PEERS, inline), self.wall)
        self.came: list[str] = []
        self.went: list[str] = []
        self.move_in()

    @property
    def fingerprint(self) -> str:
        return self.document.fingerprint

    def wall(self) -> float:
        return WALL + self.town.clock.seconds()

    def write_document(self, **changes: Any) -> None:
        """A new revision of the identity."""
        self.revision += 1
        self.document: Document = build(
            self.keys,
            sources=[f"http://127.0.0.1/{self.name}.xml"],
            contacts=changes.get("contacts", [f"memory://{self.name}"]),
            devices=[self.device.public],
            revision=self.revision,
            date="2026-01-01",
        )
        self.town.served[f"http://127.0.0.1/{self.name}.xml"] = self.document.raw

    def new_device(self) -> None:
        """Another installation takes the place of the first."""
        self.device = DeviceKey.generate(self._rng)
        self.write_document()

    def move_in(self) -> None:
        """Start, or start again after `leave`."""
        self.transport = MemoryTransport(
            self.town.network,
            self.name,
            spki=spki_of(self.device.public),
            document=lambda: self.document.raw,
            doorman=self.pins.doorman,
        )
        self.router = Router(
            clock=self.town.clock,
            wall=self.wall,
            rng=self._rng,
            machines=self.machines,
            transports=[self.transport],
            pins=self.pins,
            meet=self.meet,
            own=lambda: self.document,
            op_db=self.router_db,
            address=self.address,
        )
        self.router.came.listen(self.came.append)
        self.router.went.listen(self.went.append)
        self.town.result(self.router.start())

    async def meet(self, idurl: str) -> Document:
        self.town.fetched.append(idurl)
        raw = self.town.served.get(idurl)
        if raw is None:
            raise Offline("no identity server answers")
        return await self.pins.accept(raw, fetched_from=idurl)

    async def address(self, document: Document) -> Said | None:
        self.town.looked_for.append(document.name)
        return self.town.said.get(document.fingerprint)

    def knows(self, *others: Resident) -> None:
        """Pin the others' present documents."""
        for other in others:
            self.town.result(self.pins.accept(other.document.raw, fetched_from=other.document.idurl))

    def link(self, other: Resident) -> ILink:
        """The link in use."""
        link = self.router._peers[other.fingerprint].links.best()
        if link is None:
            raise NotFound("no link")
        return link

    def states(self) -> dict[str, str]:
        return {row.name: row.state for row in self.machines.rows.values()}

    def leave(self) -> None:
        self.town.result(self.router.stop())


class Town:
    """The clock, the network, and what identity servers serve."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, seeded("network"))
        self.served: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.residents: list[Resident] = []
        #: address records, and whose were looked for
        self.said: dict[str, Said] = {}
        self.looked_for: list[str] = []

    def resident(self, name: str) -> Resident:
        resident = Resident(self, name)
        self.residents.append(resident)
        return resident

    def pair(self) -> tuple[Resident, Resident]:
        """Two who know each other; the first has the smaller fingerprint."""
        one, other = sorted((self.resident("alice"), self.resident("bob")), key=lambda who: who.fingerprint)
        one.knows(other)
        other.knows(one)
        return one, other

    def run(self, seconds: float = 0.0) -> None:
        """Let that much time pass, each call at its own moment."""
        until = self.clock.seconds() + seconds
        for _ in range(100_000):
            if self._next() > until:
                break
            self.clock.advance(max(0.0, self._next() - self.clock.seconds()))
        else:
            raise AssertionError("it never comes to rest")
        self.clock.advance(max(0.0, until - self.clock.seconds()))

    def begin(self, work: Any) -> Deferred[Any]:
        """A coroutine under way."""
        return Deferred.fromCoroutine(work)

    def _next(self) -> float:
        # Clock does not sort again when a call was reset.
        return min((call.getTime() for call in self.clock.getDelayedCalls()), default=float("inf"))

    def result(self, work: Any, seconds: float = 60.0) -> Any:
        """What a coroutine or Deferred comes to, letting time pass only as far as it needs."""
        work = work if isinstance(work, Deferred) else self.begin(work)
        outcome: list[Any] = []
        work.addBoth(outcome.append)
        until = self.clock.seconds() + seconds
        while not outcome:
            if self._next() > until:
                raise AssertionError("no result")
            self.clock.advance(max(0.0, self._next() - self.clock.seconds()))
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]
