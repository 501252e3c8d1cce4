"""A full quota is no dead end: what is deleted is freed, and what waited for room goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.backup import reading
from bitdust.backup.retention import Policy
from bitdust.node.customer_side import CustomerSide
from tests.balance import balanced, select, settle
from tests.stories.test_repack import cleaned
from tests.world import MIB, World, look

GRANTED = 4 * MIB


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracts are for very little, and what is read at once too."""
    monkeypatch.setattr(reading, "STRETCH", 50_000)
    monkeypatch.setattr(CustomerSide, "space_each", lambda side: GRANTED)


def used(house: object) -> tuple[int, int]:
    """What a supplier has charged, of how much."""
    ((used, granted),) = select(house, "SELECT used, granted FROM customers")  # type: ignore[arg-type]
    return used, granted


@pytest.mark.usefixtures("small")
def test_full_to_the_brim(world: World) -> None:
    """
    A backup that fills its suppliers waits and says for whom; there is room left to forget, to empty what is
    mostly dead, and then the backup goes on by itself.
    """
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(**{f"f{i:02}": 60_000 + i for i in range(40)})
    assert alice.back_up(source).state == "committed"
    for i in range(40):
        if i % 5:
            (source / f"f{i:02}").unlink()
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    other = world.tree("other", **{f"g{i:02}": 60_000 + i for i in range(40)})
    world.wait(alice.node.backups.start_path(str(other)))
    world.run(300)
    (running,) = alice.node.backups.running()
    assert running.state.startswith("waiting for room: sup")
    for house in world.seated(alice):
        taken, granted = used(house)
        assert granted == GRANTED
        # Two blocks are kept back, and no more is wasted than the one that did not fit.
        assert granted - 4 * 270_000 < taken < granted - 2 * 256_000
    # Other work is still done, and a restart changes nothing.
    alice.restart()
    world.run(100)
    assert alice.restore(str(source), world.folder / "early").state == "done"
    assert len(world.wait(alice.node.backups.forget("0/0/0/0", Policy(last=1), False))) == 2
    assert alice.ended("backup", "0/0/0/1", 2000).state == "committed"
    cleaned(world, alice)
    balanced(world, alice)
    assert "clean" in {task.kind for task in alice.node.backups.tasks()}
    for tree in source, other:
        assert alice.restore(str(tree), world.folder / "out").state == "done"
        assert look(Path(f"{world.folder}/out{tree}")) == look(tree)


def test_more_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health tells of a backup that waits for room; more space, once it is wished for, is granted at once."""
    grant = [GRANTED]
    monkeypatch.setattr(CustomerSide, "space_each", lambda side: grant[0])
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(large=6 * MIB)
    world.wait(alice.node.backups.start_path(str(source)))
    world.run(100)
    assert any("a backup is waiting for room" in why for why in world.wait(alice.node.health()).wrong)
    grant[0] = 12 * MIB
    alice.node.settings.set("services/customer/needed-space", "2 GB")
    assert alice.ended("backup", "0/0/0/0", 100).state == "committed"
    assert [used(house)[1] for house in world.seated(alice)] == [12 * MIB] * 2
    assert not world.wait(alice.node.health()).wrong


@pytest.mark.usefixtures("small")
def test_a_full_quota_and_a_deletion(world: World) -> None:
    """An item can be deleted while a backup waits for room, and that is what it waited for."""
    world.suppliers(4)
    alice = world.customer()
    one, two = (world.tree(name, large=5 * MIB) for name in ("one", "two"))
    assert alice.back_up(one).state == "committed"
    world.wait(alice.node.backups.start_path(str(two)))
    world.run(200)
    assert alice.node.backups.running()[0].state.startswith("waiting for room")
    world.wait(alice.node.backups.delete_path(str(one)))
    assert alice.ended("backup", "0/0/0/1", 2000).state == "committed"
    settle(world, alice)
    balanced(world, alice)
    assert alice.restore(str(two), world.folder / "out").state == "done"
