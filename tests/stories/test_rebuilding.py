"""When what was lost is made again: at once if it is in danger, else when it disturbs nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.backup import rebuilder
from bitdust.backup.rebuilder import LAZY, threshold
from bitdust.catalog import holdings
from bitdust.supplier import customers
from bitdust.transport import link
from tests.world import House, World

HOUR = 3600.0


def lose(world: World, alice: House, houses: list[House]) -> None:
    """All that these keep is gone at one moment, and alice looks again."""
    for house in houses:
        for file in house.shelf_files():
            file.unlink()
        world.wait(house.service.shelf.db(lambda c: c.execute("DELETE FROM pieces")))
        world.wait(house.service.shelf.db(customers.recount))
    alice.customer.monitor.restart()


def safe(world: World, monkeypatch: pytest.MonkeyPatch, n: int) -> tuple[House, Path]:
    monkeypatch.setattr(link, "QUIET", 900.0)
    world.suppliers(n)
    alice = world.customer(n=n)
    source = world.tree(a=600_000, b=500_000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    return alice, source


def missing(alice: House) -> int:
    return int(alice.read(holdings.count_missing))


def test_a_large_set_waits_for_more_losses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 one is lost: nothing is fetched for hours; then it is made whole all the same."""
    alice, _ = safe(world, monkeypatch, 13)
    lose(world, alice, world.seated(alice)[:1])
    world.until(lambda: missing(alice) > 0, HOUR)
    count = missing(alice)
    world.run(LAZY - 2 * HOUR)
    assert missing(alice) == count
    assert alice.customer.rebuilder.blocks_rebuilt == 0
    alice.until_safe(4 * HOUR)


def test_at_the_threshold_it_is_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 three are lost: that is the threshold, and all is whole again within the hour."""
    alice, _ = safe(world, monkeypatch, 13)
    assert threshold(13, 7) == 10
    lose(world, alice, world.seated(alice)[:3])
    alice.until_safe(HOUR)


def test_the_users_work_goes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 one is lost while a backup is under way: nothing is fetched before its end, and then soon."""
    monkeypatch.setattr(rebuilder, "LAZY", 0.0)
    alice, _ = safe(world, monkeypatch, 13)
    more = world.tree("more", large=3_000_000)
    for house in world.seated(alice):
        world.network.speed(20_000, alice.place, house.place)
    world.wait(alice.node.backups.start_path(str(more)))
    gone = world.seated(alice)[0]
    lose(world, alice, [gone])
    assert alice.customer.queue.is_working()

    def over() -> bool:
        if alice.customer.queue.is_working():
            assert alice.customer.rebuilder.blocks_rebuilt == 0
            return False
        return True

    world.until(lambda: missing(alice) > 0, HOUR)
    assert not over()
    world.until(over, HOUR)
    alice.until_safe(HOUR)
