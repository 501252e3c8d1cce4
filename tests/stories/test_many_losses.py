"""More are gone than a commit can do without, and no more than the shape bears: all is made whole."""

from __future__ import annotations

import pytest

from bitdust.transport import silence
from tests.stories.test_oversight import DAY, HOUR, seats
from tests.world import World


def test_two_at_once_are_fetched_for_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Two of seven are gone: they are replaced one after the other, but each block comes in once: k pieces.
    """
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(7)
    alice = world.customer(n=7)
    source = world.tree(letter=6_000_000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    for file in source.iterdir():
        file.unlink()
    dead = world.seated(alice)[1:3]
    world.suppliers(2, "spare")
    for house in dead:
        house.crash()
    world.run(23 * HOUR)
    before = sum(size for (_, to), size in world.network.bytes.items() if to == alice.place)
    world.until(lambda: not {*dead} & {*seats(world, alice)} and None not in seats(world, alice), 6 * HOUR)
    alice.until_safe(HOUR)
    moved = sum(size for (_, to), size in world.network.bytes.items() if to == alice.place) - before
    assert 6_000_000 < moved < 8_000_000


def test_three_of_seven_die_in_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of seven are left: too few to commit anything, enough to bring everybody's pieces back."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
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
