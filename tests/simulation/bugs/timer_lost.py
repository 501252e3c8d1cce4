"""After a restart nobody calls the roll any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.customer.attendance import Attendance
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(crash=8, death=1.5)

_start = Attendance.start


@contextmanager
def planted() -> Iterator[None]:
    seen: set[str] = set()

    def start(attendance: Attendance) -> None:
        """Only in the first life."""
        home = attendance._db._path
        if home not in seen:
            _start(attendance)
        seen.add(home)

    with mock.patch.object(Attendance, "start", start):
        yield
