"""Suppliers die: up to n - k of them nobody notices, beyond that everybody is told the truth (T3, T8)."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from bitdust.errors import Offline
from tests.world import House, World, look

SHAPES = {2: 1, 4: 2, 7: 4}


def backed_up(world: World, n: int) -> tuple[House, list[House], Path]:
    """A customer with a safe version of a folder, and his suppliers."""
    world.suppliers(n)
    alice = world.customer(n=n)
    source = world.tree(small=10, large=700_000, deep__er__file=70_000, empty=b"")
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return alice, world.seated(alice), source


@pytest.mark.parametrize("n", SHAPES)
def test_every_subset_of_suppliers_that_may_die(world: World, n: int) -> None:
    """Whichever n - k of n = 2, 4, 7 suppliers are dead, everything comes back identical."""
    alice, seated, source = backed_up(world, n)
    expected = look(source)
    dead = 0
    for gone in combinations(seated, n - SHAPES[n]):
        world.away(*gone)
        assert not any(alice.customer.suppliers.is_connected(house.fingerprint) for house in gone)
        out = world.folder / f"out{dead}"
        task = alice.restore(str(source), out)
        assert (task.state, task.message) == ("done", "")
        assert look(Path(f"{out}{source}")) == expected
        world.back(*gone)
        world.until(lambda: world.staffed(alice, n), 1000)
        dead += 1
    assert dead == {2: 2, 4: 6, 7: 35}[n]


@pytest.mark.parametrize("n", SHAPES)
def test_one_more_than_may_die(world: World, n: int) -> None:
    """With n - k + 1 dead a restore is refused with "have, need" within 60 s, and nothing is written."""
    alice, seated, source = backed_up(world, n)
    k = SHAPES[n]
    world.away(*seated[: n - k + 1])
    began = world.clock.seconds()
    with pytest.raises(Offline, match=f"not enough pieces: have {k - 1}, need {k} of {n}") as refused:
        alice.restore(str(source), world.folder / "out")
    assert world.clock.seconds() - began < 60
    assert "supplier list" in refused.value.hint
    assert not (world.folder / "out").exists()


@pytest.mark.parametrize("n", SHAPES)
def test_one_more_than_may_die_in_the_middle(world: World, n: int) -> None:
    """When too many die during a restore it fails with the same words, and leaves no half-written file."""
    alice, seated, _ = backed_up(world, n)
    k = SHAPES[n]
    source = world.tree("large", first=300_000, huge=20_000_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    for house in seated:
        world.network.speed(2_000_000, alice.place, house.place)
    restoring = world.wait(alice.node.backups.restore(str(source), str(world.folder / "out")))
    world.until(lambda: alice.task(restoring.task).done > 4_000_000)
    began = world.clock.seconds()
    world.away(*seated[: n - k + 1])
    task = alice.ended("restore", restoring.backup_id.rpartition("/")[0])
    assert (task.state, task.error) == ("failed", "offline")
    assert f"not enough pieces: have {k - 1}, need {k} of {n}" in task.message
    assert world.clock.seconds() - began < 60
    left = [path for path in (world.folder / "out").rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {"first"}
    assert all(path.stat().st_size == 300_000 for path in left)


def test_back_in_time(world: World) -> None:
    """A restore that began with too few suppliers goes on as soon as one more is back."""
    alice, seated, source = backed_up(world, 4)
    world.away(*seated[:3])
    restoring = alice.node.backups.restore(str(source), str(world.folder / "out"))
    world.clock.callLater(8, world.back, *seated)
    task = world.wait(restoring)
    assert alice.ended("restore", task.backup_id.rpartition("/")[0]).state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_lost_data_is_an_error_too(world: World) -> None:
    """n - k + 1 suppliers that are there but have deleted everything count as gone (T3)."""
    alice, seated, source = backed_up(world, 4)
    for house in seated[:3]:
        for file in house.shelf_files():
            file.unlink()
    began = world.clock.seconds()
    task = alice.restore(str(source), world.folder / "out")
    assert (task.state, task.error) == ("failed", "offline")
    assert "not enough pieces: have 1, need 2 of 4" in task.message
    assert world.clock.seconds() - began < 60
    assert not [path for path in (world.folder / "out").rglob("*") if path.is_file() and path.stat().st_size]
