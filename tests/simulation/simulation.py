"""
One run: a network is built, lives through its faults, is left in peace for two days, and is judged.

The oracles are those of docs/reliability.md; what one of them finds ends the run.
"""

from __future__ import annotations

import functools
import gc
import heapq
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec.structs import replace
from twisted.logger import globalLogPublisher

from bitdust import database
from bitdust.backup import description
from bitdust.blocks.shapes import k_of
from bitdust.catalog import head
from bitdust.errors import BitDustError
from bitdust.identity import document
from bitdust.node.customer_side import CustomerSide
from bitdust.transport import silence
from bitdust.world import pause
from tests.simulation.disks import Disks
from tests.simulation.ledger import Ledger
from tests.simulation.oracles import Broken, Oracles
from tests.simulation.people import SimulatedHouse, SimulatedWorld, Storm
from tests.simulation.plan import DAY, HOUR, Deed, Fault, Shape, chance_of, deeds_of, faults_of, lateness_of
from tests.simulation.striking import Striking, lie, show_old
from tests.simulation.trace import Trace
from tests.world import SERVER

#: seconds without faults in which everything must be whole again
PEACE = 2 * DAY
#: seconds between two looks at everything
LOOK = 6 * HOUR
#: calls of the clock that a node needs for an hour at most, in the whole run
MOST_TURNS = 600
#: bytes that a greedy customer is granted
GREEDY = 2**20
#: seconds of silence before a link is asked for a sign of life: pings are most of an idle network's calls
QUIET = 7200.0
#: objects made before the garbage collector looks at the young, and how rarely at the older
COLLECT = (20_000, 20, 50)


@dataclass
class Outcome:
    """What came of a run.  `oracle` and `why` are "" when nothing was wrong; `cpu` in seconds."""

    seed: int
    oracle: str = ""
    why: str = ""
    trace: str = ""
    events: int = 0
    turns: int = 0
    cpu: float = 0.0
    sent: int = 0
    struck: dict[str, int] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    last: list[str] = field(default_factory=list)

    @property
    def short(self) -> dict[str, object]:
        """What is worth keeping of it."""
        found = asdict(self)
        del found["last"]
        return found


def run(
    seed: int,
    shape: Shape,
    *,
    without: Collection[Fault] = (),
    only: Collection[Fault] | None = None,
    bug: Callable[[], AbstractContextManager[object]] | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Run a seed, with these faults only, or without those, or with a bug in the program."""
    faults = [fault for fault in (faults_of(seed, shape) if only is None else only) if fault not in without]
    folder = folder or quick() / f"bitdust-simulation/{seed}-{shape.nodes}-{shape.days:g}"
    began = time.process_time()
    outcome = Outcome(seed)
    with ExitStack() as stack:
        stack.enter_context(cheap())
        for patch in everywhere(description.describe, _described):
            stack.enter_context(patch)
        if shape.greedy:
            stack.enter_context(mock.patch.object(CustomerSide, "space_each", return_value=GREEDY))
            stack.enter_context(mock.patch.object(CustomerSide, "_room_for_backups", _room_for_anything))
        if bug is not None:
            stack.enter_context(bug())
        simulation = Simulation(seed, shape, faults, folder)
        try:
            simulation.live()
        except Broken as broken:
            outcome.oracle, outcome.why = broken.oracle, broken.why
        except Storm as storm:
            outcome.oracle, outcome.why = "O5", str(storm)
        finally:
            simulation.close()
    trace = simulation.trace
    outcome.trace, outcome.events, outcome.turns = trace.digest, trace.events, simulation.world.clock.turns
    outcome.sent = sum(simulation.world.network.bytes.values())
    outcome.struck, outcome.facts = dict(simulation.striking.struck), dict(simulation.oracles.facts)
    outcome.last = [*trace.last]
    outcome.cpu = round(time.process_time() - began, 2)
    return outcome


@contextmanager
def cheap() -> Iterator[None]:
    """What costs much and changes nothing: signs of life, syncs, logs, and reading the same again."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.multiple(silence, QUIET=QUIET, BUSY=QUIET))
        # Most of what a run makes stays, or is gone without being looked for.
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*COLLECT)
        # Nobody but the node itself looks into its files while it lives, and none outlives the machine.
        stack.enter_context(
            mock.patch.object(
                database, "PRAGMAS", ("locking_mode=EXCLUSIVE", *database.PRAGMAS, "synchronous=OFF")
            )
        )
        # Nobody reads the log but the world.
        stack.enter_context(mock.patch.object(globalLogPublisher, "_observers", []))
        for real in (document.parse, head.read_order):
            for patch in everywhere(real, functools.lru_cache(4096)(real)):
                stack.enter_context(patch)
        yield


