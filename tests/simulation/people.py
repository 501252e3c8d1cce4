"""Houses and the world of a simulation: those of `tests.world`, with crashes that are told."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from tests.heap_clock import HeapClock
from tests.simulation.network import SimulatedNetwork
from tests.simulation.servers import Servers
from tests.world import WALL, House, World, noise

T = TypeVar("T")


class Storm(Exception):
    """More happened than any sane network does."""


class CountedClock(HeapClock):
    """Counts its turns, and has enough of them at some point."""

    def __init__(self, cap: int) -> None:
        super().__init__()
        self.turns = 0
        self.cap = cap

    def turn(self, until: float = float("inf")) -> bool:
        self.turns += 1
        if self.turns > self.cap:
            raise Storm(f"more than {self.cap} calls")
        return super().turn(until)


class SimulatedHouse(House):
    """A house that is told to the simulation when its power goes."""

    world: SimulatedWorld

    def __init__(self, world: SimulatedWorld, name: str, **settings: object) -> None:
        super().__init__(world, name, **settings)
        self.gone = self.lies = self.burnt = self.tidy = False
        #: the kit on paper
        self.words = ""
        #: contents of its files (name -> hash) after each change, oldest first
        self.snapshots: list[dict[str, str]] = []
        #: seconds by which its disk answers late, at most
        self.sluggish = 0.0
        #: fingerprint -> head that its customers are shown instead of the newest
        self.shown: dict[str, bytes] = {}
        #: what it still runs for us
        self._errands: list[Deferred[Any]] = []

    @property
    def number(self) -> int:
        """The number in its name."""
        return int(self.name.removeprefix("node")) if self.name.startswith("node") else -1

    def crash(self) -> None:
        self.world.crashing(self)
        super().crash()
        self.world.crashed(self)

    def lateness(self) -> float:
        return self.world.late(self.sluggish) if self.sluggish else super().lateness()

    def in_shelf(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the ledger of its shelf at this moment, whether it lives or not."""
        ledger = self.node._databases._by_name.get("shelf.db") if self.is_alive else None
        if ledger is not None:
            return ledger._run("BEGIN", "ROLLBACK", work)
        connection = sqlite3.connect(self.home / "shelf.db")
        try:
            return work(connection)
        finally:
            connection.close()

    # -- files

    @property
    def source(self) -> Path:
        """The folder that is backed up."""
        return self.world.folder / f"files-{self.name}"

    def write_files(self, chance: Any, first: bool) -> None:
        """Change something; dates are those of the simulation."""
        names = ["letter", "picture", "notes/day"] if first else [chance.choice(["letter", "notes/day"])]
        if not first and chance.random() < 0.3:
            names.append(f"notes/new{len(self.snapshots)}")
        for name in names:
            path = self.source / f"{name} {self.world.marker}"
            path.parent.mkdir(parents=True, exist_ok=True)
            size = chance.choice([30_000, 90_000, 200_000]) if name != "picture" else 150_000
            size *= chance.randrange(3, 10) if self.world.greedy and not first else 1
            head = f"{self.world.marker} {self.name} {len(self.snapshots)}\n".encode()
            path.write_bytes(head + noise(f"{self.world.seed} {path} {len(self.snapshots)}", size))
        when = int((WALL + self.world.clock.seconds() - 10) * 10**9)
        for path in sorted([self.source, *self.source.rglob("*")], reverse=True):
            if first or path.is_dir() or any(str(path).endswith(f"{n} {self.world.marker}") for n in names):
                os.utime(path, ns=(when, when))
        self.snapshots.append(contents(self.source))

    def is_busy(self) -> bool:
        """Is a backup or a restore under way?"""
        backups = self.node.backups
        return bool(backups.running() or backups.queue() or backups.restoring())

    def attempt(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Do it, whatever becomes of it: errors of the program's own are an answer like any other."""

        def ended(result: object) -> None:
            if isinstance(result, Failure):
                result.trap(BitDustError, OSError)
                self.world.trace.say(f"{self.name}: {what}: {result.type.__name__}")

        Deferred.fromCoroutine(work).addBoth(ended)


class SimulatedWorld(World):
    """
    @param folder: where everything lies; the same for the same seed, since paths go into backups.
    """

    houses: dict[str, SimulatedHouse]  # type: ignore[assignment]
    clock: CountedClock
    network: SimulatedNetwork

    def __init__(self, seed: str, folder: Path, cap: int) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock = open(f"{folder}.lock", "w")  # noqa: SIM115
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        super().__init__(seed)
        shutil.rmtree(self.folder)
        self.folder = folder
        self.clock = CountedClock(cap)
        self.network = SimulatedNetwork(self.clock, random.Random(f"{seed} network").randbytes)
        self.directory = self.servers = Servers(self.clock, self.directory)
        self.marker = "MARKER-" + hashlib.sha256(seed.encode()).hexdigest()[:12]
        self.trace: Any = None
        #: changes are large
        self.greedy = False
        self.crashing = self.crashed = lambda house: None

    def house(self, name: str, **settings: object) -> SimulatedHouse:
        house = self.houses[name] = SimulatedHouse(self, name, **settings)
        return house

    def leave(self) -> None:
        """Forget everything, without a goodbye."""
        globalLogPublisher.removeObserver(self._hear)
        gc.unfreeze()
        for house in self.houses.values():
            if house.is_alive:
                house.clock.stop()
                for database in house.node._databases._open:
                    if database._connection is not None:
                        database._connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def contents(folder: Path) -> dict[str, str]:
    """Names and hashes of all files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
