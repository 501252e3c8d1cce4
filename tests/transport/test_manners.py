"""How a backup yields, on a line that is a queue before a narrow place: simulated, on a hand-turned clock."""

from __future__ import annotations

from collections import deque

from twisted.internet.task import Clock

from bitdust.transport.manners import BUSY, Manners

BATCH = 256 * 1024
TICK = 0.005


class Narrow:
    """Carries `rate` bytes a second in order; there and back take `way` seconds beside that."""

    def __init__(self, rate: float, way: float = 0.04) -> None:
        self.clock = Clock()
        self.clock.rightNow = 1000.0
        self.rate, self.way = rate, way
        #: when the last byte that was handed over leaves, and (bytes, when that is known here)
        self._leaves = 0.0
        self._flying: deque[tuple[int, float]] = deque()
        self._took: float | None = way
        self.sent = 0
        self.waits: list[float] = []
        self.manners = Manners(self.clock, self, self.go)

    def rtt(self) -> float | None:
        return self._took

    def under_way(self) -> int:
        return sum(size for size, _ in self._flying)

    def go(self) -> None:
        """There is always more to send."""
        for _ in range(64):
            size = self.manners.room(BATCH)
            if not size:
                return
            self.manners.spend(size)
            self.give(size)

    def give(self, size: int) -> None:
        """Somebody sends so much."""
        self.sent += size
        while size:
            packet = min(size, 1200)
            size -= packet
            self._leaves = max(self._leaves, self.clock.seconds()) + packet / self.rate
            self._flying.append((packet, self._leaves + self.way))

    def queue(self) -> float:
        """Seconds that what comes now waits."""
        return max(0.0, self._leaves - self.clock.seconds())

    def run(self, seconds: float, others: float = 0.0) -> None:
        """Let time pass; others send so many bytes a second meanwhile."""
        for _ in range(round(seconds / TICK)):
            if others:
                self._leaves = max(self._leaves, self.clock.seconds()) + others * TICK / self.rate
            self.go()
            self.clock.advance(TICK)
            while self._flying and self._flying[0][1] <= self.clock.seconds():
                self._flying.popleft()
                self._took = self.way + self.queue()
            self.waits.append(self.queue())


def test_t63_a_short_queue_on_a_narrow_line() -> None:
    """T63: a line of 1 Mbit/s is used, and what others send waits for a tenth of a second at most."""
    line = Narrow(125_000)
    line.run(5.0)
    line.sent, line.waits = 0, []
    line.run(20.0)
    assert line.sent > 0.85 * 20 * line.rate
    assert sum(line.waits) / len(line.waits) < 0.08
    assert sorted(line.waits)[int(len(line.waits) * 0.95)] < 0.1


def test_from_the_first_second() -> None:
    """The queue does not overflow before it is noticed."""
    line = Narrow(125_000)
    line.run(3.0)
    assert max(line.waits) < 0.35


def test_who_is_in_a_hurry_has_the_line() -> None:
    """While others fill the line next to nothing of the backup goes; then it takes what there is again."""
    line = Narrow(250_000)
    line.run(5.0)
    line.sent = 0
    line.run(10.0, others=1.02 * line.rate)
    assert line.sent < 0.2 * 10 * line.rate
    line.run(5.0)
    line.sent = 0
    line.run(10.0)
    assert line.sent > 0.7 * 10 * line.rate


def test_a_fast_line_is_not_counted() -> None:
    """Where no queue comes up, nothing is held back after the first moment."""
    line = Narrow(1e9, way=0.001)
    line.run(0.5)
    assert line.manners.room(BATCH) == BATCH
    line.sent = 0
    line.go()
    assert line.sent == 64 * BATCH


def test_an_unknown_line() -> None:
    """A road that does not know how long it takes is not yielded on."""
    line = Narrow(125_000)
    line._took = None
    line.clock.advance(1.0)
    assert line.manners.room(BATCH) == BATCH


def test_the_way_is_seen_without_our_own_queue() -> None:
    """A long backup holds its breath now and then, else its own queue would be taken for the way."""
    line = Narrow(125_000)
    line.run(BUSY + 10.0)
    assert min(line.waits[-round(BUSY / TICK) :]) < 0.01
    assert sum(line.waits) / len(line.waits) < 0.1


def test_nothing_ticks_afterwards() -> None:
    """The end of the link ends the waiting."""
    line = Narrow(125_000)
    line.go()
    line.manners.stop()
    assert line.clock.getDelayedCalls() == []
