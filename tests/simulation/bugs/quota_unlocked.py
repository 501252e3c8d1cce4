"""The quota is looked at before the room is spoken for: what is arriving does not count."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

from bitdust.supplier import quota
from bitdust.supplier.customers import Customer
from tests.simulation.plan import SMALL

MIX = replace(SMALL.with_mix(crash=10, cut=10).with_deeds(backup=24), days=0.5, greedy=True)

_reserve = quota.reserve


def reserve(c: sqlite3.Connection, customer: Customer, *rest: object) -> tuple[int, str]:
    """As if nobody else were at it."""
    (arriving,) = c.execute(
        "SELECT coalesce(sum(charge), 0) FROM arrivals WHERE customer = ?", (customer.fingerprint,)
    ).fetchone()
    return _reserve(c, replace(customer, used=customer.used - arriving), *rest)  # type: ignore[arg-type]


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(quota, "reserve", reserve):
        yield
