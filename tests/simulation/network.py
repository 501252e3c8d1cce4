"""The network of a simulation: parts of it are cut off or slow, and whatever goes over it is watched."""

from __future__ import annotations

from collections.abc import Callable

from bitdust.transport.pipe import End
from bitdust.world import Rng
from tests.heap_clock import HeapClock
from tests.world import CountedNetwork

#: seconds that bytes take, and up to so many more
LATENCY, JITTER = 0.02, 0.05
#: bytes a second of a slow node
SLOW = 20_000.0


def name_of(place: str) -> str:
    """The node that listens at a place in one of its lives."""
    return place.rpartition("-")[0]


class SimulatedNetwork(CountedNetwork):
    """Knows nodes by name, whichever life they are in."""

    def __init__(self, clock: HeapClock, rng: Rng) -> None:
        super().__init__(clock, rng)
        self.latency(LATENCY, jitter=JITTER)
        #: node -> the side of the network it is on; those who are not named are on side 0
        self.sides: dict[str, int] = {}
        #: nodes that are slow
        self.slow: set[str] = set()
        #: hears of (from, to, bytes)
        self.watch: Callable[[str, str, bytes], None] = lambda source, target, data: None

    def separated(self, names: frozenset[str]) -> bool:
        if not self.sides:
            return False
        return len({self.sides.get(name_of(name), 0) for name in names}) > 1

    def pace(self, names: frozenset[str]) -> float:
        return 1 / SLOW if self.slow and any(name_of(name) in self.slow for name in names) else 0.0

    def connect(self, dialer: str, listener: str) -> tuple[End, End]:
        ends = super().connect(dialer, listener)
        for end, way in zip(ends, ((dialer, listener), (listener, dialer)), strict=True):
            end.write = self._watched(end.write, way)  # type: ignore[method-assign]
        return ends

    def _watched(self, write: Callable[[bytes], None], way: tuple[str, str]) -> Callable[[bytes], None]:
        def watched(data: bytes) -> None:
            self.watch(*way, data)
            write(data)

        return watched
