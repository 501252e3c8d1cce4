"""Towns that are closed when the test is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .town import Build, Town


@pytest.fixture
def build() -> Iterator[Build]:
    """Towns for one test."""
    towns: list[Town] = []

    def make(own: str = "", routes: int = 20) -> Town:
        towns.append(Town(own, routes))
        return towns[-1]

    yield make
    for town in towns:
        town.close()
