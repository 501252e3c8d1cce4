"""
Having others try whether they can reach us.

A few are asked, far away and far from each other, when nobody that far away has tried yet, and now and then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.errors import BitDustError
from bitdust.reach.claims import Claim
from bitdust.reach.scopes import scope_of
from bitdust.reach.standpoint import TCP, Standpoint
from bitdust.transport.interface import ILink
from bitdust.wire.packets import DialBack, DialledBack, Packet
from bitdust.world import background, give_up, pause

#: how many are asked
ASKED = 2
#: seconds until they are asked again: at the least, and anyway
AGAIN, ANYWAY = 60.0, 1800.0
#: seconds before they are asked: links of one moment come together
GATHER = 2.0


class Inquiry:
    """
    @param links: the links that are up, each with what its other end claims of us.
    @param ask: puts the question to a peer.
    @param told: called when somebody has answered.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        standpoint: Standpoint,
        links: Callable[[], Iterable[tuple[ILink, Claim]]],
        ask: Callable[[str, DialBack], Awaitable[Packet]],
        told: Callable[[], None],
    ) -> None:
        self._clock, self._standpoint, self._links = clock, standpoint, links
        self._question, self._told = ask, told
        self._asked_at = float("-inf")
        self._asking: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """From now on it is asked now and then."""
        self._wait(ANYWAY)

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if self._asking is not None:
            give_up(self._asking)

    def forget(self) -> None:
        """Who was asked before says nothing now."""
        self._asked_at = float("-inf")

    def is_due(self) -> bool:
        """Has nobody tried yet who is as far away as the farthest whom we have a link to?"""
        farthest = max((scope_of(claim.at.host) for _, claim in self._links()), default=None)
        tried = max(self._standpoint.proofs.widest(self._clock.seconds()))
        return farthest is not None and tried < farthest

    def ask(self) -> None:
        """Ask some, unless that is being done or was done a moment ago."""
        if self._asking is not None and not self._asking.called:
            return
        if (wait := self._asked_at + AGAIN - self._clock.seconds()) > 0:
            self._wait(wait)
            return
        self._asking = background(
            self._ask_some(), lambda why: self._log.failure("nobody could be asked to dial back", why)
        )

    def _wait(self, seconds: float) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._clock.callLater(seconds, self.ask)

    async def _ask_some(self) -> None:
        await pause(self._clock, GATHER)
        asked = self._whom()
        self._wait(ANYWAY)
        if asked:
            self._asked_at = self._clock.seconds()
        for claim in asked:
            contacts = self._standpoint.to_try(claim.seen)
            try:
                answer = await self._question(claim.observer, DialBack(contacts))
            except BitDustError as why:
                self._log.debug("{who} does not dial back: {why}", who=claim.observer, why=why.message)
                continue
            if isinstance(answer, DialledBack):
                now = self._clock.seconds()
                for contact in contacts:
                    self._standpoint.proofs.add(contact, claim.at.host, contact in answer.reached, now)
                self._told()

    def _whom(self) -> list[Claim]:
        """One of each neighbourhood; not over UDP, if there is a choice: our router may know him."""
        chosen: dict[str, Claim] = {}
        for _, claim in sorted(
            self._links(), key=lambda each: (-scope_of(each[1].at.host), each[0].transport_name != TCP)
        ):
            chosen.setdefault(claim.neighbourhood, claim)
        return [*chosen.values()][:ASKED]
