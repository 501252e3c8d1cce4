"""
Moments as people write them: `2026-11-20`, `2026-11-20 14:30`, `yesterday`, `3h ago`, `2w ago`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bitdust.errors import Usage

_AGO = re.compile(r"(\d{1,6})\s*(s|m|min|h|d|w|seconds?|minutes?|hours?|days?|weeks?)(\s+ago)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def moment(text: str, *, until: bool = True) -> float:
    """
    Unix seconds; local time where the text says no other.

    @param until: a day alone means its end, otherwise its beginning.
    @raise Usage: it is no moment.
    """
    now = datetime.now()
    word = text.strip().lower()
    try:
        if word == "now":
            return now.timestamp()
        if word in ("today", "yesterday"):
            day = now.date() - timedelta(days=word == "yesterday")
            return _of_day(datetime(day.year, day.month, day.day), until)
        if found := _AGO.fullmatch(word):
            return (now - timedelta(seconds=int(found[1]) * _SECONDS[found[2][0]])).timestamp()
        read = datetime.fromisoformat(text.strip())
        return (
            _of_day(read, until) if re.fullmatch(r"[\d-]+|\d{4}-?W[\d-]+", text.strip()) else read.timestamp()
        )
    except (ValueError, OverflowError, OSError):
        raise Usage(
            f"{text[:60]!r} is no moment", hint="write 2026-11-20, '2026-11-20 14:30', yesterday or '3h ago'"
        ) from None


def shown(seconds: float) -> str:
    """The local date and time."""
    try:
        return datetime.fromtimestamp(seconds).isoformat(" ", "seconds")
    except (OverflowError, OSError, ValueError):
        # The catalog is what somebody's clock made it.
        return f"{seconds:.0f} s"


def _of_day(begin: datetime, until: bool) -> float:
    return (begin + timedelta(days=1)).timestamp() - 0.001 if until else begin.timestamp()
