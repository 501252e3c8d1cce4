"""
We, as a relay: who may be reached over us, and the circuits that lead to him.

    dialer                        relay                        who has a reservation
      |---- Join, his bytes -------->|                                 |
      |                              |------- Knock, those bytes ----->|
      |                              |<------ Joined, his bytes -------|
      |<--- Joined, those bytes -----|                                 |

A circuit leads to nowhere but a link that its owner has made to us: no address that anybody names is dialed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime

from bitdust.errors import Denied, Offline, Refused, RemoteFault, Timeout, TryLater
from bitdust.events import Signal
from bitdust.meter import Meter
from bitdust.relay.asker import Asker
from bitdust.relay.circuits import Circuits
from bitdust.relay.reservations import BULK, INTRODUCTION, Reservation, Reservations
from bitdust.relay.splice import Splice
from bitdust.router.inbox import Handler, Sender
from bitdust.transport.interface import IExchange, ILink
from bitdust.transport.pace import Pace
from bitdust.wire.packets import Carried, Fail, Join, Joined, Knock, Packet, Priority, Reserve, Reserved

#: the name of this service: in an identity's offers
OFFER = "proxy-server"
#: seconds that somebody has to answer a knock
KNOCK = 8.0
#: circuits that one node, and one household of strangers, may begin in a minute
BEGUN, MINUTE = 30, 60.0


@dataclass(frozen=True)
class Carrying:
    """What this relay does.  Bytes are those of both directions, since the node has begun."""

    reservations: tuple[Reservation, ...]
    circuits: int
    carried: int


class RelayService:
    """
    @param link_to: the link to a peer that is up at this moment; dials nobody.
    @param is_own: is he a supplier or a customer of ours?
    @param routes: reservations at a time.
    """

    def __init__(
        self,
        clock: IReactorTime,
        link_to: Callable[[str], ILink | None],
        is_own: Callable[[str], Awaitable[bool]],
        routes: Callable[[], int],
    ) -> None:
        #: IDURL and fingerprint of somebody who is reached over us from now on, or not any more
        self.reserved: Signal[[str, str]] = Signal()
        self.released: Signal[[str, str]] = Signal()
        #: somebody has asked for his reservation, the first time or again
        self.asked: Signal[[]] = Signal()
        #: bytes a second of all circuits together
        self.pace = Pace(clock)
        self._clock, self._link_to, self._is_own = clock, link_to, is_own
        self._reservations = Reservations(clock, routes)
        self._circuits = Circuits()
        self._each, self._strangers = Meter(clock, BEGUN, MINUTE), Meter(clock, BEGUN, MINUTE)
        #: introductions under way, and whose they are
        self._introductions: dict[Splice, tuple[str, str]] = {}

    def commands(self) -> dict[type[Packet], Handler[Any]]:
        """What can be asked, for `Router.answer`."""
        return {Reserve: self.reserve, Join: self.join}

    def reached(self) -> list[Reservation]:
        """Those who are reached over us, the oldest first."""
        return self._reservations.all()

    def carrying(self) -> Carrying:
        """What it does at this moment."""
        kept = self._reservations
        return Carrying(tuple(replace(each) for each in kept.all()), len(self._circuits), kept.carried)

    def went(self, fingerprint: str) -> None:
        """His last link has ended."""
        gone = self._reservations.release(fingerprint)
        if gone is not None:
            self.released(gone.idurl, fingerprint)

    def befriended(self, fingerprint: str) -> None:
        """He is a supplier or customer of ours now: what was an introduction begins anew, on better terms."""
        self._reservations.befriended(fingerprint)
        self._circuits.befriended(fingerprint)
        for splice, whose in tuple(self._introductions.items()):
            if fingerprint in whose:
                splice.end("this relay carries more for you now")

    async def reserve(self, sender: Sender, packet: Reserve, _exchange: IExchange) -> Packet:
        """
        Somebody wants to be reached over us, or not any more.

        @raise NoSpace: there are enough of them.
        """
        _straight(sender)
        if not packet.wanted:
            self.went(sender.fingerprint)
            return Reserved(0, self._terms(False))
        asker = await self._asker(sender)
        known = {each.fingerprint for each in self._reservations.all()}
        kept = self._reservations.keep(asker, sender.document.idurl)
        if sender.fingerprint not in known:
            self.reserved(kept.idurl, kept.fingerprint)
        self.asked()
        return Reserved(int(kept.until - self._clock.seconds()), self._terms(asker.own))

    async def join(self, sender: Sender, packet: Join, exchange: IExchange) -> Packet | None:
        """
        Somebody wants to be joined to one who has a reservation.

        @raise NotFound: that one has none.  @raise Offline, Timeout, Refused: he does not answer.
        @raise TryLater: there are enough circuits.
        """
        _straight(sender)
        if not self._each.allows(sender.fingerprint):
            raise TryLater(f"this relay begins at most {BEGUN} circuits of one node a minute")
        dialer = await self._asker(sender)
        if not dialer.own and not self._strangers.allows(dialer.household):
            raise TryLater(f"this relay begins at most {BEGUN} circuits of strangers at one address a minute")
        kept = self._reservations.find(packet.peer)
        link = self._link_to(packet.peer)
        if link is None or not link.direct:
            raise Offline(f"{packet.peer} is not linked to this relay now")
        own = kept.own or dialer.own
        terms = self._terms(own)
        with self._circuits.one(dialer, kept):
            theirs = link.ask(Knock(sender.fingerprint, terms), Priority.RESTORE)
            try:
                await self._let_in(theirs)
            except BaseException:
                theirs.reset("not joined")
                raise
            exchange.reply(Joined(terms))

            def carried(size: int) -> None:
                kept.carried += size
                self._reservations.carried += size

            splice = Splice(self._clock, exchange, theirs, terms, self.pace, carried)
            if not own:
                self._introductions[splice] = (sender.fingerprint, packet.peer)
            try:
                await splice.over
            finally:
                self._introductions.pop(splice, None)
                splice.end("this relay stops")
        return None

    async def _let_in(self, theirs: IExchange) -> None:
        try:
            answer = await theirs.answer().addTimeout(KNOCK, self._clock)
        except TimeoutError:
            raise Timeout(f"whom you mean did not answer this relay in {KNOCK:.0f} s") from None
        if isinstance(answer, Fail):
            raise Refused(answer.code, answer.text)
        if not isinstance(answer, Joined):
            raise RemoteFault("whom you mean answered something else")

    async def _asker(self, sender: Sender) -> Asker:
        return Asker(sender.fingerprint, await self._is_own(sender.fingerprint), sender.link.place)

    def _terms(self, own: bool) -> Carried:
        limit = self.pace.limit
        terms = BULK if own else INTRODUCTION
        return Carried(terms.size, terms.seconds, limit.rate if limit is not None else 0)


def _straight(sender: Sender) -> None:
    if not sender.link.direct:
        raise Denied("a relay is asked over a straight link only")
