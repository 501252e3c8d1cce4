"""
happenings -- what happened in this node lately: a ring of events with gapless ids.

The first id of a life of the node is made from the clock, so that no later life gives an id again: whoever
asks for what came after an event of an earlier life is told that he has missed something, and not that
nothing happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from bitdust.errors import TryLater
from bitdust.events import Signal
from bitdust.node.event_types import EVENT_TYPES, LOST
from bitdust.world import Wall, either

#: events that are kept
KEPT = 1000
#: those who may listen or wait at the same time
MOST_LISTENERS = 100
#: ids for each second of the clock: the node tells fewer events than that on average
PACE = 100


@dataclass(frozen=True)
class Event:
    """
    Something that happened.  `time` in Unix seconds; the values in `data` are plain, paths are bytes.
    """

    id: int
    time: float
    type: str
    data: dict[str, Any]


class Happenings:
    """The last thousand events of one node."""

    def __init__(self, clock: IReactorTime, wall: Wall) -> None:
        #: each event, as it happens
        self.happened: Signal[[Event]] = Signal()
        self.clock = clock
        self._wall = wall
        self._ring: deque[Event] = deque(maxlen=KEPT)
        self._last = int(wall()) * PACE
        self._listeners = 0

    @property
    def last(self) -> int:
        """The id of the newest event."""
        return self._last

    def tell(self, type: str, **data: Any) -> None:
        """
        It happened just now.

        @raise KeyError: there is no such type in the table.
        """
        EVENT_TYPES[type]
        self._last += 1
        event = Event(self._last, self._wall(), type, data)
        self._ring.append(event)
        self.happened(event)

    def since(self, after: int, types: Collection[str], limit: int = KEPT) -> list[Event]:
        """
        The events after that id, oldest first; one of type `events.lost` before them where some are missing.
        """
        before = self._ring[0].id if self._ring else self._last + 1
        found = []
        if after < before - 1 or after > self._last:
            found.append(Event(before - 1, self._wall(), LOST, {"after": after, "before": before}))
            after = before - 1
        # Ids have no gaps: the place of an event is its distance from the oldest.
        newer = islice(self._ring, after + 1 - before, None)
        found += islice((event for event in newer if event.type in types), limit - len(found))
        return found

    def latest(self, types: Collection[str], limit: int) -> list[Event]:
        """The newest events, oldest first."""
        found = [event for event in self._ring if event.type in types]
        return found[-limit:] if limit else []

    async def wait(self, after: int, types: Collection[str], seconds: float) -> None:
        """
        Until there is something after that id, but no longer than so many seconds.

        @raise TryLater: too many wait already.
        """
        ends = self.clock.seconds() + seconds
        stop = self.join()
        try:
            while not self.since(after, types, 1) and self.clock.seconds() < ends:
                await either(self.clock, self._next(types), ends - self.clock.seconds())
        finally:
            stop()

    def join(self) -> Callable[[], None]:
        """
        One more listens.  Answers the function that ends it, to be called once.

        @raise TryLater: too many listen already.
        """
        if self._listeners >= MOST_LISTENERS:
            raise TryLater(
                f"{MOST_LISTENERS} programs listen to events already", hint="end one of them, and try again"
            )
        self._listeners += 1

        def leave() -> None:
            self._listeners -= 1

        return leave

    def _next(self, types: Collection[str]) -> Deferred[None]:
        def heard(event: Event) -> None:
            if event.type in types:
                stop()
                waiting.callback(None)

        stop = self.happened.listen(heard)
        waiting: Deferred[None] = Deferred(lambda _: stop())
        return waiting
