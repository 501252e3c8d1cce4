"""Repair leaves the line to others for a part of the time."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from bitdust.customer.repair_pace import SLICE, RepairPace


class Bench:
    """A pace, and bytes that move one after the other at a given speed."""

    def __init__(self, share: int = 50, limit: int = 0) -> None:
        self.clock = Clock()
        self.share, self.limit = share, limit
        self.pace = RepairPace(self.clock, lambda: self.share, lambda: self.limit)
        self.opened: list[float] = []
        self.pace.opened.listen(lambda: self.opened.append(self.clock.seconds()))

    def move(self, size: int, seconds: float) -> None:
        assert self.pace.is_open()
        self.pace.begin()
        self.clock.advance(seconds)
        self.pace.end(size)


@pytest.mark.parametrize(("share", "rest"), [(50, 1.2), (25, 3.6), (80, 0.3), (100, 0.0)])
def test_it_rests_for_its_share(share: int, rest: float) -> None:
    """After more than a slice of work comes the rest that makes the share come out."""
    bench = Bench(share)
    for _ in range(3):
        bench.move(100, 0.3 * SLICE)
    assert bench.pace.is_open()
    bench.move(100, 0.3 * SLICE)
    assert not bench.pace.is_open()
    bench.clock.advance(rest - 0.01)
    assert bench.opened == []
    bench.clock.advance(0.02)
    assert len(bench.opened) == 1
    assert bench.pace.is_open()


def test_those_who_are_at_it_end_before_the_rest() -> None:
    """Several move bytes: nobody begins when the slice is over, and the rest begins with the last end."""
    bench = Bench()
    bench.pace.begin()
    bench.clock.advance(0.5)
    bench.pace.begin()
    bench.clock.advance(0.6)
    assert not bench.pace.is_open()
    bench.pace.end(1)
    bench.clock.advance(10)
    assert bench.opened == []
    bench.pace.end(1)
    bench.clock.advance(11.0)
    assert bench.opened == []
    bench.clock.advance(0.2)
    assert len(bench.opened) == 1


def test_bytes_a_second() -> None:
    """A bound in bytes holds however fast the line is; it may be changed, and lifted, at any time."""
    bench = Bench(share=100, limit=1000)
    moved = 0
    while bench.clock.seconds() < 60:
        if bench.pace.is_open():
            bench.move(400, 0.0)
            moved += 400
        else:
            bench.clock.advance(0.1)
    assert 0.9 * 60_000 < moved < 1.1 * 60_000
    bench.limit = 0
    bench.clock.advance(2)
    for _ in range(100):
        bench.move(4000, 0.0)
    # What has moved before a bound was set counts.
    bench.limit = 100_000
    assert not bench.pace.is_open()
    bench.clock.advance(4.1)
    assert bench.pace.is_open()


def test_nothing_ticks_after_the_end() -> None:
    """Stopped in a rest, and in the middle of work."""
    bench = Bench()
    bench.move(1, 2.0)
    bench.pace.stop()
    assert bench.clock.getDelayedCalls() == []
    other = Bench()
    other.pace.begin()
    other.clock.advance(2.0)
    other.pace.stop()
    other.pace.end(1)
    assert other.clock.getDelayedCalls() == []
