"""
Every link of one transport, so that it can be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.defer import Deferred

from bitdust.transport.link import Link


class Links:
    """The connections that are not gone yet, oldest first."""

    def __init__(self) -> None:
        self._links: dict[Link, None] = {}
        self._waiting: list[Deferred[None]] = []

    def __len__(self) -> int:
        return len(self._links)

    def __reversed__(self) -> Iterator[Link]:
        return reversed([*self._links])

    def add(self, link: Link) -> None:
        """It begins."""
        self._links[link] = None

    def gone(self, link: Link) -> None:
        """Its connection is away."""
        self._links.pop(link, None)
        self._check()

    def close(self, why: str) -> Deferred[None]:
        """End them all; fires when the last is gone."""
        closed: Deferred[None] = Deferred()
        self._waiting.append(closed)
        for link in [*self._links]:
            link.close(why)
        self._check()
        return closed

    def _check(self) -> None:
        if not self._links:
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                one.callback(None)
