"""How long repairs take."""

from __future__ import annotations

import sqlite3

from bitdust.customer import repairs, standing
from bitdust.customer.standing import DAY

BOB, EVE = "b" * 52, "e" * 52
NOW = 20_000 * DAY


def test_what_was_measured_counts(c: sqlite3.Connection) -> None:
    """Three days are expected; one took five, the absence before it included: it is four."""
    assert repairs.seconds(c, 3 * DAY, NOW) == 3 * DAY
    standing.looked(c, [], [BOB], float(DAY), NOW)
    repairs.begin(c, BOB, NOW)
    repairs.begin(c, BOB, NOW + DAY)
    repairs.end(c, BOB, NOW + 4 * DAY)
    repairs.end(c, BOB, NOW + 9 * DAY)
    assert repairs.seconds(c, 3 * DAY, NOW + 9 * DAY) == 4 * DAY


def test_one_that_does_not_end_is_the_longest(c: sqlite3.Connection) -> None:
    """Nothing was replaced for thirty days: nobody says that it takes three.  Who is back was not lost."""
    repairs.begin(c, EVE, NOW)
    assert repairs.seconds(c, 3 * DAY, NOW + 30 * DAY) == 30 * DAY
    repairs.stop(c, EVE)
    assert repairs.seconds(c, 3 * DAY, NOW + 30 * DAY) == 3 * DAY


def test_the_last_are_remembered(c: sqlite3.Connection) -> None:
    """What took long years ago does not count for ever."""
    for number in range(repairs.LAST + 1):
        who = f"supplier {number}"
        repairs.begin(c, who, NOW + number * DAY)
        repairs.end(c, who, NOW + number * DAY + 3 * DAY)
    assert c.execute("SELECT count(*), min(at) FROM repairs").fetchone() == (repairs.LAST, NOW + 4 * DAY)
