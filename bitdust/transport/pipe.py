"""
A connection inside one process: two ends that stand in for a TCP transport, and the time bytes take between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol as Shape

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

#: bytes under way in one direction from which on the sender is asked to pause
HIGH = 2**20


class Roads(Shape):
    """What a pipe asks the network."""

    clock: IReactorTime

    def separated(self, names: frozenset[str]) -> bool: ...

    def delay(self, names: frozenset[str]) -> float: ...

    def pace(self, names: frozenset[str]) -> float: ...


class End:
    """
    One end of a pipe, as the protocol there sees its transport; it owns the direction away from it.

    @param limit: the pipe breaks when so many bytes have come to the other end.
    """

    def __init__(self, pipe: Pipe, limit: int | None) -> None:
        self._pipe = pipe
        self._left = limit
        self.over = self._closing = self._stalled = False
        self._protocol: Protocol | None = None
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._under_way = 0
        self._free_at = self._last_due = 0.0
        self._call: IDelayedCall | None = None
        self._producer: IPushProducer | None = None
        self._pausing = False

    def attach(self, protocol: Protocol) -> None:
        """Make this end the transport of the protocol."""
        self._protocol = protocol
        protocol.makeConnection(self)  # type: ignore[no-untyped-call]

    # what a transport does for its protocol

    def write(self, data: bytes) -> None:
        if not (self.over or self._closing):
            self._under_way += len(data)
            self._post(data, len(data))
            if self._under_way > HIGH and self._producer is not None and not self._pausing:
                self._pausing = True
                self._producer.pauseProducing()

    def loseConnection(self) -> None:
        if not (self.over or self._closing):
            self._closing = True
            self._post(None, 0)

    def abortConnection(self) -> None:
        if not self.over:
            self._drop()
            self._post(None, 0)
            self.lose(_because(ConnectionLost("aborted")))

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._stalled = True

    def resumeProducing(self) -> None:
        self._stalled = False
        self._pipe.other(self).wake()

    # what the pipe does with it

    def wake(self) -> None:
        """Something may be delivered again."""
        pipe = self._pipe
        if self._call is None and self._queue and not pipe.blocked(self):
            due = max(0.0, self._queue[0][0] - pipe.clock.seconds())
            self._call = pipe.clock.callLater(due, self._deliver)

    def lose(self, reason: Failure) -> None:
        """This end is over; its protocol hears of it at the next turn."""
        if not self.over:
            self.over = True
            self._pipe.ended()
            if self._protocol is not None:
                self._pipe.clock.callLater(0, self._protocol.connectionLost, reason)

    def drop(self) -> None:
        """What is under way is lost."""
        self._drop()

    def _drop(self) -> None:
        self._queue.clear()
        self._under_way = 0
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _post(self, data: bytes | None, size: int) -> None:
        pipe = self._pipe
        self._free_at = max(pipe.clock.seconds(), self._free_at) + size * pipe.pace()
        # The road keeps the order, whatever the delays.
        self._last_due = max(self._last_due, self._free_at + pipe.delay())
        self._queue.append((self._last_due, data))
        self.wake()

    def _deliver(self) -> None:
        self._call = None
        pipe = self._pipe
        other = pipe.other(self)
        if pipe.blocked(self):
            return
        _, data = self._queue.popleft()
        if data is None:
            self._drop()
            self.lose(_because(ConnectionDone()))
            other.drop()
            other.lose(_because(ConnectionDone() if self._closing else ConnectionLost("reset by peer")))
            return
        self._under_way -= len(data)
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if not other.over and other._protocol is not None and data:
            other._protocol.dataReceived(data)
        if self._left == 0:
            pipe.cut()
            return
        self.wake()
        if self._pausing and self._under_way <= HIGH // 2:
            self._pausing = False
            if self._producer is not None:
                self._producer.resumeProducing()


class Pipe:
    """
    A connection between two places.

    @param limits: for each end, after how many of its bytes the pipe breaks.
    @param forget: called once when both ends are over.
    """

    def __init__(
        self,
        roads: Roads,
        names: tuple[str, str],
        limits: tuple[int | None, int | None],
        forget: Callable[[Pipe], object],
    ) -> None:
        self.clock, self.names = roads.clock, frozenset(names)
        self._roads, self._forget = roads, forget
        self.ends = (End(self, limits[0]), End(self, limits[1]))
        if 0 in limits:
            self.clock.callLater(0, self.cut)

    def other(self, end: End) -> End:
        """The end across."""
        return self.ends[1] if end is self.ends[0] else self.ends[0]

    def blocked(self, end: End) -> bool:
        """Nothing can be delivered from this end now."""
        return self._roads.separated(self.names) or self.other(end)._stalled

    def delay(self) -> float:
        """Seconds that the next bytes take."""
        return self._roads.delay(self.names)

    def pace(self) -> float:
        """Seconds that each byte takes."""
        return self._roads.pace(self.names)

    def wake(self) -> None:
        """The roads have changed."""
        for end in self.ends:
            end.wake()

    def cut(self) -> None:
        """It breaks; both ends hear of it, what is under way is lost."""
        for end in self.ends:
            end.drop()
            end.lose(_because(ConnectionLost("cut")))

    def ended(self) -> None:
        """One end is over."""
        if all(end.over for end in self.ends):
            self._forget(self)


def _because(error: Exception) -> Failure:
    return Failure(error)  # type: ignore[no-untyped-call]
