"""A supplier who was replaced is let go before anybody else has his pieces."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.catalog import holdings
from bitdust.catalog.rows import peer
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(crash=1, cut=1).with_deeds(backup=0.5, restless=0.5)

_replace = holdings.replace_supplier


def replace_supplier(c: sqlite3.Connection, old: str, new: str) -> int:
    """The old one holds nothing from now on."""
    moved = _replace(c, old, new)
    c.execute("DELETE FROM placements WHERE peer = ?", (peer(c, old),))
    return moved


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(holdings, "replace_supplier", replace_supplier):
        yield
