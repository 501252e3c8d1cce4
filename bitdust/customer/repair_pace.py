"""
repair_pace -- how much of the line repair may take, so that something is always left for everybody else.

Nobody knows how fast a line is; so repair works for a while and then rests for as long as its share asks for,
all of it together.  A bound in bytes a second can be set besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.events import Signal

#: seconds of work between two rests
SLICE = 1.0


@dataclass
class RepairPace:
    """
    Whoever moves bytes to repair something asks `is_open`, and then tells `begin` and `end`.

    @param share: percent of the time in which repair may move bytes.
    @param limit: bytes a second; 0: no bound but the share.
    """

    clock: IReactorTime
    share: Callable[[], int]
    limit: Callable[[], int]
    #: a rest is over
    opened: Signal[[]] = field(default_factory=Signal)
    _active: int = 0
    _since: float = 0.0
    _busy: float = 0.0
    _bytes: int = 0
    _resting: IDelayedCall | None = None
    _stopped: bool = False

    def is_open(self) -> bool:
        """May something begin now?"""
        if self._resting is None and not self._active and self._is_over():
            self._rest()
        return self._resting is None and not self._is_over()

    async def until_open(self) -> None:
        """Wait for that."""
        while not self.is_open():
            await self.opened.next()

    def begin(self) -> None:
        """Bytes begin to move."""
        if not self._active:
            self._since = self.clock.seconds()
        self._active += 1

    def end(self, size: int) -> None:
        """So many have moved.  The last of those who move some when the slice is over begins the rest."""
        self._bytes += size
        self._active -= 1
        if not self._active:
            self._busy += self.clock.seconds() - self._since
            self.is_open()

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        self._stopped = True
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _is_over(self) -> bool:
        """Whether the slice is used up."""
        worked = self._busy + (self.clock.seconds() - self._since if self._active else 0.0)
        limit = self.limit()
        return worked >= SLICE or bool(limit and self._bytes >= limit * SLICE)

    def _rest(self) -> None:
        if self._stopped:
            return
        share, limit = max(1, self.share()), self.limit()
        seconds = self._busy * (100 - share) / share
        if limit:
            seconds = max(seconds, self._bytes / limit - self._busy)
        self._resting = self.clock.callLater(seconds, self._open)

    def _open(self) -> None:
        self._resting = None
        self._busy, self._bytes = 0.0, 0
        self.opened()
