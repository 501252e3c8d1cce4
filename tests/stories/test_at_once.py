"""Several backups and restores at once: everybody has his share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import Conflict
from tests.world import House, World, look

METHODS = all_methods()
#: bytes a second that leave the customer, and that go between him and each supplier
LIMIT = 400_000


def call(world: World, house: House, method: str, *args: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args))


def folder(world: World, name: str, size: int) -> Path:
    """So many bytes in files that are smaller than a block: pieces have about 128 KiB."""
    return world.tree(name, **{f"f{number:03}": 125_000 for number in range(size // 125_000)})


@pytest.fixture
def alice(world: World) -> House:
    """A customer with a line of some width."""
    world.suppliers(4)
    alice = world.customer(n=4)
    call(world, alice, "config_set", "services/network/send-limit", LIMIT)
    return alice


def test_a_small_backup_beside_a_huge_one(world: World, alice: House) -> None:
    """
    It takes about twice the time it would take alone, not that of the huge one, whose blocks already wait in
    the spool when it comes; and both are right.
    """
    small, huge = folder(world, "small", 1_000_000), folder(world, "huge", 40_000_000)
    going = world.wait(alice.node.backups.start_path(str(huge)))
    world.run(20.0)
    # Nearly all of it is sealed by now, and hardly any is out.
    assert alice.node.backups.running()[0].read > 30_000_000
    began = world.clock.seconds()
    task = alice.back_up(small)
    took = world.clock.seconds() - began
    alone = 2 * 1_000_000 / LIMIT
    assert task.state == "committed"
    assert took < 3 * alone + 5.0
    assert alice.node.backups.running()
    assert alice.ended("backup", going.path_id, 1000.0).state == "committed"
    for source in (small, huge):
        assert alice.restore(str(source), world.folder / "out").state == "done"
        assert look(world.folder / f"out{source}") == look(source)


def test_equal_ones_have_equal_shares(world: World, alice: House) -> None:
    """Two large ones that begin together have sent as much as each other at any time."""
    for name in ("one", "other"):
        world.wait(alice.node.backups.start_path(str(folder(world, name, 20_000_000))))
    for _ in range(8):
        world.run(10.0)
        one, other = (running.sent for running in alice.node.backups.running())
        # A piece counts when it is signed for, and so many are under way.
        assert abs(one - other) <= 8 * 2 * 131_072 + 0.1 * (one + other)
    assert one > 5_000_000


def test_no_more_than_are_wanted(world: World, alice: House) -> None:
    """The setting says how many are under way; the others wait, and come when one is done."""
    call(world, alice, "config_set", "services/backups/at-once", 2)
    started = [
        world.wait(alice.node.backups.start_path(str(folder(world, name, 3_000_000))))
        for name in ("a", "b", "c", "d")
    ]
    world.run(2.0)
    assert (len(alice.node.backups.running()), len(alice.node.backups.queue())) == (2, 2)
    call(world, alice, "config_set", "services/backups/at-once", 3)
    world.run(2.0)
    assert (len(alice.node.backups.running()), len(alice.node.backups.queue())) == (3, 1)
    with pytest.raises(Conflict):
        call(world, alice, "backup_start_id", started[3].path_id)
    for each in started:
        assert alice.ended("backup", each.path_id, 600.0).state == "committed"


@pytest.mark.parametrize("crash", [False, True])
def test_all_are_taken_up_again(world: World, alice: House, crash: bool) -> None:
    """Whatever ends the node while several are under way: each comes to its end, nothing is sent twice."""
    trees = [folder(world, name, 4_000_000) for name in ("a", "b", "c")]
    started = [world.wait(alice.node.backups.start_path(str(tree))) for tree in trees]
    world.run(15.0)
    alice.crash() if crash else alice.stop()
    alice.start()
    for each in started:
        assert alice.ended("backup", each.path_id, 600.0).state == "committed"
    alice.until_safe(600.0)
    going = sum(size for (who, _), size in world.network.bytes.items() if who.startswith("alice"))
    assert going < 2 * 12_000_000 * 1.15
    for tree in trees:
        assert alice.restore(str(tree), world.folder / "out").state == "done"
        assert look(world.folder / f"out{tree}") == look(tree)


def test_a_restore_is_not_starved(world: World, alice: House) -> None:
    """
    A restore of some bytes while a backup of a hundred times as many is under way takes at most twice the
    time that it takes alone, over lines where each byte takes its time.
    """
    call(world, alice, "config_set", "services/network/send-limit", 0)
    item = alice.back_up(folder(world, "wanted", 400_000))
    alice.until_safe()
    for supplier in world.seated(alice):
        world.network.speed(200_000, alice.place, supplier.place)

    def seconds(name: str) -> float:
        began = world.clock.seconds()
        assert alice.restore(item.path_id, world.folder / name, 600.0).state == "done"
        return world.clock.seconds() - began

    alone = seconds("alone")
    world.wait(alice.node.backups.start_path(str(folder(world, "huge", 40_000_000))))
    world.run(10.0)
    assert alice.node.backups.running()[0].sent > 0
    beside = seconds("beside")
    assert alice.node.backups.running()
    assert alone > 0.5
    assert beside < 2 * alone + 1.0
