"""The network falls in two for a week, and comes together again."""

from __future__ import annotations

import pytest

from bitdust.transport import silence
from tests.stories.test_oversight import DAY, HOUR, seats, told
from tests.world import World, look


def test_half_of_the_network_for_a_week(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """T64: nobody is let go before his day is over; afterwards there is one set, and no byte moved twice."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"file{n}": 200_000 for n in range(30)})
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    alice.customer.oversight.auditor.stop()
    before = seats(world, alice)
    spare = world.suppliers(4, "spare")
    here = {alice.place, *(house.place for house in [*before[:2], *spare[:3]] if house)}
    there = {house.place for house in world.houses.values()} - here
    stored = sum(house.shelf_used() for house in world.seated(alice))
    moved = sum(world.network.bytes.values())
    world.network.partition(here, there)
    world.run(DAY - HOUR)
    assert seats(world, alice) == before
    assert told(alice, "supplier.doubted") == []
    world.run(6 * DAY + HOUR)
    during = seats(world, alice)
    assert during[:2] == before[:2]
    assert set(during[2:]) <= set(spare[:3])
    alice.until_safe(HOUR)
    world.network.heal()
    world.run(2 * DAY)
    assert seats(world, alice) == during
    alice.until_safe(HOUR)
    # Those who lost their seats have heard of it, and keep nothing.
    assert [house.shelf_used() for house in before[2:] if house] == [0, 0]
    # A fourth of what is stored is made again for each of two, from two fourths.
    model = 2 * (2 + 1) / 4 * stored
    assert sum(world.network.bytes.values()) - moved < 2 * model
    world.away(*[house for house in during[:2] if house])
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / f"out{source}") == look(source)
