"""
How a backup yields to whatever else uses the line: by the time that data wait before the narrowest place.

What a link sends and nobody waits for (backups, repair) may fill the queue there by no more than `TARGET`
seconds beyond the shortest way there and back that was seen, as LEDBAT has it (RFC 6817); a call or a page on
the same line waits no longer than that.  TCP and QUIC by themselves fill a queue until it overflows.  What a
person waits for, a restore or a message, does not yield.

    doubling --a queue is seen--> as much under way as keeps it short
        '--more than any queue--> free --a queue all the same--^
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.transport.pace import LEAST

#: seconds that what we send may wait there
TARGET = 0.06
#: bytes under way at first, at the least, and from which on none are counted while no queue is seen
FIRST, FLOOR, FREE = 12 * 1024, 3 * 1024, 2**20
#: bytes a second at which no queue is long: what takes long there is a machine that is busy
FAST = 8 * 2**20
#: bytes that are worth a step
SMALL = 1200
#: seconds between two looks at the least, while doubling and later
SOON, LATER = 0.01, 0.05
#: part by which the window grows between two looks, and the most by which it shrinks
GROWS, SHRINKS = 0.05, 0.4
#: looks whose shortest time counts: one answer that is late for its own reasons is no queue
LOOKS = 3
#: seconds for which the shortest way is remembered, in so many parts
REMEMBERED, PARTS = 600.0, 10
#: after so many seconds without a pause nothing goes for so many round trips: then the way is seen as it is
BUSY, BREATH = 60.0, 4.0


class Line(Protocol):
    """What a road knows of the line below it."""

    def rtt(self) -> float | None:
        """Seconds there and back, as measured last, with what waits on the way; None: it does not know."""

    def under_way(self) -> int:
        """Bytes that were handed to it and are not acknowledged."""


class Manners:
    """
    Of one link.

    @param line: one that does not know its `rtt` is not yielded on.
    @param go: called when there is room again.
    """

    def __init__(self, clock: IReactorTime, line: Line, go: Callable[[], object]) -> None:
        self._clock, self._line, self._go = clock, line, go
        #: None: free
        self._window: float | None = float(FIRST)
        #: the whole of it was under way since the last look
        self._full = False
        self._doubling = True
        #: what may go before the line is asked again, some milliseconds later: it counts only what is on it
        self._left, self._due = 0, True
        #: all bytes handed on, those of them that have arrived, and how many had when the window last grew
        self._handed = self._acknowledged = self._grown_at = 0
        #: and how many were handed on at the last look
        self._counted = 0
        self._delay = 0.0
        self._looked = self._paused = clock.seconds()
        self._quiet_until = 0.0
        self._recent: deque[float] = deque(maxlen=LOOKS)
        self._least: deque[float] = deque(maxlen=PARTS)
        self._part = -1
        self._timer: IDelayedCall | None = None

    def room(self, most: int) -> int:
        """Bytes that may go now, at most so many; with 0, `go` is called when it is time to ask again."""
        now = self._clock.seconds()
        if now - self._looked >= max(self._delay, SOON if self._doubling else LATER):
            self._look(now)
        if self._window is None:
            return most
        if self._due and now >= self._quiet_until:
            self._due = False
            under_way = self._line.under_way()
            self._left = int(self._window) - under_way
            self._acknowledged = self._handed - under_way
        if self._left >= SMALL:
            return min(self._left, most)
        self._full = True
        if self._timer is None:
            self._timer = self._clock.callLater(max(LEAST, self._delay / 8), self._again)
        return 0

    def spend(self, size: int) -> None:
        """So many bytes of what can wait went."""
        self._handed += size
        self._left -= size

    def stop(self) -> None:
        """The link is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer, self._due = None, True
        self._go()

    def _look(self, now: float) -> None:
        took = self._line.rtt()
        if took is None:
            self._window = None
            return
        if now - self._looked > max(1.0, 4 * self._delay):
            # Nothing went: that was a pause, and what was seen before it is old.
            self._paused = now
            self._recent.clear()
        speed = (self._handed - self._counted) / (now - self._looked)
        self._looked, self._counted = now, self._handed
        self._recent.append(took)
        self._delay = min(self._recent)
        queue = self._delay - self._shortest(now)
        # A window's worth has come through since it grew, and there was more to send.
        tried = self._full and self._acknowledged - self._grown_at >= (self._window or 0)
        if queue > TARGET and speed < FAST:
            before = float(self._line.under_way()) if self._window is None else self._window
            over = min(1.0, (queue - TARGET) / TARGET)
            self._window, self._doubling = max(float(FLOOR), before * (1 - SHRINKS * over)), False
        elif self._window is not None and tried:
            self._full, self._grown_at = False, self._acknowledged
            self._doubling = self._doubling and (queue < TARGET / 2 or speed >= FAST)
            self._window *= 2 if self._doubling else 1 + GROWS * max(0.0, 1 - queue / TARGET)
            if self._window > FREE:
                self._window = None
        if self._window is not None and now - self._paused > BUSY:
            self._paused, self._quiet_until = now, now + BREATH * self._delay

    def _shortest(self, now: float) -> float:
        """The shortest way of late."""
        part = int(now * PARTS / REMEMBERED)
        if part != self._part:
            self._part = part
            self._least.append(self._delay)
        self._least[-1] = min(self._least[-1], self._delay)
        return min(self._least)
