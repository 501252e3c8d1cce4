"""Work that a part begins and nobody waits for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.internet.task import Clock
from twisted.logger import LogEvent, Logger, LogLevel
from twisted.python.failure import Failure

from bitdust.background import SOON, Rounds, put_off
from bitdust.errors import NoSpace


@pytest.mark.parametrize(
    ("trouble", "level"),
    [
        (NoSpace("the disk is full"), LogLevel.warn),
        (OSError(5, "the disk is ill"), LogLevel.warn),
        (KeyError("a bug"), LogLevel.critical),
    ],
)
def test_what_a_disk_says_is_no_fault_of_the_program(trouble: Exception, level: object) -> None:
    told: list[LogEvent] = []
    put_off(Logger(observer=told.append), "an audit")(Failure(trouble))  # type: ignore[arg-type, no-untyped-call]
    assert [event["log_level"] for event in told] == [level]


def _rounds(every: float) -> tuple[Clock, Rounds, Callable[[], list[float]]]:
    clock = Clock()
    begun: list[float] = []
    rounds = Rounds(clock, lambda: begun.append(clock.seconds()), every)
    return clock, rounds, lambda: begun


def test_the_first_round_is_soon() -> None:
    """Who runs for minutes a day has one each day."""
    clock, rounds, begun = _rounds(1800.0)
    rounds.start()
    clock.pump([60.0] * 40)
    assert begun() == [SOON, SOON + 1800.0]
    rounds.stop()
    clock.pump([60.0] * 100)
    assert len(begun()) == 2
    assert not clock.getDelayedCalls()


def test_a_stop_before_the_first_round() -> None:
    clock, rounds, begun = _rounds(10.0)
    rounds.start()
    clock.advance(5.0)
    rounds.stop()
    clock.advance(100.0)
    assert begun() == []
    assert not clock.getDelayedCalls()
