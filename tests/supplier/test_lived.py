"""The time that a supplier has lived through."""

from __future__ import annotations

import sqlite3
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from bitdust.database import Database
from bitdust.supplier.lived import DAY, Lived
from bitdust.world import spawn


class Shelf:
    """The one row, and both clocks; `begin` is a life."""

    def __init__(self) -> None:
        self.clock, self.ahead = Clock(), 0.0
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute("CREATE TABLE lived (seconds REAL, high REAL)")
        self._connection.execute("INSERT INTO lived VALUES (0, 0)")

    def __call__(self, work: Any, *arguments: object) -> Deferred[Any]:
        return succeed(work(self._connection, *arguments))

    read = __call__

    def begin(self) -> Lived:
        lived = Lived(self.clock, lambda: 1e9 + self.clock.seconds() + self.ahead)
        spawn(lived.open(cast(Database, self)))
        return lived


def test_the_first_life_counts_however_it_ends() -> None:
    """Killed before anything was written down: what was to wait for an hour does not wait for two."""
    shelf = Shelf()
    first = shelf.begin()
    shelf.clock.advance(3600)
    assert first() == 3600
    second = shelf.begin()
    shelf.clock.advance(10)
    assert second() == 3610


def test_no_wall_clock_makes_it_pass() -> None:
    shelf = Shelf()
    lived = shelf.begin()
    shelf.ahead = 3650 * DAY
    shelf.clock.advance(60)
    assert lived() <= DAY
    spawn(lived.settle(cast(Database, shelf), 0.0))
    shelf.clock.advance(60)
    assert lived() <= DAY + 60
    assert shelf.begin()() <= DAY + 60
