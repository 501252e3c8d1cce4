"""How each fault strikes, and how it ends."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from bitdust.wire.packets import AskIndex, Data, Retrieve
from tests.simulation.ledger import Ledger
from tests.simulation.people import SimulatedHouse, SimulatedWorld
from tests.simulation.plan import DESTROYING, HOUR, Fault, chance_of

#: seconds within which a crash that waits for a certain step comes anyway
SURELY = 600.0

#: seconds after which a busy disk answers at the latest
LATE = (0.02, 0.1, 0.5)


class Striking:
    """
    @param later: call something so many seconds from now.
    @param customers_of: names of those who keep something in this house.
    @param bad: how many nodes may be lost for good.
    """

    def __init__(
        self,
        world: SimulatedWorld,
        ledger: Ledger,
        later: Callable[[float, Callable[[], None]], None],
        customers_of: Callable[[SimulatedHouse], list[str]],
        start: Callable[[SimulatedHouse], None],
        disks: Any,
        bad: int,
    ) -> None:
        self._world = world
        self._ledger = ledger
        self._later = later
        self._customers_of = customers_of
        self._start = start
        self._disks = disks
        self._bad = bad
        #: faults that struck, by kind
        self.struck: dict[str, int] = {}

    def strike(self, fault: Fault) -> None:
        """Let it happen, if the budget bears it."""
        house = self._world.houses[f"node{fault.who}"]
        if house.gone or (not house.is_alive and fault.kind != "partition"):
            return
        if fault.kind == "burn" and not house.words:
            return
        if fault.kind in DESTROYING:
            customers = self._customers_of(house)
            if house.lies or not self._ledger.may_strike(house.name, customers):
                self._world.trace.say(f"spared: {fault}")
                return
            if fault.kind in ("death", "liar"):
                if not self._bad:
                    return
                self._bad -= 1
            self._ledger.charge(fault.kind, house.name, customers)
        self._world.trace.say(f"FAULT {fault}")
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        getattr(self, f"_{fault.kind}")(house, fault)

    def heal(self) -> None:
        """No more faults: who can come back does."""
        self._world.network.sides = {}
        self._world.network.slow.clear()
        self._world.network.heal()
        self._disks.full.clear()
        self._world.servers.are_down = False
        for house in self._world.houses.values():
            house.skew = house.sluggish = 0.0
            house.shown.clear()
            if not house.gone and not house.is_alive:
                self._start(house)
        for house in self._world.houses.values():
            self._world.network.allow(house.place)

    # -- nothing is destroyed

    def _crash(self, house: SimulatedHouse, fault: Fault) -> None:
        lives = house.lives
        # Some crashes come in the middle of work with the disk or a database.
        if fault.chance % 2:
            house.crash_in = fault.chance // 2 % 200
            self._later(SURELY, lambda: house.crash() if house.is_alive and house.lives == lives else None)
        else:
            house.crash()
        self._later(SURELY + fault.seconds, lambda: self._start(house))

    def _cut(self, house: SimulatedHouse, fault: Fault) -> None:
        self._world.network.cut(house.place)

    def _away(self, house: SimulatedHouse, fault: Fault) -> None:
        self._side(house, fault.seconds, cut=fault.chance % 2 == 0)

    def _slow(self, house: SimulatedHouse, fault: Fault) -> None:
        self._world.network.slow.add(house.name)
        self._later(fault.seconds, lambda: self._world.network.slow.discard(house.name))

    def _full(self, house: SimulatedHouse, fault: Fault) -> None:
        self._disks.full.add(str(house.home))
        self._later(fault.seconds, lambda: self._disks.full.discard(str(house.home)))

    def _sluggish(self, house: SimulatedHouse, fault: Fault) -> None:
        house.sluggish = chance_of(fault.chance).choice(LATE)

        def quick() -> None:
            house.sluggish = 0.0

        self._later(fault.seconds, quick)

    def _clock(self, house: SimulatedHouse, fault: Fault) -> None:
        year = 365 * 24 * HOUR
        house.skew = chance_of(fault.chance).choice(
            [-HOUR, HOUR, -24 * HOUR, 24 * HOUR, -10 * year, 10 * year]
        )

        def right() -> None:
            house.skew = 0.0

        self._later(fault.seconds, right)

    def _partition(self, house: SimulatedHouse, fault: Fault) -> None:
        chance = chance_of(fault.chance)
        for each in self._world.houses.values():
            if chance.random() < 0.5:
                self._side(each, fault.seconds)

    def _swizzle(self, house: SimulatedHouse, fault: Fault) -> None:
        chance = chance_of(fault.chance)
        some = [each for each in self._world.houses.values() if chance.random() < 0.4]
        chance.shuffle(some)
        for number, each in enumerate(some):
            self._later(
                60.0 * number, lambda each=each: self._side(each, 60.0 + chance.random() * fault.seconds)
            )

    def _servers(self, house: SimulatedHouse, fault: Fault) -> None:
        servers = self._world.servers
        servers.are_down = True

        def up() -> None:
            servers.are_down = False

        self._later(fault.seconds, up)

    def _stale(self, house: SimulatedHouse, fault: Fault) -> None:
        """He shows everybody the catalog that he has now, whatever he is brought."""
        if (house.home / "shelf.db").exists():
            house.shown = house.in_shelf(_heads)
            show_old(house)
            self._later(fault.seconds, house.shown.clear)

    def _side(self, house: SimulatedHouse, seconds: float, cut: bool = False) -> None:
        """On the other side of the network, for so long."""
        network = self._world.network
        network.sides[house.name] = 1
        if cut:
            network.cut(house.place)

        def back() -> None:
            network.sides.pop(house.name, None)
            network.heal()

        self._later(seconds, back)

    # -- something is

    def _flip(self, house: SimulatedHouse, fault: Fault) -> None:
        files = house.shelf_files()
        if files:
            chance = chance_of(fault.chance)
            path = chance.choice(files)
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)

    def _wipe(self, house: SimulatedHouse, fault: Fault) -> None:
        for path in house.shelf_files():
            path.unlink()

    def _death(self, house: SimulatedHouse, fault: Fault) -> None:
        house.gone = True
        house.crash()
        shutil.rmtree(house.home)

    def _burn(self, house: SimulatedHouse, fault: Fault) -> None:
        house.burnt = True
        house.crash()
        shutil.rmtree(house.home)
        self._later(fault.seconds, lambda: self._start(house))

    def _liar(self, house: SimulatedHouse, fault: Fault) -> None:
        house.lies = True
        lie(house)


def lie(house: SimulatedHouse) -> None:
    """From now on other bytes are served than were kept."""

    async def liar(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        heard = _Overheard()
        await truth(sender, question, heard)
        body = bytes([*heard.body[:5], heard.body[5] ^ 1]) + heard.body[6:]
        exchange.reply(replace(heard.packet, size=len(body)))
        await exchange.write(body)
        exchange.finish()

    house.lie(Retrieve, liar)


def show_old(house: SimulatedHouse) -> None:
    """Heads are shown from `house.shown`, as long as there are any."""

    async def liar(truth: Any, sender: Any, question: AskIndex, exchange: Any) -> Any:
        answer = await truth(sender, question, exchange)
        old = house.shown.get(sender.fingerprint)
        return answer if old is None else replace(answer, head=old)

    house.lie(AskIndex, liar)


def _heads(c: sqlite3.Connection) -> dict[str, bytes]:
    return dict(c.execute("SELECT customer, head FROM heads ORDER BY customer"))


class _Overheard:
    """An exchange that keeps an honest answer to itself."""

    packet: Data
    body = b""

    def reply(self, packet: Data) -> None:
        self.packet = packet

    async def write(self, data: bytes) -> None:
        self.body += bytes(data)

    def finish(self) -> None:
        pass
