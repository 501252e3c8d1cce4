"""A fresh world for each story."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.balance import settle
from tests.stories.steps import Scene
from tests.world import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        # Every story must bear it that threads take their time, too: `LATE=1 pytest tests/stories`.
        if os.environ.get("LATE"):
            world.answer_late()
        yield world


@pytest.fixture
def scene(world: World) -> Scene:
    """Somebody with a safe version of a folder."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(same=100_000, changing=10, deep__er__small=3000, empty=b"")
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    return world, alice, source
