"""
budget -- how many bytes of pieces may be in memory at a time, whichever way they go.

One for the whole process: many suppliers share what few have alone, and a restore is served before a backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

from twisted.internet.defer import Deferred, succeed

from bitdust.wire.packets import Priority


class Budget:
    """
    @param limit: bytes, as the setting says now; one stretch larger than all of it passes alone.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._used = 0
        self._waiting: list[tuple[Priority, int, int, Deferred[None]]] = []
        self._numbers: Iterator[int] = count()

    @property
    def used(self) -> int:
        """Bytes taken and not yet given back."""
        return self._used

    def take(self, size: int, priority: Priority) -> Deferred[None]:
        """Fires when `size` bytes may be held; cancelling it gives up the wish.  Then `give` them back."""
        if not self._waiting and self._fits(size):
            self._used += size
            return succeed(None)
        waiting: Deferred[None] = Deferred(lambda _: self._forget(waiting))
        heappush(self._waiting, (priority, next(self._numbers), size, waiting))
        return waiting

    def give(self, size: int) -> None:
        """So many bytes are not held any more."""
        self._used -= size
        self._serve()

    def _forget(self, waiting: Deferred[None]) -> None:
        # The heap's order is lost and made anew: it is as long as there are streams.
        kept = [entry for entry in self._waiting if entry[3] is not waiting]
        self._waiting.clear()
        for entry in kept:
            heappush(self._waiting, entry)

    def _fits(self, size: int) -> bool:
        return not self._used or self._used + size <= self._limit()

    def _serve(self) -> None:
        while self._waiting and self._fits(self._waiting[0][2]):
            _, _, size, waiting = heappop(self._waiting)
            self._used += size
            waiting.callback(None)
