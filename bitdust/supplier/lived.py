"""
The time that a supplier has lived through: what no clock on the wall can make pass.

It is the time in which it ran, summed up on disk over all its runs, and of each rest, which only the wall
clock knows, a day at most.  A wall clock that was ahead counts nothing until it is further ahead than it was.
"""

from __future__ import annotations

import sqlite3

from twisted.internet.interfaces import IReactorTime

from bitdust.database import Database
from bitdust.world import Wall

#: seconds of a rest that count at most, and after which it is written down how far we are
DAY, OFTEN = 86400.0, 6 * 3600.0


class Lived:
    """Call it: seconds that this supplier has lived through so far."""

    def __init__(self, clock: IReactorTime, wall: Wall) -> None:
        self._clock = clock
        self._wall = wall
        # How far it was at some time, by both clocks; and how far it was written down.
        self._seconds = self._saved = 0.0
        self._ran, self._high = clock.seconds(), wall()

    def __call__(self) -> float:
        ran, rest = self._clock.seconds() - self._ran, self._wall() - self._high
        return self._seconds + max(0.0, ran, min(rest, DAY))

    async def open(self, db: Database) -> None:
        """Go on where the last run ended."""
        self._ran = self._clock.seconds()
        seconds, high = await db.read(lambda c: c.execute("SELECT seconds, high FROM lived").fetchone())
        self._seconds = self._saved = seconds
        if high:
            self._high = high
        else:
            # The first life is not to be forgotten when it ends before anything was written down.
            await db(_write, self._seconds, self._high)

    async def settle(self, db: Database, at_least: float = OFTEN) -> None:
        """What passed so far has passed; it is written down when that is `at_least` so many seconds."""
        self._seconds = self()
        self._ran, self._high = self._clock.seconds(), max(self._high, self._wall())
        if self._seconds - self._saved >= at_least:
            await db(_write, self._seconds, self._high)
            self._saved = self._seconds


def _write(c: sqlite3.Connection, seconds: float, high: float) -> None:
    c.execute("UPDATE lived SET seconds = ?, high = ?", (seconds, high))
