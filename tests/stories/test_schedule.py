"""Backups that begin by themselves."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import NotFound, Usage
from bitdust.programs import Ended
from tests.world import House, World

METHODS = all_methods()


def call(world: World, house: House, method: str, *args: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args))


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2)


def count(house: House, path_id: str) -> int:
    return len(house.versions(path_id))


def test_every_four_hours(world: World, alice: House) -> None:
    """Set by path, new to the catalog: one version every four hours, also over a restart and a power cut."""
    answer = call(world, alice, "schedule_set", str(world.tree(a=1000)), "every 4h")
    item = answer["path_id"]
    assert count(alice, item) == 0
    world.run(3.9 * 3600)
    assert count(alice, item) == 0
    world.run(0.2 * 3600)
    assert count(alice, item) == 1
    alice.restart()
    world.run(4 * 3600)
    assert count(alice, item) == 2
    alice.crash()
    alice.start()
    world.run(8 * 3600)
    assert count(alice, item) == 4
    [row] = call(world, alice, "schedules_list")
    assert (row["path_id"], row["rule"], row["trouble"], len(row["next"])) == (item, "every 4h", "", 5)
    assert 0 < row["next"][0] - alice.wall() <= 4 * 3600


def test_what_was_missed_is_made_up_once(world: World, alice: House) -> None:
    """A node that was off for three days backs up once when it is back, not eighteen times."""
    item = call(world, alice, "schedule_set", str(world.tree(a=1000)), "every 4h")["path_id"]
    alice.stop()
    world.run(3 * 86400.0)
    alice.start()
    world.run(600.0)
    assert count(alice, item) == 1
    world.run(4 * 3600.0)
    assert count(alice, item) == 2


@pytest.mark.parametrize("skew", [10 * 365 * 86400.0, -10 * 365 * 86400.0, 3600.0, -3600.0])
def test_a_clock_that_jumps(world: World, alice: House, skew: float) -> None:
    """T26: however the clock on the wall is set, at most one backup too many, and they go on."""
    item = call(world, alice, "schedule_set", str(world.tree(a=1000)), "every 4h")["path_id"]
    world.run(5 * 3600.0)
    assert count(alice, item) == 1
    alice.skew = skew
    world.run(8.5 * 3600.0)
    assert 2 <= count(alice, item) <= 4
    alice.skew = 0.0
    before = count(alice, item)
    world.run(8.5 * 3600.0)
    assert before + 1 <= count(alice, item) <= before + 3


def test_a_disk_that_is_not_there(world: World, alice: House) -> None:
    """A folder that has gone is said to be; when it is back, it is backed up within a minute or two."""
    source = world.tree(a=1000)
    item = call(world, alice, "schedule_set", str(source), "every 1h")["path_id"]
    aside = source.with_name("aside")
    shutil.move(source, aside)
    world.run(3 * 3600.0)
    [row] = call(world, alice, "schedules_list")
    assert "No such file" in row["trouble"]
    assert count(alice, item) == 0
    shutil.move(aside, source)
    world.run(150.0)
    assert count(alice, item) == 1
    assert call(world, alice, "schedules_list")[0]["trouble"] == ""


def test_changed_and_removed(world: World, alice: House) -> None:
    """Another rule takes the place of the first; without one nothing begins; what is deleted rests."""
    source = world.tree(a=1000)
    item = call(world, alice, "schedule_set", str(source), "every 1h")["path_id"]
    assert call(world, alice, "schedule_set", item, "every 2h")["path_id"] == item
    world.run(1.5 * 3600.0)
    assert count(alice, item) == 0
    world.run(1.0 * 3600.0)
    assert count(alice, item) == 1
    call(world, alice, "schedule_remove", item)
    world.run(10 * 3600.0)
    assert count(alice, item) == 1
    with pytest.raises(NotFound, match="no schedule"):
        call(world, alice, "schedule_remove", item)
    with pytest.raises(Usage, match="no schedule"):
        call(world, alice, "schedule_set", item, "now and then")
    call(world, alice, "schedule_set", item, "every 1h")
    call(world, alice, "backup_delete_id", item)
    assert call(world, alice, "schedules_list") == []
    world.run(3 * 3600.0)
    assert alice.node.backups.running() == []


def test_two_at_a_time_of_one(world: World, alice: House) -> None:
    """A backup that is still under way when its time comes is not begun once more, nor after it."""
    source = world.tree(a=3_000_000)
    alice.node.settings.set("services/network/send-limit", 700)
    item = call(world, alice, "schedule_set", str(source), "every 1h")["path_id"]
    world.run(2.5 * 3600.0)
    assert len(alice.node.backups.running()) + len(alice.node.backups.queue()) == 1
    alice.node.settings.set("services/network/send-limit", 0)
    world.run(600.0)
    assert count(alice, item) == 1


def failing(house: House) -> None:
    house.programs.outcome = lambda *_: Ended(9, "")


def test_what_fails_is_said_and_tried_again(world: World, alice: House) -> None:
    """
    A timed backup that failed is a trouble, also after a restart, is tried again and not in a storm, and is
    none any more when one has come through.
    """
    item = call(world, alice, "schedule_set", str(world.tree(a=1000)), "daily at 03:00")["path_id"]
    call(world, alice, "policy_set", item, ["hold"])
    world.until(lambda: call(world, alice, "schedules_list")[0]["outcome"] == "", 5.0)
    failing(alice)
    world.until(lambda: alice.programs.ran, 25 * 3600.0)
    world.run(10.0)
    health = call(world, alice, "process_health")
    assert health["state"] == "behind"
    assert any("the last backup failed" in each["what"] and each["next"] for each in health["warnings"])
    [row] = call(world, alice, "schedules_list")
    assert (row["outcome"], "failed" in row["trouble"], bool(row["remedy"])) == ("failed", True, True)
    assert row["next"][0] - alice.wall() <= 300.0
    before = len(alice.programs.ran)
    world.run(6 * 3600.0)
    assert 5 <= len(alice.programs.ran) - before <= 10
    alice.restart()
    failing(alice)
    assert call(world, alice, "process_health")["state"] == "behind"
    alice.programs.outcome = lambda *_: Ended(0, "")
    world.until(lambda: alice.versions(item), 2 * 3600.0)
    world.run(60.0)
    assert not [each for each in call(world, alice, "process_health")["wrong"] if "failed" in each]
    [row] = call(world, alice, "schedules_list")
    assert (row["outcome"], row["trouble"]) == ("committed", "")
    assert count(alice, item) == 1


def test_one_that_does_not_end(world: World, alice: House) -> None:
    """A backup that rests for a day though the next was due is a trouble, and it is said where to look."""
    item = call(world, alice, "schedule_set", str(world.tree(a=1000)), "every 4h")["path_id"]
    call(world, alice, "tasks_pause")
    world.run(20 * 3600.0)
    assert call(world, alice, "schedules_list")[0]["trouble"] == ""
    world.run(12 * 3600.0)
    assert "has not ended" in call(world, alice, "schedules_list")[0]["trouble"]
    assert any("bitdust tasks" in each for each in call(world, alice, "process_health")["next"])
    call(world, alice, "tasks_resume")
    world.until(lambda: alice.versions(item), 600.0)
    world.run(60.0)
    assert call(world, alice, "schedules_list")[0]["trouble"] == ""
