"""
course -- how fast long work goes on, and how long it will take.

Measured over what was done lately, so that a line that got slower, or a stretch of files that need not be
read, shows within half a minute.
"""

from __future__ import annotations

from collections import deque

#: seconds over which the speed is measured, and between two moments that are kept
WINDOW, APART = 30.0, 0.5
#: seconds of which something has to be known before anything is said
LEAST = 2.0
#: seconds left that nobody plans with: it is not known
LONGEST = 30 * 86400.0


class Course:
    """
    How far one piece of work had come at moments of the last half minute.

    `part` is what was done of all, 0 to 1.  It never falls: an estimate that turns out too high makes it
    wait, not go back.
    """

    def __init__(self) -> None:
        self.part = 0.0
        self._kept: deque[tuple[float, float]] = deque()

    def note(self, now: float, part: float) -> None:
        """At this moment (seconds of the clock) so much was done."""
        self.part = max(self.part, min(1.0, part))
        if not self._kept or now - self._kept[-1][0] >= APART:
            self._kept.append((now, self.part))
        while len(self._kept) > 2 and now - self._kept[1][0] >= WINDOW:
            self._kept.popleft()

    def rest(self) -> None:
        """It rests, or waits for something to change: what was before says nothing of what comes."""
        self._kept.clear()

    def speed(self, now: float) -> float:
        """Parts per second, lately; 0 while that is not known."""
        if not self._kept:
            return 0.0
        since, part = self._kept[0]
        return (self.part - part) / (now - since) if now - since >= LEAST else 0.0

    def left(self, now: float) -> float | None:
        """Seconds that it will take still, to the second; None while that is not known."""
        speed = self.speed(now)
        if speed <= 0.0:
            return None
        left = (1.0 - self.part) / speed
        return float(round(left)) if left < LONGEST else None
