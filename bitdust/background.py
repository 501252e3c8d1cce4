"""
background -- work that a part begins and nobody waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.world import background, give_up

#: seconds after the start by which links to others are mostly there
SOON = 180.0


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


class Rounds:
    """
    Work that is begun `soon` after the start, and then again and again: a node that runs for half an hour a
    day has its rounds, too.

    @param soon: seconds from the start to the first time, at most.
    @param every: seconds between two.
    """

    def __init__(
        self, clock: IReactorTime, begin: Callable[[], object], every: float, soon: float = SOON
    ) -> None:
        self._clock = clock
        self._every = every
        self._soon = min(soon, every)
        self._first: IDelayedCall | None = None
        self._call = LoopingCall(begin)
        self._call.clock = clock

    def start(self) -> None:
        """From now on."""
        self._first = self._clock.callLater(self._soon, self._go_round)

    def stop(self) -> None:
        """No more."""
        if self._first is not None:
            self._first.cancel()
            self._first = None
        if self._call.running:
            self._call.stop()

    def _go_round(self) -> None:
        self._first = None
        self._call.start(self._every)
