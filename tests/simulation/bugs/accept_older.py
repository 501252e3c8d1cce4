"""A recovery takes any catalog that is shown to it, and not the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.backup import recovery
from bitdust.catalog.head import Head
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(burn=3, away=6, crash=2).with_deeds(backup=4)


def newest(heads: list[Head]) -> Head | None:
    """The oldest."""
    return min(heads, key=lambda head: head.place, default=None)


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(recovery, "newest", newest):
        yield
