"""
background -- work that a part begins and nobody waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.world import background, give_up


class Background:
    """
    All such work of one part; what fails is logged, and done again by whoever comes round again.

    @param troubled: told of each failure.
    """

    def __init__(self, log: Logger, troubled: Callable[[], None]) -> None:
        self._log = log
        self._troubled = troubled
        self._running: list[Deferred[None]] = []

    def begin(self, work: Coroutine[Deferred[Any], Any, object]) -> None:
        """Begin it now."""
        running = background(work, self._failed)
        if not running.called:
            self._running.append(running)
            running.addBoth(lambda _: self._running.remove(running))

    def end(self) -> None:
        """Give all of it up."""
        for work in list(self._running):
            give_up(work)

    def _failed(self, failure: Failure) -> None:
        # What a disk says for a moment is no fault of ours; the next round does it again, and soon.
        self._troubled()
        if isinstance(failure.value, BitDustError | OSError):
            self._log.warn("work in the background is done later: {why}", why=failure.value)
        else:
            self._log.failure("work in the background failed", failure)
