"""
Who may be reached over this node, until when, and what a circuit to him may be.

A reservation is a row in memory, bound to the fingerprint that the asker's link has proved.  It ends with his
last link, and with the process: who needs it asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from bitdust.errors import NoSpace, NotFound
from bitdust.wire.packets import Carried

#: seconds that a reservation holds; it is renewed well before
HOLDS = 3600
#: what our own suppliers and customers may send through us in one circuit, and what everybody else: enough
#: for two strangers to be introduced and find a straight road
BULK = Carried(2**40, 86_400)
INTRODUCTION = Carried(128 * 1024, 120)


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
