"""
Looks every few seconds whether the machine has other addresses, or has been asleep.

Nothing is sent and nobody is asked.  Sleep shows by time that has passed and was not lived through: on the
clock of the wall, which goes on, or by a timer that is far too late.  A clock that was set, and a process
that was held up, look the same, and a look at the links does no harm then.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.reach.scopes import Address
from bitdust.world import Wall

#: seconds between two looks, and beyond them that make a sleep
EVERY, ASLEEP = 5.0, 15.0

Look = Callable[[], tuple[Address, ...]]


class Watch:
    """
    @param look: the addresses of this machine that lead out.
    @param moved: called with the new ones when they are others.
    @param woke: called with the seconds that were slept.
    """

    def __init__(
        self,
        clock: IReactorTime,
        wall: Wall,
        look: Look,
        moved: Callable[[tuple[Address, ...]], None],
        woke: Callable[[float], None],
    ) -> None:
        self._clock, self._wall, self._look = clock, wall, look
        self._moved, self._woke = moved, woke
        self._known: tuple[Address, ...] = ()
        self._looked_at = self._on_wall = 0.0
        self._timer: IDelayedCall | None = None

    def start(self) -> tuple[Address, ...]:
        """The addresses now; changes are told from now on."""
        self._known = self._look()
        self._wait()
        return self._known

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _wait(self) -> None:
        self._looked_at, self._on_wall = self._clock.seconds(), self._wall()
        self._timer = self._clock.callLater(EVERY, self._again)

    def _again(self) -> None:
        slept = max(self._clock.seconds() - self._looked_at, self._wall() - self._on_wall) - EVERY
        self._wait()
        before, self._known = self._known, self._look()
        if self._known != before:
            self._moved(self._known)
        if slept >= ASLEEP:
            self._woke(slept)
