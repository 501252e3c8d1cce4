"""
Networks whose suppliers die faster than any budget allows (T65): how often data is lost, what repair moves.

`python -m tests.simulation.churn RESULTS.jsonl`: one line for each run.  Suppliers live for a time by chance
(exponential), and for each who dies another one comes; meanwhile they are there for a share of the time, and
away for some hours at a time.  Customers do not die.  A set is lost when a block of it has fewer than k whole
pieces; from then on it does not count.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bitdust.blocks.layout import LEAF
from bitdust.blocks.shapes import k_of
from bitdust.transport.link import Link
from bitdust.wire.packets import Data, Packet, Priority, Retrieve
from tests.simulation.people import SimulatedHouse, SimulatedWorld
from tests.simulation.plan import DAY, HOUR, chance_of
from tests.simulation.simulation import cheap, quick
from tests.simulation.trace import Trace
from tests.simulation.truth import Truth


@dataclass(frozen=True)
class Life:
    """
    @param n: suppliers of each customer.
    @param mean: how many days a supplier lives, on average.
    @param there: the share of its life in which it can be reached.
    @param days: how long this is looked at.
    """

    n: int
    mean: float
    there: float = 1.0
    days: float = 30.0
    customers: int = 4


#: runs of each
PLAN = {
    Life(4, 5.0): 1,
    Life(4, 20.0): 1,
    Life(4, 10.0): 4,
    Life(4, 40.0): 1,
    Life(2, 10.0): 2,
    Life(7, 10.0): 1,
    Life(13, 30.0, there=0.8, days=180.0): 1,
}
#: hours for which somebody is away, on average
AWAY = 4.0
#: seconds between two looks at all shelves while nobody dies: only deaths take pieces
LOOK = 6 * HOUR


def churn(seed: int, life: Life, progress: Callable[[str], object] = lambda line: None) -> dict[str, object]:
    """One run; sizes in bytes, times in days.  `progress` hears once in ten days of the simulated time."""
    began = time.process_time()
    folder = quick() / f"bitdust-simulation/churn-{seed}-{life.n}-{life.mean:g}-{life.there:g}"
    with ExitStack() as stack:
        stack.enter_context(cheap())
        run = _Churn(SimulatedWorld(f"churn {seed}", folder, 10**9), seed, life, progress)
        stack.enter_context(mock.patch.object(Link, "ask", run.asking(Link.ask)))
        try:
            run.live()
        finally:
            run.world.leave()
    return {
        "n": life.n, "k": k_of(life.n), "life": life.mean, "there": life.there, "seed": seed,
        "days": life.days, "sets": life.customers, "lost": run.lost, "absences": run.absences,
        "set_days": round(run.set_days, 2), "deaths": run.deaths, "hits": run.hits, "stored": run.stored,
        "moved": run.moved, "repair": run.repair, "cpu": round(time.process_time() - began, 1),
    }  # fmt: skip


class _Churn:
    def __init__(
        self, world: SimulatedWorld, seed: int, life: Life, progress: Callable[[str], object]
    ) -> None:
        self.world, self.life, self._progress = world, life, progress
        world.trace = Trace(world.clock.seconds)
        self._chance = chance_of(seed, "churn", life.n, life.mean)
        self._truth = Truth()
        self._deaths: dict[str, float] = {}
        #: when each goes away, or comes back
        self._turns: dict[str, float] = {}
        self._born = 0
        self.lost = self.deaths = self.hits = self.stored = self.moved = self.repair = self.absences = 0
        self.set_days = 0.0

    def asking(self, ask: Callable[..., object]) -> Callable[..., object]:
        """`Link.ask`, with what repair fetches and sends added up."""

        def asked(link: Link, packet: Packet, priority: Priority) -> object:
            if isinstance(packet, Data):
                self.repair += packet.size
            elif isinstance(packet, Retrieve) and priority is Priority.REPAIR:
                self.repair += packet.count * LEAF
            return ask(link, packet, priority)

        return asked

    def live(self) -> None:
        world, n = self.world, self.life.n
        while self._born < 2 * n + 6:
            self._bear(0.0)
        customers = []
        for number in range(self.life.customers):
            house = world.house(
                f"customer{number}", services__supplier__enabled=False,
                services__customer__suppliers_number=str(n),
            )  # fmt: skip
            house.start()
            customers.append(house)
        world.until(lambda: all(world.staffed(house, n) for house in customers), 7200)
        for house in customers:
            house.write_files(self._chance, first=True)
            house.back_up(house.source, 600)
            house.until_safe(3600)
        self.stored = sum(piece.size for house in self._shelves() for piece in self._truth.rows(house))
        self.repair = 0
        before = sum(world.network.bytes.values())
        whole = {house.name: house for house in customers}
        start = world.clock.seconds()
        looked = start
        while (now := world.clock.seconds()) < start + self.life.days * DAY and whole:
            world.run(HOUR)
            died = self._reap(start, whole)
            self._turn(start)
            self.set_days += len(whole) * HOUR / DAY
            if died or now - looked >= LOOK:
                looked = now
                self._count(whole)
            if int(now - start) // HOUR % 240 == 0:
                self._progress(f"day {(now - start) / DAY:.0f}: {self.deaths} deaths, {self.lost} lost")
        self.moved = sum(world.network.bytes.values()) - before

    def _bear(self, now: float) -> None:
        name = f"node{self._born}"
        self._born += 1
        self.world.house(name, services__customer__enabled=False).start()
        self._deaths[name] = now + self._chance.expovariate(1 / (self.life.mean * DAY))
        if self.life.there < 1:
            self._turns[name] = now + self._chance.expovariate(1 / self._mean(True))

    def _mean(self, is_there: bool) -> float:
        """Seconds for which somebody stays, or stays away."""
        away = AWAY * HOUR
        return away * self.life.there / (1 - self.life.there) if is_there else away

    def _turn(self, start: float) -> None:
        """Some go away, others come back."""
        network = self.world.network
        now = self.world.clock.seconds() - start
        for name in [name for name, at in self._turns.items() if at <= now]:
            is_there = name in network.sides
            if is_there:
                del network.sides[name]
                network.heal()
            else:
                # Each is alone where he is.
                network.sides[name] = 1 + int(name.removeprefix("node"))
                network.cut(self.world.houses[name].place)
                self.absences += 1
            self._turns[name] = now + self._chance.expovariate(1 / self._mean(is_there))

    def _reap(self, start: float, whole: dict[str, SimulatedHouse]) -> bool:
        """Those whose time is over die; whether somebody did."""
        now = self.world.clock.seconds() - start
        due = [name for name, at in self._deaths.items() if at <= now]
        for name in due:
            del self._deaths[name]
            self._turns.pop(name, None)
            house = self.world.houses[name]
            idurl = house.idurl
            self.hits += sum(
                any(seat is not None and seat.idurl == idurl for seat in each.customer.suppliers.seats)
                for each in whole.values()
            )
            house.crash()
            house.gone = True
            del self.world.shared[idurl]
            self.deaths += 1
            self._bear(now)
        return bool(due)

    def _shelves(self) -> list[SimulatedHouse]:
        return [house for house in self.world.houses.values() if not house.gone and "node" in house.name]

    def _count(self, whole: dict[str, SimulatedHouse]) -> None:
        pieces: dict[tuple[str, bytes], set[int]] = {}
        for house in self._shelves():
            for customer, block, number in self._truth.whole(house):
                pieces.setdefault((customer, block), set()).add(number)
        for name, house in [*whole.items()]:
            mine = house.fingerprint
            if any(len(pieces.get((mine, block.id), ())) < block.k for block in house.blocks()):
                self.lost += 1
                del whole[name]
                house.crash()


def main() -> None:
    """Every run of the plan that is not in the file yet."""
    path = Path(sys.argv[1])
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["n"], row["life"], row.get("there", 1.0), row["seed"]) for row in rows}
    for life, runs in PLAN.items():
        for seed in range(1, runs + 1):
            if (life.n, life.mean, life.there, seed) not in done:
                row = churn(seed, life, lambda line: print(line, flush=True))
                print(row, flush=True)
                with path.open("a") as file:
                    file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
