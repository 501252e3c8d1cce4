"""
Who may be reached over this node, until when, and what a circuit to him may be.

A reservation is a row in memory, bound to the fingerprint that the asker's link has proved.  It ends with his
last link, and with the process: who needs it asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from twisted.internet.interfaces import IReactorTime

from bitdust.errors import NoSpace, NotFound
from bitdust.relay.asker import Asker
from bitdust.wire.packets import Carried

#: seconds that a reservation holds; it is renewed well before
HOLDS = 3600
#: reservations of strangers in one household: somebody may have two machines
OF_HOUSEHOLD = 2
#: what our own suppliers and customers may send through us in one circuit, and what everybody else: enough
#: for two strangers to be introduced and find a straight road
BULK = Carried(2**40, 86_400)
INTRODUCTION = Carried(128 * 1024, 120)


@dataclass
class Reservation:
    """
    Somebody who may be reached over us.

    @param asker: who he is, and where.
    @param since, until: when it began and ends, in seconds of the clock.
    @param carried: bytes that went through his circuits in both directions.
    """

    asker: Asker
    idurl: str
    since: float
    until: float
    circuits: int = 0
    carried: int = 0

    @property
    def fingerprint(self) -> str:
        """Whose it is."""
        return self.asker.fingerprint

    @property
    def own(self) -> bool:
        """He is a supplier or customer of ours."""
        return self.asker.own


class Reservations:
    """
    @param routes: reservations at a time; strangers get half of them, and those of one network half of that.
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

    def keep(self, asker: Asker, idurl: str) -> Reservation:
        """
        New, or renewed.

        @raise NoSpace: there are as many as this relay takes.
        """
        now = self._clock.seconds()
        for gone in [each for each in self._kept.values() if each.until <= now]:
            del self._kept[gone.fingerprint]
        known = self._kept.get(asker.fingerprint)
        if known is None:
            if not self._has_room(asker):
                raise NoSpace("this relay takes no more reservations")
            known = self._kept[asker.fingerprint] = Reservation(asker, idurl, now, now)
        known.asker, known.idurl, known.until = asker, idurl, now + HOLDS
        return known

    def _has_room(self, asker: Asker) -> bool:
        routes = self._routes()
        if asker.own or len(self._kept) >= routes:
            return len(self._kept) < routes
        strangers = [each.asker for each in self._kept.values() if not each.own]
        near = sum(each.neighbourhood == asker.neighbourhood for each in strangers)
        his = sum(each.household == asker.household for each in strangers)
        return len(strangers) < routes // 2 and near < (routes // 2 + 1) // 2 and his < OF_HOUSEHOLD

    def befriended(self, fingerprint: str) -> None:
        """He is one of our own now."""
        known = self._kept.get(fingerprint)
        if known is not None:
            known.asker = replace(known.asker, own=True)

    def release(self, fingerprint: str) -> Reservation | None:
        """It holds no longer; what it was, if there was one."""
        return self._kept.pop(fingerprint, None)

    def find(self, fingerprint: str) -> Reservation:
        """@raise NotFound: he has none."""
        known = self._kept.get(fingerprint)
        if known is None or known.until <= self._clock.seconds():
            raise NotFound(f"{fingerprint} is not reached over this relay")
        return known
