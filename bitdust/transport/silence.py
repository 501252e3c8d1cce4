"""
What a link makes of silence: it asks for a sign of life, and gives the peer up when none comes for long.

Whoever has something under way asks sooner.  A router may have forgotten the road, or a relay be gone: he
who sends finds out by himself then, and he who only waits would wait until he has something to say.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: a sign of life is asked for after so many silent seconds; three times as many without any end the link
QUIET, PINGS = 60.0, 3
#: the same in the middle of an exchange; doubled, up to QUIET, as long as nothing but signs of life comes
BUSY = 5.0


class Silence:
    """
    Of one link.

    @param is_busy: something is under way on the link.
    @param is_held: nothing is read for now: whoever is not read cannot be heard.
    @param ask: asks the peer for a sign of life.
    @param over: called with the seconds for which nothing came.
    """

    def __init__(
        self,
        clock: IReactorTime,
        is_busy: Callable[[], bool],
        is_held: Callable[[], bool],
        ask: Callable[[], object],
        over: Callable[[float], object],
    ) -> None:
        self._clock = clock
        self._is_busy, self._is_held, self._ask, self._over = is_busy, is_held, ask, over
        #: set by the link: something came; and it was more than a sign of life
        self.heard = self.lively = False
        self._since, self._pause = 0.0, BUSY
        self._timer: IDelayedCall | None = None

    def begin(self) -> None:
        """The link is open."""
        self._since = self._clock.seconds()
        self._wake()

    def hurry(self) -> None:
        """Something is under way from now on."""
        timer, self._pause = self._timer, BUSY
        if timer is not None and timer.active() and timer.getTime() - self._clock.seconds() > BUSY:
            timer.reset(min(BUSY, QUIET))

    def stop(self) -> None:
        """The link is over."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _look(self) -> None:
        now, held = self._clock.seconds(), self._is_held()
        heard, lively = self.heard or held, self.lively
        self.heard = self.lively = False
        if heard:
            self._since = now
        elif now - self._since > PINGS * QUIET:
            self._over(now - self._since)
            return
        self._pause = BUSY if lively else min(2 * self._pause, QUIET)
        self._wake()
        # Of two ends one asks: the other hears the question, and need not.  Whoever is not read gets no
        # answer to his own, and hears ours.
        if held or not heard:
            self._ask()

    def _wake(self) -> None:
        seconds = min(self._pause, QUIET) if self._is_busy() else QUIET
        self._timer = self._clock.callLater(seconds, self._look)
