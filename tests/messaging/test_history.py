"""What is kept of those who write, however much they write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.errors import NoSpace
from bitdust.messaging import history
from bitdust.messaging.history import MOST_OF_STRANGER, add_incoming, listed
from bitdust.messaging.schema import SCHEMA

SENT = 100_000


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for script in SCHEMA:
        connection.executescript(script)
    yield connection
    connection.close()


def came(c: sqlite3.Connection, peer: str, number: int, *, known: bool = False, text: str = "hello") -> bool:
    """A message came; is it kept?"""
    id = number.to_bytes(16, "big")
    try:
        return add_incoming(c, peer, f"http://example.org/{peer}.xml", id, text, float(number), known=known)
    except NoSpace:
        return False


def test_a_hundred_thousand_of_a_stranger(c: sqlite3.Connection) -> None:
    """T33: his quota is kept and no more; what is listed is that, and what a friend wrote."""
    kept = sum(came(c, "stranger", number) for number in range(SENT))
    assert kept == MOST_OF_STRANGER
    assert came(c, "friend", SENT, known=True)
    (count,) = c.execute("SELECT count(*) FROM messages").fetchone()
    assert count == MOST_OF_STRANGER + 1
    assert [row.peer for row in listed(c, 1000, 0.0, None)] == ["stranger"] * MOST_OF_STRANGER + ["friend"]
    assert [row.peer for row in listed(c, 1000, 0.0, "friend")] == ["friend"]


def test_many_strangers(c: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """T33: all strangers together have their bytes, and leave a friend's alone."""
    monkeypatch.setattr(history, "BYTES_OF_STRANGERS", 50_000)
    kept = sum(came(c, f"stranger {number // 50}", number, text="x" * 100) for number in range(2000))
    assert kept == 500
    assert came(c, "friend", SENT, known=True, text="x" * 1000)
