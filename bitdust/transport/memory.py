"""
A road inside one process: a network of named places on a hand-turned clock, with faults to order.

Everything above the bytes is what real roads use (link, session, frames).  The same clock, seed and calls
give the same run.  For tests, the demo and the simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from bitdust.errors import Conflict, Timeout, Usage
from bitdust.transport.interface import Doorman, Expected, ILink, ITransport
from bitdust.transport.link import GREETING, Here, Link, refused
from bitdust.transport.links import Links
from bitdust.transport.pace import Pace
from bitdust.transport.pipe import End, Pipe
from bitdust.world import Rng, pause, spawn

SCHEME = "memory"


class MemoryLink(Link):
    """A link over a pipe."""

    transport_name: ClassVar[str] = SCHEME


class Network:
    """
    Places called `memory://NAME`, and the roads between them.

    Without orders every road takes no time (but a turn of the clock), never fails and has no limit.
    """

    def __init__(self, clock: IReactorTime, rng: Rng) -> None:
        self.clock, self.rng = clock, rng
        self._listening: dict[str, MemoryTransport] = {}
        self._pipes: list[Pipe] = []
        self._delays: dict[frozenset[str], tuple[float, float]] = {}
        self._speeds: dict[frozenset[str], float] = {}
        self._everywhere = (0.0, 0.0)
        self._groups: list[frozenset[str]] = []
        self._refusing: set[str] = set()
        self._cut_after: dict[tuple[str, str], int] = {}

    # orders

    def latency(self, seconds: float, *between: str, jitter: float = 0.0) -> None:
        """Bytes take so long, and up to `jitter` longer: between two places, or everywhere."""
        if between:
            self._delays[frozenset(between)] = (seconds, jitter)
        else:
            self._everywhere = (seconds, jitter)

    def speed(self, bytes_per_second: float, *between: str) -> None:
        """No more than so many bytes a second in each direction between two places."""
        self._speeds[frozenset(between)] = bytes_per_second

    def cut(self, *names: str) -> None:
        """Break every connection between these two places, or of this one place, or (no name) all."""
        for pipe in [*self._pipes]:
            if pipe.names >= frozenset(names):
                pipe.cut()

    def cut_after(self, source: str, target: str, size: int) -> None:
        """The next connection between them breaks when so many bytes from `source` have come to `target`."""
        self._cut_after[source, target] = size

    def partition(self, *groups: set[str]) -> None:
        """
        Nothing comes from one group to another any more, and nobody is told.

        Places in no group stay in touch with all.  What is under way waits for `heal`, as TCP would have it.
        """
        self._groups = [frozenset(group) for group in groups]

    def heal(self) -> None:
        """The network is whole again."""
        self._groups = []
        for pipe in self._pipes:
            pipe.wake()

    def refuse(self, name: str) -> None:
        """Nobody can dial there any more; what is connected stays."""
        self._refusing.add(name)

    def allow(self, name: str) -> None:
        """He can be dialed again."""
        self._refusing.discard(name)

    # for the transports and pipes

    def separated(self, names: frozenset[str]) -> bool:
        """Whether a partition lies between two places."""
        sides = [[name in group for group in self._groups] for name in sorted(names)]
        return len(sides) == 2 and all(any(side) for side in sides) and sides[0] != sides[1]

    def delay(self, names: frozenset[str]) -> float:
        """Seconds that the next bytes take."""
        seconds, jitter = self._delays.get(names, self._everywhere)
        return seconds + (jitter * int.from_bytes(self.rng(4), "big") / 2**32 if jitter else 0.0)

    def pace(self, names: frozenset[str]) -> float:
        """Seconds that each byte takes."""
        return 1 / self._speeds[names] if names in self._speeds else 0.0

    def settle(self, name: str, transport: MemoryTransport) -> None:
        """Somebody listens at a place."""
        if name in self._listening:
            raise Conflict(f"somebody listens at memory://{name} already")
        self._listening[name] = transport

    def leave(self, name: str, transport: MemoryTransport) -> None:
        """He listens no longer."""
        if self._listening.get(name) is transport:
            del self._listening[name]

    def listener(self, name: str) -> MemoryTransport | None:
        """Who can be dialed at a place."""
        return None if name in self._refusing else self._listening.get(name)

    def connect(self, dialer: str, listener: str) -> tuple[End, End]:
        """Both ends of a new connection."""
        limits = (
            self._cut_after.pop((dialer, listener), None),
            self._cut_after.pop((listener, dialer), None),
        )
        pipe = Pipe(self, (dialer, listener), limits, self._pipes.remove)
        self._pipes.append(pipe)
        return pipe.ends


@implementer(ITransport)
class MemoryTransport:
    """
    One place of a network.

    @param name: the place is `memory://NAME`.
    @param spki: what a TLS certificate would prove on a real road: the SPKI hash of this end's device key.
    """

    scheme = SCHEME
    direct = True

    def __init__(
        self, network: Network, name: str, *, spki: bytes, document: Callable[[], bytes], doorman: Doorman
    ) -> None:
        self.name, self.spki = name, spki
        self._network = network
        clock = network.clock
        self.pace, self.intake = Pace(clock), Pace(clock)
        self._here = Here(document, doorman, clock, clock.seconds, network.rng, self.pace, self.intake)
        self._links = Links()
        self._accepted: Callable[[ILink], None] | None = None

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        try:
            self._network.settle(self.name, self)
        except Conflict as taken:
            return fail(taken)
        self._accepted = accepted
        return succeed([f"{SCHEME}://{self.name}"])

    def dial(self, contact: str, expected: Expected) -> Deferred[ILink]:
        scheme, _, name = contact.partition("://")
        if scheme != SCHEME or not name:
            return fail(Usage(f"{contact} is not an address of the form memory://NAME"))
        return spawn(self._dial(name, expected))

    def stop(self) -> Deferred[None]:
        self._network.leave(self.name, self)
        self._accepted = None
        return self._links.close("this node stops")

    async def _dial(self, name: str, expected: Expected) -> ILink:
        network = self._network
        names = frozenset((self.name, name))
        await pause(network.clock, network.delay(names))
        if network.separated(names):
            await pause(network.clock, GREETING)
            raise Timeout(f"nobody answers at memory://{name}")
        other = network.listener(name)
        if other is None:
            raise Timeout(f"nobody answers at memory://{name}: connection refused")
        ours, theirs = network.connect(self.name, name)
        link = self._link(name, expected)
        other._take(self.name, theirs, self.spki)
        ours.attach(link)
        link.secured(other.spki)
        return await link.ready

    def _take(self, name: str, end: End, spki: bytes) -> None:
        link = self._link(name, None)
        link.ready.addCallbacks(self._arrived, refused)
        end.attach(link)
        link.begin(spki)

    def _arrived(self, link: ILink) -> None:
        if self._accepted is not None:
            self._accepted(link)

    def _link(self, name: str, expected: Expected | None) -> MemoryLink:
        link = MemoryLink(self._here, f"{SCHEME}://{name}", expected, self._links.gone)
        self._links.add(link)
        return link
