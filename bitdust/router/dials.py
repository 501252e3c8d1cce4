"""
Every dial to one peer that is under way: straight to him, and over relays.

Both run side by side.  A relay is begun a moment later, since it is somebody's gift, and a straight road that
works has answered by then; when the relay is first all the same, the others are let go on: what is straight
is better, and the links are exchanged then.  A relay that fails is tried again meanwhile: it may have just
become ours, and break off what it carried for a stranger, while routers keep straight dials silent for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from bitdust.errors import BadIdentity, BitDustError, Offline
from bitdust.transport.interface import ILink
from bitdust.transport.race import HEAD_START, Dial, Race

#: seconds until a relay is tried again while straight dials are silent; doubled each time
AGAIN = 0.5


class Dials:
    """
    @param came: a link is there.
    @param failed: nothing that was begun has brought a link, and nothing is under way any more.
    """

    def __init__(
        self,
        clock: IReactorTime,
        came: Callable[[ILink], None],
        failed: Callable[[BitDustError], None],
    ) -> None:
        self._clock, self._came, self._failed = clock, came, failed
        self._races: dict[bool, Deferred[ILink]] = {}
        self._later: IDelayedCall | None = None
        self._reasons: list[BitDustError] = []
        self._relayed: Sequence[Dial] = ()
        self._pause = AGAIN

    def begin(self, straight: Sequence[Dial], relayed: Sequence[Dial] = ()) -> None:
        """Dial; harmless while that is under way."""
        if self._races or self._later is not None:
            return
        self._reasons = []
        self._relayed, self._pause = relayed, AGAIN
        if relayed:
            self._later = self._clock.callLater(HEAD_START if straight else 0.0, self._relay)
        if straight or not relayed:
            self._race(True, straight)

    def stop(self) -> None:
        """Give them up; nobody is told."""
        self._hold_back()
        for race in tuple(self._races.values()):
            race.cancel()

    def _relay(self) -> None:
        self._later = None
        self._race(False, self._relayed)

    def _race(self, straight: bool, dials: Sequence[Dial]) -> None:
        race = self._races[straight] = Race(self._clock, dials).won
        race.addCallbacks(partial(self._won, straight), partial(self._lost, straight))

    def _won(self, straight: bool, link: ILink) -> None:
        del self._races[straight]
        if straight:
            # Whoever is straight needs no relay.
            self.stop()
        self._came(link)

    def _lost(self, straight: bool, why: Failure) -> None:
        del self._races[straight]
        if isinstance(why.value, CancelledError):
            return
        assert isinstance(why.value, BitDustError), "Race fails with nothing else"
        self._reasons.append(why.value)
        if self._later is not None:
            self._later.reset(0)
        elif self._races and not straight and not isinstance(why.value, BadIdentity):
            self._later = self._clock.callLater(self._pause, self._relay)
            self._pause *= 2
        elif not self._races:
            self._failed(_of_all(self._reasons))

    def _hold_back(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None


def _of_all(reasons: Sequence[BitDustError]) -> BitDustError:
    """What several failures come to: that somebody else answered, if anywhere; else that nobody did."""
    for why in reasons:
        if isinstance(why, BadIdentity):
            return why
    if len(reasons) == 1:
        return reasons[0]
    return Offline("; ".join(dict.fromkeys(why.message for why in reasons)))
