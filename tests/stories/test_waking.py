"""A machine sleeps, or is carried into another network, in the middle of a backup; it goes on by itself."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

import pytest

from bitdust.node.reachability import PATIENCE, SETTLE
from bitdust.reach.watch import EVERY
from tests.world import KIB, House, World, look


def sleeps(alice: House) -> None:
    """An hour passes on the wall."""
    alice.skew += 3600.0


def moves(alice: House) -> None:
    """The machine has another address."""
    alice.addresses = (ip_address("10.8.0.3"),)


@pytest.mark.parametrize("happens", [sleeps, moves])
def test_a_backup_goes_on(world: World, happens: Callable[[House], None]) -> None:
    """
    All connections are dead, and nobody says so: within seconds there are new ones, and no piece that is
    there is sent again.
    """
    world.suppliers(4)
    alice = world.house("alice", services__supplier__enabled=False)
    alice.addresses = (ip_address("192.168.0.9"),)
    alice.start()
    world.until(lambda: world.staffed(alice, 4))
    for supplier in world.seated(alice):
        world.network.speed(50 * KIB, alice.place, supplier.place)
    source = world.tree(**{f"file{n}": 200_000 for n in range(30)})
    started = world.wait(alice.node.backups.start_path(str(source)))
    before = sum(world.network.bytes.values())

    def sent() -> int:
        return sum(world.network.bytes.values()) - before

    world.until(lambda: sent() > 4_000_000, 600)
    world.network.go_dead(alice.place)
    happens(alice)
    world.run(EVERY + SETTLE + PATIENCE + 5.0)
    assert world.staffed(alice, 4), world.state()
    # Links that are only silent are given up after four minutes.
    task = alice.ended("backup", started.path_id, 120)
    assert task.state == "committed"
    alice.until_safe(600)
    stored = sum(house.shelf_used() for house in world.seated(alice))
    assert sent() < 1.35 * stored
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / f"out{source}") == look(source)
