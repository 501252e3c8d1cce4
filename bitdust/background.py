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


def put_off(log: Logger, what: str) -> Callable[[Failure], None]:
    """
    What is done about the failure of work that comes round again.

    What a disk or a peer says for a moment is no fault of this program.
    """

    def failed(failure: Failure) -> None:
        if isinstance(failure.value, BitDustError | OSError):
            log.warn("{what} is done later: {why}", what=what, why=failure.value)
        else:
            log.failure("{what} failed; the next one begins anew", failure, what=what)

    return failed


class Background:
    """
    All such work of one part; what fails is logged, and done again by whoever comes round again.

    @param troubled: told of each failure.
    """

    def __init__(self, log: Logger, troubled: Callable[[], None]) -> None:
        self._put_off = put_off(log, "work in the background")
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
        # The next round does it again, and soon.
        self._troubled()
        self._put_off(failure)


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
