"""Of a message that was deleted nothing is remembered: it is shown again when it comes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.messaging import removal
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(cut=30, away=6, crash=4).with_deeds(message=25, tidy=10)


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(removal, "is_deleted", return_value=False):
        yield
