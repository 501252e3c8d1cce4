"""
Coming through two routers to a peer to whom a relay carries a link: the end that dials.

    hole ... the peer's hole ... "now" ... half a round trip later: begin

All roads at once, each up to three times: the second and third from fresh ports, since a router that heard
the peer before its own machine has taken that for a conversation of its own, and gives the machine another
port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError, Offline, RemoteFault, Timeout
from bitdust.router.asking import ask_on
from bitdust.transport.interface import Expected, IHole, ILink, IPuncher
from bitdust.transport.race import Race
from bitdust.wire.packets import Punch, PunchNow
from bitdust.wire.place import Place, read_place
from bitdust.world import Rng, background, give_up, pause, spawn

#: rounds of one road
ATTEMPTS = 3
#: seconds for the peer's answer: he asks others where he is seen meanwhile
ANSWERS = 12.0
_SECRET = 16

#: who may tell where we are seen, on the road of that scheme
Observers = Callable[[str], Sequence[tuple[str, Expected]]]


class Punching:
    """
    @param may_reach: may this host, named by a peer, be sent to?
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        rng: Rng,
        roads: Mapping[str, IPuncher],
        observers: Observers,
        may_reach: Callable[[str], bool],
    ) -> None:
        self._clock, self._rng, self._roads = clock, rng, roads
        self._observers, self._may_reach = observers, may_reach

    def begin(self, link: ILink, expected: Expected) -> Deferred[ILink]:
        """
        A straight link to the peer at the other end of a relayed one.

        @raise Offline: no road leads through.  @raise BadIdentity: somebody else came through.
        """
        dials = [partial(self._try, scheme, link, expected) for scheme in self._roads]
        return Race(self._clock, dials).won

    def _try(self, scheme: str, link: ILink, expected: Expected) -> Deferred[ILink]:
        return spawn(self._attempts(scheme, link, expected))

    async def _attempts(self, scheme: str, link: ILink, expected: Expected) -> ILink:
        why: BitDustError = Offline("nothing was tried")
        for attempt in range(ATTEMPTS):
            try:
                return await self._round(scheme, link, expected, fresh=attempt > 0)
            except Timeout as nothing:
                self._log.debug("round {n} over {road}: {why}", n=attempt + 1, road=scheme, why=nothing)
                why = nothing
        raise why

    async def _round(self, scheme: str, link: ILink, expected: Expected, *, fresh: bool) -> ILink:
        hole: IHole = await self._roads[scheme].hole(self._observers(scheme), fresh)
        try:
            secret = self._rng(_SECRET)
            # How far it is to him shows while he asks others where he is seen.
            pinging = link.ping()
            try:
                answer = await ask_on(
                    self._clock, link, Punch(scheme, secret, (str(hole.place),), fresh), ANSWERS
                )
            except BaseException:
                give_up(pinging)
                raise
            there_and_back = await pinging
            if not isinstance(answer, Punch):
                raise RemoteFault(f"{link.document.name} answers Punch with {type(answer).__name__}")
            places = allowed(answer.places, self._may_reach)
            background(ask_on(self._clock, link, PunchNow(secret), ANSWERS), self._unheard)
            await pause(self._clock, there_and_back / 2)
            return await hole.dial(places, secret, expected)
        finally:
            hole.close()

    def _unheard(self, why: Failure) -> None:
        # That the round comes to nothing is told where it is waited for.
        if not isinstance(why.value, BitDustError | CancelledError):
            self._log.failure("a round was begun in an unforeseen way", why)


def allowed(places: Sequence[str], may_reach: Callable[[str], bool]) -> list[Place]:
    """
    Those that may be sent to.

    @raise RemoteFault: one is no place, or none of them may.
    """
    read = [read_place(text) for text in places]
    good = [place for place in read if may_reach(str(place.host))]
    if not good:
        raise RemoteFault(f"no place in a public network: {', '.join(places)}")
    return good
