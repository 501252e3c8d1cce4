"""A message that comes twice is there twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.messaging import history
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(cut=30, away=6, crash=4).with_deeds(message=25)

_add = history.add_incoming


def add_incoming(c: sqlite3.Connection, peer: str, idurl: str, id: bytes, *rest: object, known: bool) -> bool:
    """Whatever comes is new."""
    (times,) = c.execute("SELECT count(*) FROM messages").fetchone()
    return _add(c, peer, idurl, id[:8] + times.to_bytes(8, "big"), *rest, known=known)  # type: ignore[arg-type]


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(history, "add_incoming", add_incoming):
        yield
