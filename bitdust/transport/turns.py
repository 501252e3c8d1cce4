"""
Whose turn it is to send: control first of all, the others by deficit round robin 8:4:2:1.
"""

from __future__ import annotations

from collections import deque

from bitdust.transport.stream import Stream
from bitdust.wire.frames import MAX_PAYLOAD
from bitdust.wire.packets import Priority

#: frames of the longest kind each class may send in one round
WEIGHTS = {Priority.MESSAGE: 8, Priority.RESTORE: 4, Priority.BACKUP: 2, Priority.REPAIR: 1}


class Turns:
    """The streams that have something to send and the credit for it, in fair order."""

    def __init__(self) -> None:
        self._ready: dict[Priority, deque[Stream]] = {priority: deque() for priority in Priority}
        self._deficit = dict.fromkeys(WEIGHTS, 0)
        self._round = deque(WEIGHTS)
        self._queued: set[Stream] = set()

    def add(self, stream: Stream) -> None:
        """It can send now.  Harmless when that is known."""
        if stream not in self._queued:
            self._queued.add(stream)
            self._ready[stream.priority].append(stream)

    def drop(self, stream: Stream) -> None:
        """It has nothing to send after all."""
        if stream in self._queued:
            self._queued.remove(stream)
            self._ready[stream.priority].remove(stream)

    def next(self) -> Stream | None:
        """Who may send one frame now; None when nobody can.  Tell `sent` how long the frame was."""
        if not self._queued:
            return None
        control = self._ready[Priority.CONTROL]
        if control:
            return self._taken(control)
        while True:
            priority = self._round[0]
            waiting = self._ready[priority]
            if waiting and self._deficit[priority] > 0:
                return self._taken(waiting)
            if not waiting:
                self._deficit[priority] = 0
            self._round.rotate(-1)
            turn = self._round[0]
            self._deficit[turn] += WEIGHTS[turn] * MAX_PAYLOAD

    def first(self) -> Priority | None:
        """The most urgent class that has something to send."""
        return min((priority for priority, waiting in self._ready.items() if waiting), default=None)

    def sent(self, stream: Stream, size: int) -> None:
        """The frame of the stream that `next` gave had `size` bytes of body."""
        if stream.priority in self._deficit:
            self._deficit[stream.priority] -= size
        if stream.sendable:
            self.add(stream)

    def _taken(self, waiting: deque[Stream]) -> Stream:
        stream = waiting.popleft()
        self._queued.remove(stream)
        return stream
