"""
source -- what a backup job reads: a tree on this disk, or a stream that somebody sends.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from bitdust.backup.excludes import Rules
from bitdust.backup.reading import Reading, Stretch
from bitdust.backup.survey import survey
from bitdust.backup.walk import Found, Skipped, Walk
from bitdust.catalog.facts import Meta
from bitdust.world import InThread

#: entries looked at in one hop
BATCH = 1000


class Source(Protocol):
    """One pass over something, for one job."""

    @property
    def unwalked(self) -> list[Skipped]:
        """What could not be walked."""

    @property
    def unread(self) -> list[Skipped]:
        """What could not be read, or not as it should be."""

    def next_batch(self, said: Mapping[bytes, Meta]) -> Deferred[list[Found]]:
        """The next entries, in the order of the catalog; none at the end.  `said`: see `Walk.next_batch`."""

    def feed(self, found: list[Found]) -> None:
        """These are to be read, in order."""

    def next_stretch(self) -> Deferred[Stretch | None]:
        """The next stretch of what was fed; None when all of that was read."""

    def survey(self, found: Callable[[int], object]) -> Coroutine[Deferred[Any], Any, None]:
        """Tell once how many bytes there are, if that can be known."""


class TreeSource:
    """
    A file or folder.

    @param chunk_key: the user's secret that chunk ids are made with.
    @param excluded: absolute paths that are left out: the node's own folders.
    """

    def __init__(
        self,
        root: bytes,
        *,
        in_thread: InThread,
        chunk_key: bytes,
        excluded: frozenset[bytes],
        now_ns: Callable[[], int],
        rules: Rules,
    ) -> None:
        self._in_thread = in_thread
        self._make_walk: Callable[[], Walk] = lambda: Walk(root, excluded, now_ns, rules=rules)
        self._walk = self._make_walk()
        self._reading = Reading(root, chunk_key, now_ns)

    @property
    def unwalked(self) -> list[Skipped]:
        return self._walk.skipped

    @property
    def unread(self) -> list[Skipped]:
        return self._reading.skipped

    def next_batch(self, said: Mapping[bytes, Meta]) -> Deferred[list[Found]]:
        return self._in_thread(self._walk.next_batch, BATCH, said)

    def feed(self, found: list[Found]) -> None:
        self._reading.feed(found)

    def next_stretch(self) -> Deferred[Stretch | None]:
        return self._in_thread(self._reading.next_stretch)

    def survey(self, found: Callable[[int], object]) -> Coroutine[Deferred[Any], Any, None]:
        return survey(self._make_walk(), self._in_thread, found)
