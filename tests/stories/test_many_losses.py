"""More are gone than a commit can do without, and no more than the shape bears: all is made whole."""

from __future__ import annotations

import pytest

from bitdust.transport import link
from tests.stories.test_oversight import DAY, HOUR, seats
from tests.world import World


def test_three_of_seven_die_in_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of seven are left: too few to commit anything, enough to bring everybody's pieces back."""
    monkeypatch.setattr(link, "QUIET", 900.0)
    world.suppliers(7)
    alice = world.customer(n=7)
    source = world.tree(letter=700_000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    dead = world.seated(alice)[1:4]
    world.suppliers(4, "spare")
    for house in dead:
        house.crash()
        world.run(4 * HOUR)
    world.run(2 * DAY)
    assert not {*dead} & {*seats(world, alice)}
    assert None not in seats(world, alice)
    alice.until_safe(HOUR)
