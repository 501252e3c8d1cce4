"""
While a link goes over a relay, a straight one is tried for: by punching at once, and by all there is after 1,
5 and 30 minutes, then every 30, and at once when the network has changed.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.transport.interface import ILink

#: seconds between tries; the last holds from then on
TRIES = (60.0, 300.0, 1800.0)


class Upgrade:
    """
    @param attempt: begins to dial straight; harmless while that is under way.
    @param punch: begins to come through the routers; None when that is for the other end to begin.
    @param came: told of the link that came through.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        attempt: Callable[[], None],
        punch: Callable[[], Deferred[ILink] | None],
        came: Callable[[ILink], None],
    ) -> None:
        self._clock, self._attempt, self._punch, self._came = clock, attempt, punch, came
        self._timer: IDelayedCall | None = None
        self._punching: Deferred[ILink] | None = None
        self._tried = 0

    @property
    def is_wanted(self) -> bool:
        """Does the link in use go over a relay?"""
        return self._timer is not None

    @property
    def tries(self) -> int:
        """How often one was tried for again, since the link goes over a relay."""
        return self._tried

    def next_try(self) -> float | None:
        """When it is tried again, by the clock; None: the link goes straight, or there is none."""
        return self._timer.getTime() if self._timer is not None else None

    def watch(self, relayed: bool) -> None:
        """The link in use goes over a relay, or does not; there may be none."""
        if relayed and self._timer is None:
            self._tried = 0
            self._wait()
            self._come_through()
        elif relayed:
            # Another relayed link, perhaps one that this end has dialed.
            self._come_through()
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._give_up()

    def hurry(self) -> None:
        """Something is different now: try at once, and soon again, if there is a relayed link."""
        if self._timer is not None:
            self._timer.cancel()
            self._tried = 0
            self._wait()
            # What is under way knows places that may be none any more.
            self._give_up()
            self._come_through()
            self._attempt()

    def _wait(self) -> None:
        seconds = TRIES[min(self._tried, len(TRIES) - 1)]
        self._timer = self._clock.callLater(seconds, self._again)

    def _again(self) -> None:
        self._tried += 1
        self._wait()
        self._come_through()
        self._attempt()

    def _come_through(self) -> None:
        if self._punching is None:
            self._punching = self._punch()
            if self._punching is not None:
                self._punching.addCallbacks(self._through, self._not_through)

    def _give_up(self) -> None:
        if self._punching is not None:
            self._punching.cancel()

    def _through(self, link: ILink) -> None:
        self._punching = None
        self._came(link)

    def _not_through(self, why: Failure) -> None:
        self._punching = None
        if isinstance(why.value, BitDustError):
            self._log.debug("the link stays on its relay: {why}", why=why.getErrorMessage())
        elif not isinstance(why.value, CancelledError):
            self._log.failure("punching failed in an unforeseen way", why)
