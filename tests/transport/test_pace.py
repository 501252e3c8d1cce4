"""How fast links may send, on a hand-turned clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from bitdust.transport.pace import SAVED, STEP, Pace
from bitdust.wire.packets import Priority


class Road:
    """A link that always has something to send."""

    def __init__(self, clock: Clock, pace: Pace, priority: Priority, size: int) -> None:
        self.clock, self.pace, self.priority, self.left = clock, pace, priority, size
        self.sent = 0
        self.done_at = -1.0
        self.go = self.flush

    def flush(self) -> None:
        while self.left:
            limit = self.pace.limit
            size = min(self.left, STEP if limit is None else limit.room(self.go, self.priority))
            if not size:
                return
            self.left -= size
            self.sent += size
            if limit is not None:
                limit.spend(size)
        self.done_at = self.clock.seconds()


def advance(clock: Clock, seconds: float) -> None:
    end = clock.seconds() + seconds
    while (calls := clock.getDelayedCalls()) and (due := min(call.getTime() for call in calls)) <= end:
        clock.advance(max(0.0, due - clock.seconds()))
    clock.advance(end - clock.seconds())


@settings(deadline=None, max_examples=30)
@given(st.integers(2_000, 200_000_000), st.integers(1, 5))
def test_the_rate_is_kept(rate: int, links: int) -> None:
    """Over half a minute all links together send the rate, but for a step and what was saved."""
    clock = Clock()
    pace = Pace(clock)
    pace.set(rate)
    roads = [Road(clock, pace, Priority.BACKUP, 10**12) for _ in range(links)]
    for road in roads:
        road.flush()
    advance(clock, 30.0)
    sent = sum(road.sent for road in roads)
    assert rate * 30 - rate * SAVED - STEP <= sent <= rate * 30 + STEP + rate * SAVED
    # Fair: nobody is further ahead than his turn.
    assert max(road.sent for road in roads) - min(road.sent for road in roads) <= STEP


def test_restores_go_first() -> None:
    """A restore has it all until it is done; then the backup goes on."""
    clock = Clock()
    pace = Pace(clock)
    pace.set(100_000)
    backup = Road(clock, pace, Priority.BACKUP, 10**9)
    restore = Road(clock, pace, Priority.RESTORE, 500_000)
    backup.flush()
    advance(clock, 5.0)
    before = backup.sent
    restore.flush()
    advance(clock, 4.0)
    assert backup.sent <= before + STEP
    advance(clock, 3.0)
    assert 4.0 < restore.done_at - 5.0 < 7.0
    advance(clock, 10.0)
    assert backup.sent > before + 500_000


def test_it_may_change_and_go() -> None:
    """A faster rate holds at once, however long the wait was; with none all go on, and nothing ticks."""
    clock = Clock()
    pace = Pace(clock)
    pace.set(100)
    road = Road(clock, pace, Priority.BACKUP, 10**7)
    road.flush()
    advance(clock, 1.0)
    assert road.sent == STEP
    pace.set(10**6)
    advance(clock, 1.0)
    assert road.sent == pytest.approx(10**6, abs=2 * STEP)
    pace.set(0)
    assert road.left == 0
    assert pace.limit is None
    assert clock.getDelayedCalls() == []
