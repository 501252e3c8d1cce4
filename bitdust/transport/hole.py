"""
What holes of every road have in common: where they are seen, and that all of it ends with them.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from bitdust.transport.interface import Expected, IHole, ILink
from bitdust.wire.place import Place
from bitdust.world import spawn

T = TypeVar("T")


@implementer(IHole)
class Hole:
    """
    @param asked: the link that told the place, if it was made for that: it keeps the place ours.
    """

    def __init__(self, place: Place, asked: ILink | None) -> None:
        self.place = place
        self._asked = asked
        self._working: list[Deferred[Any]] = []
        self._closed = False

    def dial(self, places: Sequence[Place], secret: bytes, expected: Expected) -> Deferred[ILink]:
        return self._begin(self._dial(places, secret, expected))

    def let_in(self, places: Sequence[Place], secret: bytes) -> Deferred[None]:
        return self._begin(self._let_in(places, secret))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for work in [*self._working]:
            work.cancel()
        if self._asked is not None:
            self._asked.close("heard where we are")
        self._close()

    async def _dial(self, places: Sequence[Place], secret: bytes, expected: Expected) -> ILink:
        raise NotImplementedError

    async def _let_in(self, places: Sequence[Place], secret: bytes) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError

    def _begin(self, coroutine: Coroutine[Deferred[Any], Any, T]) -> Deferred[T]:
        work = spawn(coroutine)

        def over(result: T) -> T:
            self._working.remove(work)
            return result

        self._working.append(work)
        return work.addBoth(over)
