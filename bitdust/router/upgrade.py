"""
While a link goes over a relay, a straight one is tried for: after 1, 5 and 30 minutes, then every 30, and at
once when the network has changed.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: seconds between tries; the last holds from then on
TRIES = (60.0, 300.0, 1800.0)


class Upgrade:
    """
    @param attempt: begins to dial straight; harmless while that is under way.
    """

    def __init__(self, clock: IReactorTime, attempt: Callable[[], None]) -> None:
        self._clock, self._attempt = clock, attempt
        self._timer: IDelayedCall | None = None
        self._tried = 0

    def watch(self, relayed: bool) -> None:
        """The link in use goes over a relay, or does not; there may be none."""
        if relayed and self._timer is None:
            self._tried = 0
            self._wait()
        elif not relayed and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hurry(self) -> None:
        """Something is different now: try at once, and soon again, if there is a relayed link."""
        if self._timer is not None:
            self._timer.cancel()
            self._tried = 0
            self._wait()
            self._attempt()

    def _wait(self) -> None:
        seconds = TRIES[min(self._tried, len(TRIES) - 1)]
        self._timer = self._clock.callLater(seconds, self._again)

    def _again(self) -> None:
        self._tried += 1
        self._wait()
        self._attempt()