def everywhere(real: Any, fake: Any) -> Iterator[AbstractContextManager[object]]:
    """
    Patches that put something else in the place of a function, under every name it has in the program.

    Documents and heads are parsed, and their signatures checked, once: the same bytes mean the same.
    """
    for name, module in sorted(sys.modules.items()):
        if name.startswith("bitdust."):
            for key, value in vars(module).items():
                if value is real:
                    yield mock.patch.object(module, key, fake)


async def _room_for_anything(side: CustomerSide, size: int) -> str:
    return ""


_describe = description.describe


def _described(*args: Any, **kwargs: Any) -> Any:
    """What the catalog keeps of a file, without what the real disk drew by chance."""
    meta = _describe(*args, **kwargs)
    return replace(meta, ctime_ns=meta.mtime_ns, ino=1, dev=1)


def quick() -> Path:
    """Where files cost little."""
    return Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path("/tmp")


class Simulation:
    """A network and its fate."""

    def __init__(self, seed: int, shape: Shape, faults: list[Fault], folder: Path) -> None:
        self.seed, self.shape, self._faults = seed, shape, faults
        cap = int(shape.nodes * (shape.days + PEACE / DAY) * 24 * MOST_TURNS * (10 if shape.greedy else 1))
        self.world = world = SimulatedWorld(f"simulation {seed}", folder, cap)
        world.greedy = shape.greedy
        if late := lateness_of(seed):
            world.answer_late(late)
        self.trace = world.trace = Trace(world.clock.seconds)
        self.disks = Disks()
        self.disks.start()
        self.ledger = Ledger(shape.n - k_of(shape.n))
        self.oracles = Oracles(world, shape, self.disks, self.trace)
        self.striking = Striking(
            world, self.ledger, self._later, self.oracles.customers_of, self._start, self.disks,
            bad=max(0, min(shape.nodes // 4, shape.nodes - shape.n - 3)),
        )  # fmt: skip
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._chance = chance_of(seed, "files")
        world.network.watch = self.oracles.sent
        world.crashing, world.crashed = self.oracles.crashing, self.oracles.crashed

    def live(self) -> None:
        """All of it."""
        self._settle_down()
        began = self.world.clock.seconds()
        for fault in self._faults:
            self._later(fault.at, lambda fault=fault: self.striking.strike(fault))
        for deed in deeds_of(self.seed, self.shape):
            self._later(deed.at, lambda deed=deed: self._do(deed))
        self._later(HOUR, self._hour)
        self._later(LOOK, self._look)
        end = began + self.shape.days * DAY
        self._until(end)
        self._agenda.clear()
        if self.shape.greedy:
            # Nothing fits any more, and nothing will be whole.
            self.oracles.look()
            self.oracles.check()
            return
        self.trace.say("PEACE")
        self.striking.heal()
        self.oracles.peace()
        self._later(LOOK, self._look)
        self._until(end + PEACE)
        self.oracles.judge()

    def close(self) -> None:
        """Nothing stays."""
        self.disks.stop()
        self.world.leave()

    # -- time

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.world.clock.seconds() + seconds, next(self._numbers), act))

    def _until(self, end: float) -> None:
        clock = self.world.clock
        while self._agenda and self._agenda[0][0] <= end:
            at, _, act = heapq.heappop(self._agenda)
            self._run_to(at)
            act()
            self.oracles.check()
        self._run_to(end)
        self.oracles.check()
        assert clock.seconds() >= end

    def _run_to(self, at: float) -> None:
        clock = self.world.clock
        while clock.turn(at):
            pass

    def _hour(self) -> None:
        self.oracles.hour()
        if not self.world.network.sides:
            for house in self.world.houses.values():
                if house.is_alive:
                    self.ledger.pass_time(house.name, HOUR)
        self._later(HOUR, self._hour)

    def _look(self) -> None:
        self.oracles.look()
        self._later(LOOK, self._look)

    # -- people

    def _settle_down(self) -> None:
        world, shape = self.world, self.shape
        for number in range(shape.nodes):
            settings = {"services__customer__suppliers_number": str(shape.n)}
            if number >= shape.customers:
                settings = {"services__customer__enabled": "False"}
            self._start(world.house(f"node{number}", **settings))
        customers = self.oracles.customers
        world.until(lambda: all(world.staffed(house, shape.n) for house in customers), 7200)
        for house in customers:
            house.write_files(self._chance, first=True)
            house.back_up(house.source, 600)
        for house in customers:
            house.until_safe(3600)
            house.words = world.wait(house.node.identity_backup(None, None)).words
        self.oracles.look()

    def _start(self, house: SimulatedHouse) -> None:
        if house.is_alive or house.gone:
            return
        if house.burnt:
            house.begin()
            house.attempt(self._recover(house), "recover")
            return
        house.start()
        self.trace.say(f"{house.name} lives for the {house.lives}. time")
        if house.lies:
            lie(house)
        if house.shown:
            show_old(house)
        self.oracles.started(house)

    async def _recover(self, house: SimulatedHouse) -> None:
        """On a new machine, from the kit; as often as it takes, unless the node ends it by itself."""
        lives = house.lives
        while house.is_alive and house.lives == lives:
            node = house.node
            try:
                if node.identity is None or node.registration.is_recovering():
                    await node.identity_recover(house.words, [SERVER], None)
            except (BitDustError, OSError) as error:
                self.trace.say(f"{house.name} is not recovered: {error}")
                await pause(house.clock, 600.0)
            else:
                house.burnt = False
                self.trace.say(f"{house.name} is recovered")
                self.oracles.started(house)
                return

    def _do(self, deed: Deed) -> None:
        house = self.world.houses[f"node{deed.who}"]
        if not house.is_alive or house.burnt:
            return
        self.trace.say(f"DEED {deed.kind} of {deed.who}")
        getattr(self, f"_{deed.kind}")(house, self.world.houses[f"node{deed.whom}"])

    def _backup(self, house: SimulatedHouse, _: SimulatedHouse) -> None:
        if not house.is_busy():
            house.write_files(self._chance, first=False)
            house.attempt(house.node.backups.start_path(str(house.source)), "backup")

    def _delete(self, house: SimulatedHouse, _: SimulatedHouse) -> None:
        versions = self.oracles.versions(house)
        if len(versions) > 1 and not house.is_busy():
            oldest = versions[0]
            self.oracles.deleting(house, oldest)
            house.attempt(house.node.backups.delete(f"{oldest.item}/{oldest.label}"), "delete")

    def _message(self, house: SimulatedHouse, whom: SimulatedHouse) -> None:
        if whom is not house and not whom.gone:
            text = f"{self.world.marker} message {next(self._numbers)}"
            self.oracles.writing(house, whom, text)
            house.attempt(self._send(house, whom, text), "message")

    async def _send(self, house: SimulatedHouse, whom: SimulatedHouse, text: str) -> None:
        await house.node.messaging.messages.send(whom.idurl, text)
        self.oracles.written(house, whom, text)

    def _erase(self, house: SimulatedHouse, whom: SimulatedHouse) -> None:
        if whom.is_alive and not whom.burnt:
            whom.attempt(self._erase_all(whom), "erase")

    async def _erase_all(self, house: SimulatedHouse) -> None:
        messages = house.node.messaging.messages
        for row in await messages.listed(10_000, 0.0, None):
            if row.direction == "in":
                await messages.delete(row.id, None)
                self.oracles.erased(house, [row.message])

    def _tidy(self, house: SimulatedHouse, whom: SimulatedHouse) -> None:
        whom.tidy = True

    def _restless(self, house: SimulatedHouse, _: SimulatedHouse) -> None:
        for number in range(len(house.customer.suppliers.seats)):
            house.attempt(house.node.supplier_replace(number), "replace")

    def _replace(self, house: SimulatedHouse, _: SimulatedHouse) -> None:
        seats = house.customer.suppliers.seats
        house.attempt(house.node.supplier_replace(self._chance.randrange(len(seats))), "replace")
