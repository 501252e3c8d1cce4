"""
How fast a node may send, or receive: one bucket of bytes each for all its links, filled by the clock.

A link asks before it hands on bodies; when the bucket is empty it is told later, restores before messages of
less haste, the longest waiting first.  What carries no body goes at once, and is counted.  A link that
receives counts what it has read, and reads no more while the bucket is empty.  Without a limit `Pace.limit`
is None, and nobody asks.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.wire.packets import Priority

#: bytes a link may send before another that waits has its turn
STEP = 64 * 1024
#: seconds for which what was not used may be used later
SAVED = 0.1
#: the shortest time to wait: many small waits cost more than they are worth
LEAST = 0.005

Go = Callable[[], object]


class Limit:
    """
    @param rate: bytes a second.
    """

    def __init__(self, clock: IReactorTime, rate: int) -> None:
        self._clock = clock
        self.rate = rate
        self._left = 0.0
        self._filled = clock.seconds()
        self._waiting: dict[Go, Priority] = {}
        self._granted: Go | None = None
        self._timer: IDelayedCall | None = None

    def room(self, go: Go, priority: Priority) -> int:
        """Bytes that may go now; with 0, `go` is called when it is time to ask again."""
        self._fill()
        granted, self._granted = self._granted is go, None
        if self._left > 0 and (granted or all(each > priority for each in self._waiting.values())):
            return STEP
        self._waiting[go] = priority
        self._wait()
        return 0

    def spend(self, size: int) -> None:
        """So many bytes went, allowed or not."""
        self._left -= size

    def change(self, rate: int) -> None:
        """Another rate from now on."""
        self._fill()
        self.rate = rate
        self._left = min(self._left, rate * SAVED)
        self._stop()
        self._wait()

    def release(self) -> None:
        """There is no limit any more: all go on."""
        self._stop()
        waiting, self._waiting = self._waiting, {}
        for go in waiting:
            go()

    def _fill(self) -> None:
        now = self._clock.seconds()
        self._left = min(self._left + (now - self._filled) * self.rate, self.rate * SAVED)
        self._filled = now

    def _wait(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._clock.callLater(max(LEAST, -self._left / self.rate), self._again)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer = None
        self._fill()
        while self._waiting and self._left > 0:
            # The first among the most urgent: dicts keep the order of asking.
            self._granted = go = min(self._waiting, key=self._waiting.__getitem__)
            del self._waiting[go]
            go()
        self._granted = None
        self._wait()


class Pace:
    """The limit of one node, which may come, change and go while links are open."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self.limit: Limit | None = None

    def set(self, rate: int) -> None:
        """So many bytes a second; 0: as many as there are."""
        limit = self.limit
        if rate and limit is not None:
            limit.change(rate)
        elif rate:
            self.limit = Limit(self._clock, rate)
        elif limit is not None:
            self.limit = None
            limit.release()


class Paces:
    """The limits of one node in both directions, for all its roads together."""

    def __init__(self, clock: IReactorTime) -> None:
        self.send, self.receive = Pace(clock), Pace(clock)
