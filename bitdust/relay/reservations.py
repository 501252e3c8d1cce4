"""
Who may be reached over this node, until when, and how much we carry for whom.

A reservation is a row in memory, bound to the fingerprint that the asker's link has proved.  It ends with his
last link, and with the process: who needs it asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from bitdust.errors import NoSpace, NotFound, TryLater
from bitdust.wire.packets import Carried

#: seconds that a reservation holds; it is renewed well before
HOLDS = 3600
#: what our own suppliers and customers may send through us in one circuit, and what everybody else: enough
#: for two strangers to be introduced and find a straight road
BULK = Carried(2**40, 86_400)
INTRODUCTION = Carried(128 * 1024, 120)
#: circuits at a time: from or to one of our own, from or to one stranger, of all strangers, of all together
OF_ONE, OF_STRANGER, OF_STRANGERS, ALTOGETHER = 32, 4, 16, 64


@dataclass
class Reservation:
    """
    Somebody who may be reached over us.

    @param own: he is a supplier or customer of ours.
    @param since, until: when it began and ends, in seconds of the clock.
    @param carried: bytes that went through his circuits in both directions.
    """

    fingerprint: str
    idurl: str
    own: bool
    since: float
    until: float
    circuits: int = 0
    carried: int = 0


class Reservations:
    """
    @param routes: reservations at a time; strangers get half of them.
    """

    def __init__(self, clock: IReactorTime, routes: Callable[[], int]) -> None:
        self._clock, self._routes = clock, routes
        self._kept: dict[str, Reservation] = {}
        #: circuits under way from each dialer
        self._dialing: dict[str, int] = {}
        self.circuits = self._introductions = 0
        #: bytes carried since the node has begun
        self.carried = 0

    def all(self) -> list[Reservation]:
        """Those that hold, the oldest first."""
        now = self._clock.seconds()
        return [each for each in self._kept.values() if each.until > now]

    def keep(self, fingerprint: str, idurl: str, own: bool) -> Reservation:
        """
        New, or renewed.

        @raise NoSpace: there are as many as this relay takes.
        """
        now = self._clock.seconds()
        for gone in [each for each in self._kept.values() if each.until <= now]:
            del self._kept[gone.fingerprint]
        known = self._kept.get(fingerprint)
        if known is None:
            others = [each for each in self._kept.values() if own or not each.own]
            if len(others) >= (self._routes() if own else self._routes() // 2):
                raise NoSpace("this relay takes no more reservations")
            known = self._kept[fingerprint] = Reservation(fingerprint, idurl, own, now, now)
        known.idurl, known.own, known.until = idurl, own, now + HOLDS
        return known

    def befriended(self, fingerprint: str) -> None:
        """He is one of our own now."""
        if fingerprint in self._kept:
            self._kept[fingerprint].own = True

    def release(self, fingerprint: str) -> Reservation | None:
        """It holds no longer; what it was, if there was one."""
        return self._kept.pop(fingerprint, None)

    def find(self, fingerprint: str) -> Reservation:
        """@raise NotFound: he has none."""
        known = self._kept.get(fingerprint)
        if known is None or known.until <= self._clock.seconds():
            raise NotFound(f"{fingerprint} is not reached over this relay")
        return known

    @contextmanager
    def circuit(self, dialer: str, to: Reservation, own: bool) -> Iterator[None]:
        """
        One circuit is under way.

        @param own: it is one of our own who dials or is dialed.
        @raise TryLater: there are as many as this relay carries.
        """
        most = OF_ONE if own else OF_STRANGER
        if self._dialing.get(dialer, 0) >= most or to.circuits >= most:
            raise TryLater(f"this relay carries at most {most} circuits of one node at a time")
        if self.circuits >= ALTOGETHER or (not own and self._introductions >= OF_STRANGERS):
            raise TryLater("this relay carries as many circuits as it can")
        self._count(dialer, to, own, 1)
        try:
            yield
        finally:
            self._count(dialer, to, own, -1)

    def _count(self, dialer: str, to: Reservation, own: bool, more: int) -> None:
        self.circuits += more
        to.circuits += more
        self._introductions += 0 if own else more
        self._dialing[dialer] = self._dialing.get(dialer, 0) + more
        if not self._dialing[dialer]:
            del self._dialing[dialer]
