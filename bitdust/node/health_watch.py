"""
health_watch -- measures the state of everything when something happened that may have changed it, and tells
when it is another one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.node.happenings import Happenings
from bitdust.node.views import Health
from bitdust.world import background, give_up

#: seconds from a cause to the measurement, and between two measurements
SOON, SELDOM = 1.0, 10.0


@dataclass
class HealthWatch:
    """
    @param measure: the state of everything, as it is now.
    """

    clock: IReactorTime
    measure: Callable[[], Awaitable[Health]]
    happenings: Happenings
    last: tuple[str, str, int | None] | None = None
    _measured_at: float | None = None
    _call: IDelayedCall | None = None
    _measuring: Deferred[None] | None = None
    _again: bool = False
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.health"))

    def soon(self, *_: object) -> None:
        """Something has changed; whatever it was called with does not matter."""
        if self._measuring is not None:
            self._again = True
        elif self._call is None:
            now = self.clock.seconds()
            earliest = now if self._measured_at is None else self._measured_at + SELDOM
            self._call = self.clock.callLater(max(SOON, earliest - now), self._begin)

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._again = False
        if self._measuring is not None:
            give_up(self._measuring)

    def _begin(self) -> None:
        self._call = None
        self._measured_at = self.clock.seconds()
        self._again = False
        self._measuring = background(self._measure(), self._failed)
        self._measuring.addBoth(self._measured)

    async def _measure(self) -> None:
        health = await self.measure()
        found = (health.state, health.sentence, health.survives)
        if found != self.last:
            self.last = found
            self.happenings.tell(
                "health.changed", state=health.state, sentence=health.sentence, survives=health.survives
            )

    def _measured(self, _: object) -> None:
        self._measuring = None
        if self._again:
            self.soon()

    def _failed(self, failure: Failure) -> None:
        # A disk that cannot be read now may be read later; something will happen then.
        if not isinstance(failure.value, BitDustError | OSError):
            self._log.failure("the state could not be measured", failure)
