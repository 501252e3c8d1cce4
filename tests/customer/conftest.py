"""What tests of suppliers' standing share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.customer import standing


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """The tables, empty."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for script in standing.SCHEMA:
        connection.executescript(script)
    yield connection
    connection.close()
