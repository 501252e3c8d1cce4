"""
Coming through two routers to a peer to whom a relay carries a link: the end that is dialed.

    asked --hole--> agreed --begin--> open --over--> gone
                       '------ 10 s ------------------^

Whoever asks has proved who he is, over that link, and not where: he could name the host of somebody else, and
be many.  So he gets so many rounds and no more, so does each host that strangers name, and all strangers
together; and they leave places to those we know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.errors import NotFound, Refused, TryLater, Usage
from bitdust.meter import Meter, household
from bitdust.router.inbox import Sender
from bitdust.router.punching import Observers, allowed
from bitdust.transport.interface import IExchange, IHole, IPuncher
from bitdust.wire.packets import Ack, Packet, Punch, PunchNow
from bitdust.wire.place import Place
from bitdust.world import background

#: rounds in so many seconds: that one peer may ask for, or strangers towards one household; of all strangers.
#: A round is some 20 packets without content: less than what the link cost whoever asks
ROUNDS, OF_STRANGERS, IN_SECONDS = 12, 60, 120.0
#: rounds under way with all peers together, and of those with strangers
AT_ONCE, WITH_STRANGERS = 16, 8
#: seconds that an agreed round waits to be begun
WAITS = 10.0


async def nobody(fingerprint: str) -> bool:
    """Everybody is a stranger."""
    return False


@dataclass(eq=False)
class _Round:
    fingerprint: str
    stranger: bool
    road: str
    hole: IHole
    places: list[Place]
    timer: IDelayedCall | None = None


class LettingIn:
    """
    @param may_reach: may this host, named by a peer, be sent to?
    @param is_known: is he a supplier, customer or correspondent of ours?
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        roads: Mapping[str, IPuncher],
        observers: Observers,
        may_reach: Callable[[str], bool],
        is_known: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._clock, self._roads = clock, roads
        self._observers, self._may_reach, self._is_known = observers, may_reach, is_known
        self._by, self._towards = Meter(clock, ROUNDS, IN_SECONDS), Meter(clock, ROUNDS, IN_SECONDS)
        self._strangers = Meter(clock, OF_STRANGERS, IN_SECONDS)
        self._rounds: dict[bytes, _Round] = {}
        #: holes that are being made: with strangers, or not
        self._making = Counter[bool]()

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
        stranger = not await self._is_known(sender.fingerprint)
        if not (self._has_room(stranger) and self._by.allows(sender.fingerprint)):
            raise TryLater("too many rounds are under way")
        if stranger and not self._may_send(places):
            raise TryLater("strangers had too many rounds of late")
        self._making[stranger] += 1
        try:
            hole = await road.hole(self._observers(packet.road), packet.fresh)
        finally:
            self._making[stranger] -= 1
        if packet.secret in self._rounds:
            hole.close()
            raise Usage("that secret is in use")
        agreed = self._rounds[packet.secret] = _Round(sender.fingerprint, stranger, packet.road, hole, places)
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

    def _has_room(self, stranger: bool) -> bool:
        under_way = self._making + Counter(each.stranger for each in self._rounds.values())
        return under_way.total() < AT_ONCE and not (stranger and under_way[True] >= WITH_STRANGERS)

    def _may_send(self, places: Sequence[Place]) -> bool:
        """May strangers have us send there once more?"""
        hosts = {household(str(place.host)) for place in places}
        return all(self._towards.allows(host) for host in sorted(hosts)) and self._strangers.allows("all")

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
