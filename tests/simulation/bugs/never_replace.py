"""Whoever is gone keeps his seat for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.customer.doubts import Doubts
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(death=1.5, crash=1)


async def act(doubts: Doubts) -> None:
    """Nothing follows from a doubt."""


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(Doubts, "act", act):
        yield
