"""Suppliers are audited, and whatever they show is good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.customer.audit import Auditor
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(liar=1, wipe=1)


async def show(auditor: Auditor, *asked: object) -> bool:
    """All is well."""
    return True


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(Auditor, "_show", show):
        yield
