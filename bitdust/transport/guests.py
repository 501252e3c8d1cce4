"""
Who may stay of those who dialed us, when there are more than we have places.

    at the door --HELLO--> inside --nothing asked for long, and places are short--> sent away
         '--too many there: the oldest of the household that has most is turned away

Whoever comes is let to the door: only HELLO says who he is, and a crowd of strangers must shut out nobody who
belongs here.  Inside, partners have their places; strangers have what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection

from twisted.logger import Logger

from bitdust.errors import TryLater
from bitdust.meter import household
from bitdust.transport.link import Link
from bitdust.world import background

#: at the door at a time; inside; and of one household, both, partners not counted
DOOR, INSIDE, PER_HOST = 128, 512, 100
#: seconds after the last question from which on a stranger is idle
IDLE = 60.0

#: fingerprints of those whose links have a place in any case
Partners = Callable[[], Awaitable[Collection[str]]]


async def nobody() -> Collection[str]:
    """There are no partners."""
    return ()


class Guests:
    """Of one road.  Who counts as one household, `meter` says."""

    _log = Logger()

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        #: the household of each, those who came first first
        self._door: dict[Link, str] = {}
        self._inside: dict[Link, str] = {}
        self._tidying = False

    def came(self, link: Link, host: str) -> None:
        """Somebody has dialed; who has been at the door for longest may have to go for him."""
        where = household(host)
        crowd = Counter(self._door.values())
        if crowd[where] and crowd[where] + self._of(where) >= PER_HOST:
            self._turn_away(where)
        elif len(self._door) >= DOOR:
            self._turn_away(crowd.most_common(1)[0][0])
        self._door[link] = where

    def greeted(self, link: Link) -> None:
        """It is known who he is; he is inside, and it is looked who has to go."""
        self._inside[link] = self._door.pop(link)
        if not self._tidying and (len(self._inside) > INSIDE or self._of(self._inside[link]) > PER_HOST):
            self._tidying = True
            background(self._tidy(), lambda why: self._log.failure("making room for guests broke", why))

    def gone(self, link: Link) -> None:
        """His connection is away."""
        self._door.pop(link, None)
        self._inside.pop(link, None)

    def _of(self, where: str) -> int:
        return sum(each == where for each in self._inside.values())

    def _turn_away(self, where: str) -> None:
        link = next(link for link, its in self._door.items() if its == where)
        del self._door[link]
        self._log.debug("{address} has to leave the door: too many are there", address=link.address)
        link.refuse(TryLater("too many are at the door"))

    async def _tidy(self) -> None:
        try:
            partners = await self._partners()
            while (link := self._superfluous(partners)) is not None:
                del self._inside[link]
                link.close("no place is left for strangers of whom nothing is heard")
        finally:
            self._tidying = False

    def _superfluous(self, partners: Collection[str]) -> Link | None:
        """Who has to go now; None: there is room for all."""
        strangers = {
            link: where for link, where in self._inside.items() if link.document.fingerprint not in partners
        }
        crowded = {where for where, number in Counter(strangers.values()).items() if number > PER_HOST}
        if crowded:
            return _least([link for link, where in strangers.items() if where in crowded])
        if len(self._inside) > INSIDE:
            return _least([*strangers] or [*self._inside])
        return None


def _least(links: list[Link]) -> Link:
    """Who has asked nothing for longest; where all are at it, who came last."""
    idlest = max(links, key=lambda link: link.unused())
    return idlest if idlest.unused() >= IDLE else links[-1]
