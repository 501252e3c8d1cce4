"""
A world of whole nodes in one interpreter, on a simulated network and a hand-turned clock.

Every node is a real `Node` with real databases and files; only sockets, identity servers, threads, time and
chance are stood in for.  Nothing waits: an hour of clock passes in the time its work takes.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar, cast

from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.backup.views import Task
from bitdust.catalog import blocks, holdings, versions
from bitdust.catalog.blocks import Block
from bitdust.config.options import Options
from bitdust.config.settings import Settings
from bitdust.config.table import ALL_OPTIONS
from bitdust.directory.interface import IDirectory, IWhereabouts
from bitdust.directory.memory import MemoryDirectory
from bitdust.identity.keys import spki_of
from bitdust.identity.pinning import Pins
from bitdust.node.customer_side import CustomerSide
from bitdust.node.node import Node, Seams
from bitdust.node.own_identity import OwnIdentity
from bitdust.programs import Ended
from bitdust.reach.scopes import Address
from bitdust.supplier.service import SupplierService
from bitdust.transport.memory import MemoryTransport, Network
from bitdust.transport.pipe import End
from bitdust.watches import Told
from bitdust.wire.packets import Packet
from bitdust.world import InThread, Rng, inline
from tests.heap_clock import HeapClock

T = TypeVar("T")
P = ParamSpec("P")

#: what the wall clock shows when a world begins: later than any file on the disk
WALL = 2_000_000_000.0
SERVER = "http://127.0.0.1"

#: the dead stay here: were they cleared away, their coroutines would be ended, and stir once more
GRAVEYARD: list[object] = []

#: calls that a clock remembers before it looks which are over
ROOM = 100

#: small numbers are allowed here
OPTIONS = Options(replace(option, least=0) for option in ALL_OPTIONS)
KIB, MIB = 1024, 1024**2


class PowerOff(BaseException):
    """A node died in the middle of this: nothing of it is done any more (see `tests/power.py`)."""


def seeded(seed: str) -> Rng:
    """An `Rng` that repeats itself."""
    numbers = count()
    return lambda size: hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(size)


class FakePrograms:
    """
    Programs of a house: each is noted, and ends as `outcome` says of its words and environment: at once, or
    when the Deferred does.
    """

    def __init__(self) -> None:
        self.ran: list[tuple[list[str], dict[str, str]]] = []
        self.cancelled: list[list[str]] = []
        self.outcome: Callable[[list[str], dict[str, str]], Ended | Deferred[Ended]] = lambda *_: Ended(0, "")

    def run(self, words: Sequence[str], environment: Mapping[str, str], seconds: float) -> Deferred[Ended]:
        self.ran.append((list(words), dict(environment)))
        waiting: Deferred[Ended] = Deferred(lambda _: self.cancelled.append(list(words)))
        outcome = self.outcome(list(words), dict(environment))
        if isinstance(outcome, Ended):
            waiting.callback(outcome)
        else:
            outcome.addBoth(waiting.callback)
        return waiting

    async def end(self) -> None:
        pass


class FakeWatch:
    """Some folders that are watched together."""

    def __init__(self, watches: FakeWatches, told: Told, missed: Callable[[], None]) -> None:
        self.watches = watches
        self.told = told
        self.missed = missed
        self.folders: set[bytes] = set()

    def add(self, folder: bytes) -> None:
        os.stat(folder)
        if sum(len(each.folders) for each in self.watches.open_) >= self.watches.most:
            raise OSError(errno.ENOSPC, "too many")
        self.folders.add(folder)

    def close(self) -> None:
        self.folders.clear()
        if self in self.watches.open_:
            self.watches.open_.remove(self)


class FakeWatches:
    """A system that tells of changes when the test says so; it watches `most` folders."""

    def __init__(self) -> None:
        self.open_: list[FakeWatch] = []
        self.most = 1_000_000

    def open(self, told: Told, missed: Callable[[], None]) -> FakeWatch:
        self.open_.append(FakeWatch(self, told, missed))
        return self.open_[-1]

    def hand_over(self, work: Callable[[], object]) -> None:
        work()

    def stop(self) -> None:
        self.open_.clear()

    def folders(self) -> set[str]:
        """What is watched."""
        return {os.fsdecode(folder) for each in self.open_ for folder in each.folders}

    def tell(self, path: Path, is_folder: bool | None = None) -> None:
        """Something has happened to this name."""
        for each in list(self.open_):
            if os.fsencode(path.parent) in each.folders:
                each.told(
                    os.fsencode(path.parent),
                    os.fsencode(path.name),
                    path.is_dir() if is_folder is None else is_folder,
                )

    def write(self, path: Path, content: bytes = b"new") -> None:
        """Write a file, its folders too, and tell of what was watched."""
        missing = [path, *path.parents]
        for each in reversed(missing[: 1 + next(i for i, one in enumerate(missing[1:]) if one.exists())]):
            if each == path:
                path.write_bytes(content)
            else:
                each.mkdir()
            self.tell(each)

    def overflow(self) -> None:
        """More has happened than can be told."""
        for each in list(self.open_):
            each.missed()


@implementer(IReactorTime)
class LifeClock:
    """The clock of one life of a node: it stops with it."""

    def __init__(self, clock: HeapClock) -> None:
        self._clock = clock
        self._calls: list[DelayedCall] = []
        self._room = ROOM
        self.over = False

    def seconds(self) -> float:
        return self._clock.seconds()

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any, **kw: Any) -> DelayedCall:
        call = self._clock.callLater(delay, callable, *args, **kw)
        if self.over:
            # To be cancelled by whoever wants to, and never made.
            self._clock.forget(call)
        self._calls.append(call)
        if len(self._calls) > self._room:
            self._calls = self.getDelayedCalls()
            self._room = 2 * len(self._calls) + ROOM
        return call

    def getDelayedCalls(self) -> list[DelayedCall]:
        return [call for call in self._calls if call.active()]

    def stop(self) -> None:
        self.over = True
        for call in self.getDelayedCalls():
            self._clock.forget(call)


class CountedNetwork(Network):
    """A network that knows how many bytes went from whom to whom."""

    def __init__(self, clock: IReactorTime, rng: Rng) -> None:
        super().__init__(clock, rng)
        self.bytes: Counter[tuple[str, str]] = Counter()
        #: hears of each sender before his bytes go
        self.sending: Callable[[str], None] = lambda owner: None
        self._owned: list[tuple[str, End]] = []

    def connect(self, dialer: str, listener: str) -> tuple[End, End]:
        ends = super().connect(dialer, listener)
        for end, way in zip(ends, ((dialer, listener), (listener, dialer)), strict=True):
            self._owned.append((way[0], end))
            end.write = self._counted(end.write, way)  # type: ignore[method-assign]
        return ends

    def _counted(self, write: Callable[[bytes], None], way: tuple[str, str]) -> Callable[[bytes], None]:
        def counted(data: bytes) -> None:
            self.sending(way[0])
            self.bytes[way] += len(data)
            write(data)

        return counted

    def go_dead(self, name: str) -> None:
        """Nothing comes any more over the connections that this place has now, and nobody is told."""
        for pipe in self._pipes:
            if name in pipe.names:
                for end in pipe.ends:
                    end._stalled = True

    def power_off(self, name: str) -> None:
        """The others see their connections to this place break; the place itself sees nothing any more."""
        self._owned = [(owner, end) for owner, end in self._owned if not end.over]
        for owner, end in self._owned:
            if owner == name:
                end._protocol = None
        self.cut(name)
        self._listening.pop(name, None)


class House:
    """A folder, and the lives of the node that dwells there."""

    def __init__(self, world: World, name: str, **settings: object) -> None:
        self.world = world
        self.name = name
        self.home = world.folder / name
        self.lives = 0
        self.place = ""
        #: crash before that many more calls to threads or databases
        self.crash_in = -1
        self.calls = 0
        #: seconds by which its clock on the wall is wrong
        self.skew = 0.0
        #: of its machine; without any it never moves and never sleeps
        self.addresses: tuple[Address, ...] = ()
        self.programs = FakePrograms()
        self.watches = FakeWatches()
        self._node: Node | None = None
        self._settings = {
            "services/customer/suppliers-number": "4",
            "services/customer/needed-space": "1 GB",
            "services/backups/block-size": "256 KB",
            "services/backups/max-copies": 0,
            "services/supplier/free-space-floor": 0,
            **{key.replace("__", "/").replace("_", "-"): value for key, value in settings.items()},
        }

    # -- living

    def start(self) -> House:
        """A new life: with an identity, and everything up."""
        self.begin()
        if self.node.identity is None:
            self.world.wait(self.node.identity_create(self.name.partition(".")[0], [SERVER]))
        return self

    def begin(self) -> Node:
        """A new life, with whatever lies in the folder."""
        assert self._node is None, f"{self.name} lives"
        self.lives += 1
        self.watches.stop()
        self.place = f"{self.name}-{self.lives}"
        self.clock = LifeClock(self.world.clock)
        self._dead = False
        self.home.mkdir(mode=0o700, exist_ok=True)
        settings = Settings(self.home / "config.toml", None, OPTIONS)
        for key, value in self._settings.items():
            settings.set(key, value)
        in_thread = cast(InThread, partial(self._in_thread, self.lives))
        seams = Seams(
            self.world.directory, self._transports, self._serial, self.programs, self.watches,
            self.world.whereabouts, (lambda: self.addresses) if self.addresses else None,
        )  # fmt: skip
        rng = seeded(f"{self.world.seed} {self.place}")
        self._node = Node(
            reactor=self.clock, home=self.home, settings=settings, rng=rng, wall=self.wall,
            threads=in_thread, seams=seams,
        )  # fmt: skip
        self.world.wait(self._node.start())
        return self._node

    def wall(self) -> float:
        """What the clock on the wall of this house shows."""
        return self.world.wall() + self.skew

    def _transports(self, identity: OwnIdentity, pins: Pins) -> list[Any]:
        def document() -> bytes:
            return identity.document.raw

        spki = spki_of(identity.device.public)
        return [
            MemoryTransport(
                self.world.network, self.place, spki=spki, document=document, doorman=pins.doorman
            )
        ]

    def lateness(self) -> float:
        """Seconds after which an answer of its threads is heard."""
        return self.world.lateness()

    def _in_thread(
        self, life: int, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        return self._heard(self._done(life, function, *args, **kwargs), self.lateness())

    def _serial(self, name: str) -> InThread:
        """One thread: its answers come in the order of its work."""
        free_at, life = 0.0, self.lives

        def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
            nonlocal free_at
            now = self.clock.seconds()
            free_at = max(free_at, now + self.lateness())
            return self._heard(self._done(life, function, *args, **kwargs), free_at - now)

        return in_thread

    def _heard(self, result: Deferred[T], late: float) -> Deferred[T]:
        """Heard so much later: meanwhile others look, and change what was looked at."""
        if late <= 0:
            return result
        answer: Deferred[T] = Deferred()
        self.clock.callLater(late, lambda: result.addBoth(answer.callback))
        return answer

    def _done(self, life: int, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """It is done at once, unless the power goes; the dead do nothing any more."""
        if life != self.lives:
            return self.world.never()
        self.calls += 1
        if not self._dead and self.crash_in >= 0:
            if self.crash_in == 0:
                self.crash()
            else:
                self.crash_in -= 1
        if self._dead:
            return self.world.never()
        result = inline(function, *args, **kwargs)
        if self._dead and self.lives == life:
            # It died in the middle of that.
            result.addErrback(lambda failure: None)
            return self.world.never()
        return result

    def stop(self) -> None:
        """The node ends in peace."""
        node, self._node = self.node, None
        self.world.wait(node.shut_down())
        self.clock.stop()

    def crash(self) -> None:
        """The power goes: nothing of this life happens any more."""
        node, self._node = self.node, None
        self._dead = True
        self.crash_in = -1
        self.clock.stop()
        self.world.network.power_off(self.place)
        for database in node._databases._open:
            if database._connection is not None:
                database._connection.close()
        GRAVEYARD.append(node)
        # What the power going has torn apart is held by nothing else.  All that is there now is not looked
        # through again: the longer a world lasts, the more that is.
        GRAVEYARD.extend(each for each in gc.get_objects() if type(each) in (CoroutineType, Deferred))
        gc.freeze()

    def restart(self) -> House:
        """Stop and start."""
        self.stop()
        return self.start()

    @property
    def is_alive(self) -> bool:
        return self._node is not None

    # -- its parts

    @property
    def node(self) -> Node:
        assert self._node is not None, f"{self.name} is dead"
        return self._node

    @property
    def customer(self) -> CustomerSide:
        return self.node.as_somebody().customer

    @property
    def service(self) -> SupplierService:
        assert self.node.supplier is not None
        return self.node.supplier

    @property
    def idurl(self) -> str:
        return f"{SERVER}/{self.name.partition('.')[0]}.xml"

    @property
    def fingerprint(self) -> str:
        return self.node.as_somebody().identity.fingerprint

    def read(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """What the catalog says at this moment, however late it answers others."""
        return self.customer.db._run("BEGIN", "ROLLBACK", lambda c: work(c, *args, **kwargs))

    # -- as a supplier

    def lie(self, packet: type[Packet], liar: Callable[..., Awaitable[Packet | None]]) -> None:
        """Such questions are answered by `liar(truth, sender, packet, exchange)`; `truth` is honest."""
        truth = self.service.commands()[packet]

        async def answer(sender: Any, question: Any, exchange: Any) -> Packet | None:
            return await liar(truth, sender, question, exchange)

        self.node.as_somebody().router.answer(packet, answer)

    def shelf_files(self) -> list[Path]:
        """The files of pieces here."""
        return sorted(
            path
            for path in (self.home / "customers").rglob("*")
            if path.is_file() and path.parent.name != "log" and path.parent.name != "incoming"
        )

    def shelf_used(self) -> int:
        """Bytes of all pieces here."""
        return sum(path.stat().st_size for path in self.shelf_files())

    # -- as a customer

    def back_up(self, path: Path | str, within: float = 120.0) -> Task:
        """Back up, wait until it has ended; how it did."""
        started = self.world.wait(self.node.backups.start_path(str(path)))
        return self.ended("backup", started.path_id, within)

    def restore(self, what: str, destination: Path | str | None = None, within: float = 120.0) -> Task:
        """Restore, wait until it has ended; how it did."""
        restoring = self.world.wait(
            self.node.backups.restore(what, None if destination is None else str(destination)), within
        )
        self.world.until(lambda: self.task(restoring.task).state in ENDED, within)
        return self.task(restoring.task)

    def ended(self, kind: str, path_id: str, within: float = 120.0) -> Task:
        """The newest task of that kind about that item, once it has ended."""

        def newest() -> Task:
            return [t for t in self.node.backups.tasks() if (t.kind, t.path_id) == (kind, path_id)][-1]

        self.world.until(lambda: newest().state in ENDED, within)
        return newest()

    def task(self, number: int) -> Task:
        """The task of that number."""
        return next(task for task in self.node.backups.tasks() if task.id == number)

    def blocks(self) -> list[Block]:
        """Every block of the catalog."""

        def every(c: Any) -> list[Block]:
            return [
                blocks.get(c, serial) for (serial,) in c.execute("SELECT serial FROM blocks ORDER BY serial")
            ]

        return self.read(every)

    def versions(self, item: str) -> list[versions.Version]:
        """The versions of an item, oldest first."""
        return self.read(versions.list_of, item)

    def until_safe(self, within: float = 120.0) -> None:
        """Wait until no piece is missing and everything recorded is at the suppliers."""

        def safe() -> bool:
            return (
                self.read(holdings.count_missing) == 0
                and self.read(holdings.unknown) == 0
                and all(v.state == "safe" for v in self.read(versions.list_all))
            )

        self.world.until(safe, within)


#: states of a task that is over
ENDED = ("committed", "done", "failed", "cancelled")


class World:
    """Time, the network, the directory, and everybody's houses."""

    def __init__(self, seed: str = "world") -> None:
        self.seed = seed
        self.folder = Path(tempfile.mkdtemp(prefix="bitdust-world-", dir=_quick()))
        self.clock = HeapClock()
        self.network = CountedNetwork(self.clock, seeded(f"{seed} network"))
        self.shared: dict[str, bytes] = {}
        self.directory: IDirectory = MemoryDirectory(self.shared)
        #: where nodes leave word of where they are; None: nowhere
        self.whereabouts: IWhereabouts | None = None
        #: seconds after which a thread's answer is heard, drawn for each; 0: at once
        self.lateness: Callable[[], float] = lambda: 0.0
        self._late = seeded(f"{seed} late")
        self.houses: dict[str, House] = {}
        #: what was logged as broken, or as worth a warning
        self.broken: list[str] = []
        self.said: list[str] = []
        globalLogPublisher.addObserver(self._hear)

    def _hear(self, event: dict[str, Any]) -> None:
        level = event.get("log_level")
        if level is LogLevel.warn or level is LogLevel.error:
            self.said.append(formatEvent(event))
        failure = event.get("log_failure")
        if failure is not None and not failure.check(PowerOff):
            self.broken.append(f"{formatEvent(event)}\n{failure.getTraceback()}")

    def wall(self) -> float:
        return WALL + self.clock.seconds()

    def never(self) -> Deferred[Any]:
        """What nobody will ever fire."""
        waiting: Deferred[Any] = Deferred()
        GRAVEYARD.append(waiting)
        return waiting

    # -- people

    def house(self, name: str, **settings: object) -> House:
        """A house, not yet lived in.  Settings as keywords: `services__supplier__enabled=False`."""
        house = self.houses[name] = House(self, name, **settings)
        return house

    def supplier(self, name: str, **settings: object) -> House:
        """A node that only keeps other people's pieces, and offers to."""
        return self.house(name, services__customer__enabled=False, **settings).start()

    def suppliers(self, number: int, prefix: str = "sup") -> list[House]:
        """So many of them."""
        found = [self.supplier(f"{prefix}{i}") for i in range(number)]
        self.until(lambda: all(house.idurl in self.shared for house in found))
        return found

    def customer(self, name: str = "alice", n: int = 4, **settings: object) -> House:
        """A node that keeps its files at n suppliers, once they are hired and connected."""
        house = self.house(
            name, services__supplier__enabled=False, services__customer__suppliers_number=str(n), **settings
        ).start()
        self.until(lambda: self.staffed(house, n))
        return house

    def staffed(self, house: House, n: int) -> bool:
        """Are all seats taken, and all who sit there connected?"""
        suppliers = house.customer.suppliers
        return len(suppliers.present) == n and all(
            suppliers.is_connected(s.fingerprint) for s in suppliers.present
        )

    def seated(self, house: House) -> list[House]:
        """The houses of its suppliers, by position."""
        by_idurl = {each.idurl: each for each in self.houses.values()}
        return [by_idurl[hired.idurl] for hired in house.customer.suppliers.present]

    def away(self, *houses: House) -> None:
        """They cannot be reached, and do not know it."""
        for house in houses:
            self.network.refuse(house.place)
            self.network.cut(house.place)
        self.run(0.0)

    def back(self, *houses: House) -> None:
        """They can be reached again."""
        for house in houses:
            self.network.allow(house.place)

    # -- time

    def until(self, condition: Callable[[], object], within: float = 60.0) -> None:
        """Let time pass until it holds."""
        last = self.clock.seconds() + within
        while not condition():
            if not self.clock.turn(last):
                raise AssertionError(f"it did not happen within {within} seconds\n{self.state()}")

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        last = self.clock.seconds() + seconds
        while self.clock.turn(last):
            pass

    def wait(self, work: Any, within: float = 60.0) -> Any:
        """What a coroutine or Deferred comes to, letting time pass as far as it needs."""
        deferred = work if isinstance(work, Deferred) else Deferred.fromCoroutine(work)
        outcome: list[Any] = []
        deferred.addBoth(outcome.append)
        self.until(lambda: outcome, within)
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]

    def state(self) -> str:
        """Everybody's machines, for people."""
        lines = [f"at {self.clock.seconds():.1f} s"]
        for house in self.houses.values():
            if house.is_alive:
                lines += [
                    f"{house.name}: {row.name} is {row.state}" for row in house.node.machines.rows.values()
                ]
        return "\n".join([*lines, *self.said[-10:], *self.broken])

    def answer_late(self, longest: float = 0.004) -> None:
        """
        From now on every database and thread does its work at once, and is heard so many seconds later at
        most: what others do in between is what happens in life.
        """
        self.lateness = lambda: self.late(longest)

    def late(self, longest: float) -> float:
        """So many seconds at most, by chance."""
        return (1 + self._late(1)[0]) / 256 * longest

    # -- files

    def tree(self, name: str = "source", **files: bytes | int) -> Path:
        """A folder with files; a number makes so many bytes that do not shrink.  `a__b` is b in a."""
        folder = self.folder / name
        for path, content in files.items():
            file = folder / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(noise(f"{name}/{path}", content) if isinstance(content, int) else content)
        return folder

    def close(self) -> None:
        """Everybody goes home; nothing stays, and nothing was broken."""
        globalLogPublisher.removeObserver(self._hear)
        gc.unfreeze()
        try:
            for house in self.houses.values():
                if house.is_alive:
                    house.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
        assert not self.broken, "\n".join(self.broken)


@contextmanager
def a_world(seed: str = "world") -> Iterator[World]:
    """A world that ends with the test."""
    world = World(seed)
    try:
        yield world
    except BaseException:
        world.houses.clear()
        raise
    finally:
        world.close()


def noise(seed: str, size: int) -> bytes:
    """Bytes that neither repeat nor shrink, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def look(folder: Path) -> dict[str, object]:
    """What a folder holds, to be compared: contents, modes, dates, targets."""
    found: dict[str, object] = {}
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(parent) / name
            status = path.lstat()
            inside: object = None
            if path.is_symlink():
                inside = os.readlink(path)
            elif path.is_file():
                inside = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, inside)
    return found


def _quick() -> str | None:
    # Thousands of fsyncs: nothing here outlives the machine.
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
