"""Moments as people write them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from bitdust.cli.moments import moment, shown
from bitdust.errors import Usage


def test_days_have_two_ends() -> None:
    """A day alone is its end where something happened until then, and its beginning where from then on."""
    begin = datetime(2026, 11, 20)
    assert moment("2026-11-20", until=False) == begin.timestamp()
    assert moment("2026-11-20") == pytest.approx((begin + timedelta(days=1)).timestamp(), abs=0.01)
    assert moment("2026-11-20 14:30") == begin.replace(hour=14, minute=30).timestamp()
    assert moment("2026-11-20T14:30+00:00") == 1795185000.0
    assert moment("yesterday", until=False) < moment("yesterday") < moment("today")


def test_ago() -> None:
    """Counted back from now."""
    now = time.time()
    assert moment("now") == pytest.approx(now, abs=60)
    for text, seconds in (
        ("30s ago", 30),
        ("90m", 5400),
        ("3h ago", 10800),
        ("2 days ago", 172800),
        ("1w", 604800),
    ):
        assert moment(text) == pytest.approx(now - seconds, abs=60)


@pytest.mark.parametrize("text", ["", "soon", "3", "20-11-2026", "9" * 500, "2026-13-01", "999999w ago"])
def test_nonsense(text: str) -> None:
    """What is no moment is refused."""
    with pytest.raises(Usage):
        moment(text)


def test_shown() -> None:
    """A date far out of range is told in seconds."""
    assert shown(1e30).endswith(" s")
    assert shown(0.0).startswith(("1970", "1969"))
