"""How much a link hands to its road at a time."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from bitdust.transport.batch import FIRST, LEAST, LONG, MOST, QUICK, Batch


class Road:
    """A road that takes so many bytes a second, and all at once when it is None."""

    def __init__(self, speed: float | None) -> None:
        self.clock = Clock()
        self.told: list[int] = []
        self.batch = Batch(self.clock, self.told.append)
        self._speed = speed

    def carry(self, times: int) -> int:
        """So many batches; the size that was found."""
        for _ in range(times):
            if self._speed is None:
                self.batch.taken()
            else:
                self.batch.full()
                self.clock.advance(self.batch.size / self._speed)
                self.batch.emptied()
        return self.batch.size


@pytest.mark.parametrize(
    ("speed", "size"),
    [(None, MOST), (100e6, MOST), (6e6, MOST), (1e6, FIRST), (400e3, FIRST // 2), (10e3, LEAST)],
)
def test_a_batch_is_what_the_road_takes_in_a_moment(speed: float | None, size: int) -> None:
    assert Road(speed).carry(10) == size


def test_what_is_urgent_waits_no_longer_than_a_batch_takes() -> None:
    for speed in (200e3, 1e6, 3e6, 10e6):
        size = Road(speed).carry(10)
        assert size / speed <= LONG, speed


def test_the_road_is_told_of_each_new_size_once() -> None:
    road = Road(100e6)
    road.carry(10)
    assert road.told == [FIRST * 2]
    slow = Road(10e3)
    slow.carry(10)
    assert slow.told == [FIRST // 2, LEAST]


def test_a_road_that_becomes_slow_and_fast_again() -> None:
    road = Road(100e6)
    assert road.carry(3) == MOST
    road._speed = 100e3
    assert road.carry(5) == LEAST
    road._speed = 100e6
    assert road.carry(5) == MOST
    assert QUICK < LONG
