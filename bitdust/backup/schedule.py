"""
schedule -- when something is backed up by itself: a rule in words, and the moments that it means.

`every 4h`; `daily at 03:00`; `mon, thu at 21:30`; `weekdays at 12:00`; or `on change`.  Times are of the
clock on the wall of this machine, summer time and all: an hour that does not exist is the one after it, and
one that comes twice means its first time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bitdust.errors import Usage

#: seconds between two backups, at least and at most
LEAST, MOST = 300, 366 * 86400
#: longest text of a rule
LONGEST = 100
#: seconds until what failed is tried again: doubled each time, up to the second
RETRY, RETRY_SELDOM = 300.0, 3600.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_EVERY = re.compile(r"every\s+(?:(\d{1,6})\s*)?(m|h|d|w|min|minutes?|hours?|days?|weeks?)")
_AT = re.compile(r"([a-z, ]+?)\s+(?:at\s+)?(\d{1,2}):(\d{2})")
_CHANGES = frozenset(("on change", "on changes", "when changed"))
_WORDS = {
    "daily": range(7),
    "every day": range(7),
    "weekdays": range(5),
    "weekends": range(5, 7),
}


def retry_in(failures: int) -> float:
    """Seconds to rest before a backup is begun again of which so many have failed, one after the other."""
    return min(RETRY * 2.0 ** min(max(failures - 1, 0), 30), RETRY_SELDOM)


@dataclass(frozen=True)
class Schedule:
    """
    @param text: the rule as it is shown.
    @param seconds: between the end of one and the next; or 0, and at `at` on these `days` (0 is Monday).
    @param on_change: none of these, but whenever something has changed.
    """

    text: str
    seconds: int = 0
    days: frozenset[int] = frozenset()
    at: time = time()
    on_change: bool = False

    def after(self, moment: float) -> float:
        """The first moment it means behind this one; both Unix seconds."""
        if self.seconds:
            return moment + self.seconds
        begin = datetime.fromtimestamp(moment)
        for ahead in range(9):
            day = (begin + timedelta(days=ahead)).date()
            found = datetime.combine(day, self.at).timestamp()
            if day.weekday() in self.days and found > moment:
                return found
        raise AssertionError(f"{self.text} means no day")

    def next(self, moment: float, count: int) -> list[float]:
        """The first `count` of them."""
        found: list[float] = []
        while len(found) < count:
            found.append(self.after(found[-1] if found else moment))
        return found


def parse(text: str) -> Schedule:
    """@raise Usage: it is no rule."""
    words = " ".join(text[:LONGEST].lower().split())
    if words in _CHANGES and len(text) <= LONGEST:
        return Schedule("on change", on_change=True)
    if found := _EVERY.fullmatch(words):
        seconds = int(found[1] or 1) * _UNITS[found[2][0]]
        if not LEAST <= seconds <= MOST:
            raise Usage(f"{words!r} is not between 5 minutes and a year")
        return Schedule(words, seconds)
    found = _AT.fullmatch(words)
    days = _days(found[1]) if found else frozenset()
    if len(text) > LONGEST or found is None or not days or int(found[2]) > 23 or int(found[3]) > 59:
        raise Usage(
            f"{text[:60]!r} is no schedule",
            hint="write `on change`, `every 4h`, `daily at 03:00` or `mon, thu at 21:30`",
        )
    return Schedule(words, 0, days, time(int(found[2]), int(found[3])))


def _days(words: str) -> frozenset[int]:
    if words in _WORDS:
        return frozenset(_WORDS[words])
    names = [name for name in re.split(r"[, ]+|\band\b", words) if name]
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    numbers = [
        next((day for day in range(7) if len(name) >= 3 and full[day].startswith(name)), -1) for name in names
    ]
    return frozenset(numbers) if numbers and -1 not in numbers else frozenset()
