"""A recovery takes any catalog that is shown to it, and not the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from bitdust.backup import recovery
from tests.simulation.plan import SMALL

MIX = replace(SMALL, days=3.0).with_mix(burn=8, away=40).with_deeds(backup=6)


def oldest(values: Iterable[Any], key: Callable[[Any], Any] | None = None) -> Any:
    """Of heads the oldest; of numbers the largest, as it is."""
    return max(values) if key is None else min(values, key=key)


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(recovery, "max", oldest, create=True):
        yield
