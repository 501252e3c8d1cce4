"""
How much a link hands to its road at a time: what the road takes in a moment.

A step costs about the same whatever it carries, so a fast road gets large ones.  What was handed on cannot be
overtaken by what is urgent, so a slow road gets small ones.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

#: bytes at the least, at first, and at most: 1 MiB brought nothing more (docs/benchmarks.md)
LEAST, FIRST, MOST = 64 * 1024, 256 * 1024, 512 * 1024
#: seconds: who takes a batch in less gets larger ones, who needs more gets smaller ones
QUICK, LONG = 0.1, 0.4


class Batch:
    """
    Of one link.

    @param changed: told of each new size.
    """

    def __init__(self, clock: IReactorTime, changed: Callable[[int], object]) -> None:
        self.size = FIRST
        self._clock, self._changed = clock, changed
        self._since = 0.0

    def taken(self) -> None:
        """The road took a whole batch and would take more."""
        self._took(0.0)

    def full(self) -> None:
        """It takes no more for now."""
        self._since = self._clock.seconds()

    def emptied(self) -> None:
        """It takes more again."""
        self._took(self._clock.seconds() - self._since)

    def _took(self, seconds: float) -> None:
        size = self.size
        if seconds < QUICK:
            size = min(2 * size, MOST)
        elif seconds > LONG:
            size = max(size // 2, LEAST)
        if size != self.size:
            self.size = size
            self._changed(size)
