"""Rules in words, and the moments they mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.backup.schedule import LEAST, MOST, Schedule, parse
from bitdust.errors import Usage


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock on the wall is that of Berlin: summer time from 2026-03-29 02:00 to 2026-10-25 03:00."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("every 4h", 14400), ("Every  30 minutes", 1800), ("every day", 86400), ("every 2 weeks", 1209600)],
)
def test_every_so_often(text: str, seconds: int) -> None:
    """So many minutes, hours, days or weeks after the last time."""
    assert parse(text).next(1000.0, 2) == [1000.0 + seconds, 1000.0 + 2 * seconds]


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("daily at 03:00", ["2026-11-25T03:00", "2026-11-26T03:00"]),
        ("daily at 12:30", ["2026-11-24T12:30", "2026-11-25T12:30"]),
        ("mon, thu at 21:30", ["2026-11-26T21:30", "2026-11-30T21:30"]),
        ("monday and Tuesday 9:15", ["2026-11-30T09:15", "2026-12-01T09:15"]),
        ("weekdays at 12:00", ["2026-11-25T12:00", "2026-11-26T12:00"]),
        ("weekends 08:00", ["2026-11-28T08:00", "2026-11-29T08:00"]),
        ("tue at 12:00", ["2026-12-01T12:00", "2026-12-08T12:00"]),
    ],
)
def test_at_a_time(text: str, moments: list[str]) -> None:
    """On the days named, by the clock on the wall; the moment itself is not behind itself."""
    assert parse(text).next(at("2026-11-24T12:00"), 2) == [at(moment) for moment in moments]


@pytest.mark.parametrize("text", ["on change", " On  CHANGE ", "when changed"])
def test_on_change(text: str) -> None:
    """Whenever something has changed, and at no time of the clock."""
    schedule = parse(text)
    assert (schedule.text, schedule.on_change, schedule.seconds) == ("on change", True, 0)


@pytest.mark.usefixtures("berlin")
def test_summer_time() -> None:
    """Once a day, also on the day without that hour, and on the one that has it twice."""
    found = parse("daily at 02:30").next(at("2026-03-28T12:00"), 2)
    assert [datetime.fromtimestamp(each).isoformat() for each in found] == [
        "2026-03-29T03:30:00",
        "2026-03-30T02:30:00",
    ]
    found = parse("daily at 02:30").next(at("2026-10-24T12:00"), 2)
    assert [datetime.fromtimestamp(each).date().isoformat() for each in found] == ["2026-10-25", "2026-10-26"]
    assert found[1] - found[0] == 25 * 3600


@pytest.mark.parametrize(
    "text",
    [
        *("", "often", "every", "every 0h", "every 4 minutes", "every 60 weeks", "every 9999999h"),
        *("daily", "daily at 25:00", "daily at 03:60", "daily at 3", "daily at 03:00" + " " * 200),
        *("noday at 03:00", "mo at 03:00", "mon, at at 03:00", "m\u0000n at 03:00", "x" * 10_000),
    ],
)
def test_what_is_no_rule(text: str) -> None:
    """It is refused in words, however long it is."""
    with pytest.raises(Usage) as told:
        parse(text)
    assert len(told.value.message) < 120


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """A rule, whose times come, or refused."""
    try:
        schedule = parse(text)
    except Usage:
        return
    assert schedule.on_change or 1e9 < schedule.after(1e9) <= 1e9 + max(MOST, 8 * 86400)


@given(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59), st.floats(1e9, 2e9))
def test_never_in_the_past(day: int, hour: int, minute: int, moment: float) -> None:
    """The next time lies ahead, at most eight days and an hour; and it is the day that was meant."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    schedule: Schedule = parse(f"{names[day]} at {hour}:{minute:02}")
    found = schedule.after(moment)
    assert moment < found <= moment + timedelta(days=8, hours=1).total_seconds()
    assert datetime.fromtimestamp(found).weekday() == day
    assert LEAST > 0
