"""
The oracles: what must hold, whatever happens.

O1  what was safe can be restored, as long as the budget was kept
O2  no lie: what was acknowledged survives a power cut; what is restored is what was backed up
O3  nothing readable leaves its owner's disk
O4  once means once: messages, quotas, deletions
O5  after two days of peace everything is whole, everything has arrived, and nothing spins
O6  what moved is bounded
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

from bitdust.catalog import blocks as catalog_blocks
from bitdust.catalog import holdings, versions
from bitdust.catalog.versions import Version
from bitdust.messaging.messages import MessageView
from bitdust.node.happenings import KEPT
from tests.simulation.disks import Disks, files_of
from tests.simulation.network import name_of
from tests.simulation.people import SimulatedHouse, SimulatedWorld, contents
from tests.simulation.plan import DAY, HOUR, Shape, chance_of
from tests.simulation.trace import Trace
from tests.simulation.truth import Key, Truth

#: calls of the clock for each node and hour in peace
CALM_TURNS = 400
#: the same at any time
STORM = 3000
#: bytes that a node may send in a day without a reason, and how often a byte that is kept may be moved
IDLE_BYTES, MOVED = 6_000_000, 12


class Broken(Exception):
    """An oracle has found something."""

    def __init__(self, oracle: str, why: str) -> None:
        super().__init__(f"{oracle}: {why}")
        self.oracle, self.why = oracle, why


class Oracles:
    """Watch one run."""

    def __init__(self, world: SimulatedWorld, shape: Shape, disks: Disks, trace: Trace) -> None:
        self._world, self._shape, self._disks, self._trace = world, shape, disks, trace
        self._truth = Truth()
        self._found: list[Broken] = []
        self._marker = world.marker.encode()
        #: customer's name -> blocks that were safe once, and are in his catalog still: id -> (k, n)
        self._promised: dict[str, dict[bytes, tuple[int, int]]] = {}
        #: customer's name -> versions that were safe once, (item, label), and those he has deleted
        self._safe: dict[str, set[tuple[str, str]]] = {}
        self._deleted: dict[str, set[tuple[str, str]]] = {}
        self._buried: dict[str, set[bytes]] = {}
        #: what was durable on a shelf when its power went
        self._before: dict[str, set[Key]] = {}
        #: (writer, reader, text), and those that were promised to arrive
        self._written: list[tuple[str, str, str]] = []
        self._posted: set[str] = set()
        self._erased: set[tuple[str, str]] = set()
        #: who was told of which message, by its id
        self._told: set[tuple[str, str]] = set()
        self._turns = self._since = 0.0
        self._last_hour = 0
        self._peaceful = False
        self._stored = 0
        self.facts: Counter[str] = Counter()

    # -- whom it is about

    @property
    def customers(self) -> list[SimulatedHouse]:
        """Those who keep files elsewhere, the dead left out."""
        return [
            house
            for house in self._world.houses.values()
            if house.number < self._shape.customers and not house.gone
        ]

    def customers_of(self, house: SimulatedHouse) -> list[str]:
        """Names of those who keep something in this house, or mean to."""
        fingerprints = {piece.customer for piece in self._truth.rows(house)}
        return [
            each.name
            for each in self._world.houses.values()
            if not each.gone and self._fingerprint(each) in fingerprints
        ]

    def _fingerprint(self, house: SimulatedHouse) -> str:
        known: dict[str, str] = self.__dict__.setdefault("_fingerprints", {})
        if house.name not in known and house.is_alive:
            known[house.name] = house.fingerprint
        return known.get(house.name, "")

    def versions(self, house: SimulatedHouse) -> list[Version]:
        """All versions he knows, oldest first."""
        found: list[Version] = house.read(versions.list_all)
        return sorted(found, key=lambda version: (version.item, version.seq))

    def _catalog(self, house: SimulatedHouse, work: Callable[[Any], Any]) -> Any:
        """Ask his catalog, whether he lives or not."""
        if house.is_alive:
            return house.read(work)
        connection = sqlite3.connect(house.home / "catalog.db")
        try:
            return work(connection)
        finally:
            connection.close()

    # -- what is heard on the way

    def sent(self, source: str, target: str, data: bytes) -> None:
        """Bytes go over the network."""
        self._trace.sent(source, target, data)
        if self._marker in data:
            self._found.append(Broken("O3", f"{source} sent something readable to {target}"))

    def crashing(self, house: SimulatedHouse) -> None:
        """Its power is about to go."""
        self._before[house.name] = self._truth.whole(house)

    def crashed(self, house: SimulatedHouse) -> None:
        """Its power went: what was acknowledged is there, nothing else matters."""
        self._trace.say(f"{house.name} lost its power")
        if house.burnt:
            # What was written and read went with the machine: a kit brings back files.
            self._written = [each for each in self._written if house.name not in each[:2]]
        if house.gone or house.burnt:
            return
        chance = chance_of(self._world.seed, "power", house.name, house.lives)
        self._disks.power_cut(house.home, chance)
        lost = self._before.pop(house.name) - self._truth.whole(house)
        if lost:
            self._found.append(
                Broken("O2", f"{len(lost)} pieces that {house.name} had acknowledged went with its power")
            )

    def started(self, house: SimulatedHouse) -> None:
        """A new life."""
        self._fingerprint(house)
        messages = house.node.messaging.messages
        messages.received.listen(lambda message: self._hear(house, message))
        # What had come before it lost its power it tells as it starts, and nobody listened yet.
        for event in house.node.happenings.latest({"message.received"}, KEPT):
            self._told.add((house.name, event.data["id"]))

    def _hear(self, house: SimulatedHouse, message: MessageView) -> None:
        if (house.name, message.message) in self._erased:
            self._found.append(Broken("O4", f"a message that {house.name} has deleted came again"))
        self._told.add((house.name, message.id))
        if house.tidy:

            async def tidy() -> None:
                await house.node.messaging.messages.delete(message.id, None)
                self.erased(house, [message.message])

            house.clock.callLater(1.0, lambda: house.attempt(tidy(), "tidy"))

    def deleting(self, house: SimulatedHouse, version: Version) -> None:
        """He asks for this version to go."""
        self._deleted.setdefault(house.name, set()).add((version.item, version.label))

    def writing(self, house: SimulatedHouse, whom: SimulatedHouse, text: str) -> None:
        """He begins to send this."""
        self._written.append((house.name, whom.name, text))

    def written(self, house: SimulatedHouse, whom: SimulatedHouse, text: str) -> None:
        """He was told that it is durable."""
        self._posted.add(text)

    def erased(self, house: SimulatedHouse, texts: list[str]) -> None:
        """He was told that these are deleted."""
        self._erased.update((house.name, text) for text in texts)

    def check(self) -> None:
        """@raise Broken: something was found since."""
        if self._found:
            raise self._found[0]
        if self._world.broken:
            raise Broken("O0", f"the program logged a failure:\n{self._world.broken[0]}")

    # -- looks at everything

    def look(self) -> None:
        """O1, and the part of O4 and O5 that holds at any time."""
        whole = self._whole()
        for house in self.customers:
            self._look_at(house, whole)
        for house in self._world.houses.values():
            if not house.gone and (house.home / "shelf.db").exists():
                for customer, used, granted in self._truth.used(house):
                    if used > granted:
                        self._found.append(
                            Broken("O4", f"{house.name} keeps {used} bytes of {customer}, granted {granted}")
                        )
        self._count_turns()
        self.facts["looks"] += 1

    def _whole(self) -> Counter[tuple[str, bytes]]:
        """(customer, block) -> whole pieces of it that lie anywhere, at honest nodes, alive or not."""
        found: dict[tuple[str, bytes], set[int]] = {}
        for house in self._world.houses.values():
            if not house.gone and not house.lies:
                for customer, block, number in self._truth.whole(house):
                    found.setdefault((customer, block), set()).add(number)
        return Counter({key: len(numbers) for key, numbers in found.items()})

    def _look_at(self, house: SimulatedHouse, whole: Counter[tuple[str, bytes]]) -> None:
        promised = self._promised.setdefault(house.name, {})
        fingerprint = self._fingerprint(house)
        if house.burnt:
            return
        known = self._catalog(house, _blocks)
        for block in [block for block in promised if block not in known]:
            del promised[block]
            self._buried.setdefault(house.name, set()).add(block)
        promised.update({block: shape for block, (shape, safe) in known.items() if safe})
        if house.is_alive:
            self._safe.setdefault(house.name, set()).update(
                (version.item, version.label) for version in self.versions(house) if version.state == "safe"
            )
        for block, (k, n) in promised.items():
            left = whole[fingerprint, block]
            if left < k:
                self._found.append(
                    Broken(
                        "O1",
                        f"of a block of {house.name} that was safe {left} pieces are left, of {n}, {k}"
                        " are needed",
                    )
                )

    def hour(self) -> None:
        """An hour is over."""
        turns = self._world.clock.turns
        each = (turns - self._last_hour) / self._shape.nodes
        if self._last_hour and each > STORM and not self._shape.greedy:
            self._found.append(Broken("O5", f"a storm: {each:.0f} calls in an hour for each node"))
        self._last_hour = turns

    def _count_turns(self) -> None:
        now, turns = self._world.clock.seconds(), self._world.clock.turns
        if self._peaceful and not self._shape.greedy and now - self._since > HOUR:
            each = (turns - self._turns) / self._shape.nodes / (now - self._since) * HOUR
            self.facts["calls each hour"] = int(each)
            if each > CALM_TURNS and now - self._peace_began > DAY:
                self._found.append(Broken("O5", f"{each:.0f} calls an hour for each node, in peace"))
        self._since, self._turns = now, turns

    # -- the end

    def peace(self) -> None:
        """There are no more faults."""
        self._peaceful = True
        self._peace_began = self._world.clock.seconds()

    def judge(self) -> None:
        """@raise Broken: after peace something is not as it should be."""
        self.look()
        self.check()
        whole = self._whole()
        for house in self.customers:
            self._judge(house, whole)
        self._judge_messages()
        self._judge_disks()
        self._judge_cost()
        self.check()

    def _judge(self, house: SimulatedHouse, whole: Counter[tuple[str, bytes]]) -> None:
        n = self._shape.n
        if not self._world.staffed(house, n):
            seats = [seat.idurl if seat else None for seat in house.customer.suppliers.seats]
            raise Broken("O5", f"{house.name} has not {n} suppliers who are there: {seats}")
        if None in house.customer.suppliers.seats:
            raise Broken("O5", f"{house.name} still looks for a supplier")
        for block, (k_n, _) in house.read(_blocks).items():
            left = whole[house.fingerprint, block]
            if left < k_n[1]:
                raise Broken("O5", f"a block of {house.name} has {left} whole pieces, not {k_n[1]}")
        if missing := house.read(holdings.count_missing):
            raise Broken("O5", f"{house.name} misses {missing} pieces")
        if house.is_busy():
            raise Broken("O5", f"{house.name} is still at work: {house.node.backups.tasks()[-3:]}")
        there = self.versions(house)
        for version in there:
            if version.state != "safe":
                raise Broken("O5", f"version {version.label} of {house.name} is {version.state}")
        kept = {(version.item, version.label) for version in there}
        lost = self._safe.get(house.name, set()) - kept - self._deleted.get(house.name, set())
        if lost:
            raise Broken("O1", f"versions of {house.name} that were safe are gone: {sorted(lost)}")
        self._restore(house, there)
        self._judge_deletions(house)

    def _restore(self, house: SimulatedHouse, there: list[Version]) -> None:
        at = -1
        for number, version in enumerate(there):
            out = self._world.folder / f"out-{house.name}-{number}"
            task = house.restore(f"{version.item}/{version.label}", out, 3600)
            self.check()
            if task.state != "done" or task.message:
                raise Broken(
                    "O1", f"{house.name} cannot restore {version.label}: {task.state} {task.message}"
                )
            (found,) = [path for path in out.rglob(house.source.name) if path.is_dir()]
            restored = contents(found)
            later = [i for i, snapshot in enumerate(house.snapshots) if i >= at and snapshot == restored]
            if not later:
                raise Broken("O2", f"{house.name} restored from {version.label} what never was")
            at = later[0]
            self.facts["versions restored"] += 1

    def _judge_deletions(self, house: SimulatedHouse) -> None:
        known = house.customer.suppliers.known
        buried = self._buried.get(house.name, set()) - set(house.read(_every_block))
        for supplier in self._world.houses.values():
            if not supplier.gone:
                mine = [row for row in self._truth.rows(supplier) if row.customer == house.fingerprint]
                if mine and self._fingerprint(supplier) not in known:
                    raise Broken("O4", f"{house.name} has left {supplier.name}, who was not told")
                for piece in mine:
                    if piece.block in buried:
                        raise Broken("O4", f"{supplier.name} keeps a block that {house.name} has deleted")

    def _judge_messages(self) -> None:
        for writer, reader, text in self._written:
            one, other = self._world.houses[writer], self._world.houses[reader]
            if one.gone or other.gone:
                continue
            rows = self._world.wait(other.node.messaging.messages.listed(10_000, 0.0, None))
            came = [row for row in rows if row.message == text and row.direction == "in"]
            times = len(came)
            if (reader, text) in self._erased:
                if times:
                    raise Broken("O4", f"a message that {reader} has deleted is there again")
                continue
            if times > 1 or (times == 0 and text in self._posted):
                raise Broken("O4", f"a message of {writer} is at {reader} {times} times")
            if any((reader, row.id) not in self._told for row in came):
                raise Broken("O4", f"{reader} was not told of a message of {writer}")
            self.facts["messages"] += times

    def _judge_disks(self) -> None:
        for house in self._world.houses.values():
            if not house.gone:
                for path in files_of(house.home / "customers"):
                    if self._marker in path.read_bytes():
                        raise Broken("O3", f"something readable lies on the shelf of {house.name}")

    def _judge_cost(self) -> None:
        sent = self._world.network.bytes
        days = self._world.clock.seconds() / DAY
        kept = sum(
            piece.size
            for house in self._world.houses.values()
            if not house.gone
            for piece in self._truth.rows(house)
        )
        allowed = IDLE_BYTES * days * self._shape.nodes + MOVED * kept
        self.facts["bytes kept"] = kept
        if sum(sent.values()) > allowed:
            each: Counter[str] = Counter()
            for (place, _), size in sent.items():
                each[name_of(place)] += size
            most = each.most_common(3)
            raise Broken("O6", f"{sum(sent.values())} bytes moved, {allowed:.0f} are allowed: {most}")


def _blocks(c: Any) -> dict[bytes, tuple[tuple[int, int], bool]]:
    """id -> ((k, n), are all its pieces acknowledged?), of all blocks that versions rest on."""
    found = {}
    for serial in [serial for (serial,) in c.execute("SELECT DISTINCT serial FROM uses ORDER BY serial")]:
        block = catalog_blocks.get(c, serial)
        found[block.id] = ((block.k, block.n), block.acked == block.n)
    return found


def _every_block(c: Any) -> list[bytes]:
    return [bytes(id) for (id,) in c.execute("SELECT id FROM blocks")]
