"""What failed is tried again at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.router.pauses import FLOOR, Pauses
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(death=1.5, away=2)


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(Pauses, "__call__", return_value=FLOOR):
        yield
