"""
Coming through two routers to a peer to whom a relay carries a link: the end that is dialed.

    asked --hole--> agreed --begin--> open --over--> gone
                       '------ 10 s ------------------^

Whoever asks has proved who he is, over that link; all the same he gets so many rounds and no more, so that he
cannot turn our datagrams against anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.errors import NotFound, Refused, TryLater, Usage
from bitdust.meter import Meter
from bitdust.router.inbox import Sender
from bitdust.router.punching import Observers, allowed
from bitdust.transport.interface import IExchange, IHole, IPuncher
from bitdust.wire.packets import Ack, Packet, Punch, PunchNow
from bitdust.wire.place import Place
from bitdust.world import background

#: rounds that one peer may ask for in so many seconds, and rounds that are under way with all peers together
ROUNDS, IN_SECONDS, AT_ONCE = 12, 120.0, 16
#: seconds that an agreed round waits to be begun
WAITS = 10.0


@dataclass(eq=False)
class _Round:
    fingerprint: str
    road: str
    hole: IHole
    places: list[Place]
    timer: IDelayedCall | None = None


class LettingIn:
    """
    @param may_reach: may this host, named by a peer, be sent to?
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        roads: Mapping[str, IPuncher],
        observers: Observers,
        may_reach: Callable[[str], bool],
    ) -> None:
        self._clock, self._roads = clock, roads
        self._observers, self._may_reach = observers, may_reach
        self._meter = Meter(clock, ROUNDS, IN_SECONDS)
        self._rounds: dict[bytes, _Round] = {}
        #: holes that are being made
        self._making = 0

    async def asked(self, sender: Sender, packet: Punch, exchange: IExchange) -> Packet:
        """Agree to a round."""
        if sender.link.direct:
            raise Usage("there is a straight link already")
        road = self._roads.get(packet.road)
        if road is None:
            raise NotFound(f"this node has no road {packet.road} to come through")
        places = allowed(packet.places, self._may_reach)
        for secret, earlier in [*self._rounds.items()]:
            if (earlier.fingerprint, earlier.road) == (sender.fingerprint, packet.road):
                self._over(secret)
        if len(self._rounds) + self._making >= AT_ONCE or not self._meter.allows(sender.fingerprint):
            raise TryLater("too many rounds are under way")
        self._making += 1
        try:
            hole = await road.hole(self._observers(packet.road), packet.fresh)
        finally:
            self._making -= 1
        if packet.secret in self._rounds:
            hole.close()
            raise Usage("that secret is in use")
        agreed = self._rounds[packet.secret] = _Round(sender.fingerprint, packet.road, hole, places)
        agreed.timer = self._clock.callLater(WAITS, self._over, packet.secret)
        return Punch(packet.road, packet.secret, (str(hole.place),), packet.fresh)

    async def begin(self, sender: Sender, packet: PunchNow, exchange: IExchange) -> Packet:
        """Begin it."""
        agreed = self._rounds.get(packet.secret)
        if agreed is None or agreed.fingerprint != sender.fingerprint or agreed.timer is None:
            raise Refused("not_found", "no round of that secret is agreed")
        agreed.timer.cancel()
        agreed.timer = None
        background(self._let_in(agreed, packet.secret), lambda why: self._log.failure("a round failed", why))
        return Ack()

    def stop(self) -> None:
        """End every round."""
        for secret in [*self._rounds]:
            self._over(secret)

    async def _let_in(self, agreed: _Round, secret: bytes) -> None:
        try:
            await agreed.hole.let_in(agreed.places, secret)
        finally:
            if self._rounds.get(secret) is agreed:
                self._over(secret)

    def _over(self, secret: bytes) -> None:
        over = self._rounds.pop(secret)
        if over.timer is not None and over.timer.active():
            over.timer.cancel()
        over.hole.close()
