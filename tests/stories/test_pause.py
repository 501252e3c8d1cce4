"""Backups and restores that rest when their owner wants it."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import Conflict, NotFound
from tests.world import House, World, look

METHODS = all_methods()


def call(world: World, house: House, method: str, *args: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args))


def sent(world: World, house: House) -> int:
    return sum(size for (who, _), size in world.network.bytes.items() if who == house.place)


@pytest.fixture
def alice(world: World) -> House:
    """A customer whose suppliers are slow enough for a backup to take a while."""
    world.suppliers(4)
    alice = world.customer(n=4)
    call(world, alice, "config_set", "services/network/send-limit", "200 KB")
    return alice


def begin(world: World, house: House, name: str = "source", size: int = 3_000_000) -> int:
    """A backup begins; the number of its task."""
    world.wait(house.node.backups.start_path(str(world.tree(name, big=size))))
    world.run(3.0)
    return house.node.backups.tasks()[-1].id


def test_a_backup_rests_and_goes_on(world: World, alice: House) -> None:
    """A paused backup says so and sends nothing more; resumed it goes on to its end, and nothing twice."""
    number = begin(world, alice)
    assert call(world, alice, "tasks_pause", number) == {"result": "paused", "tasks": [number]}
    assert alice.task(number).state == "paused"
    world.run(30.0)
    before = sent(world, alice)
    world.run(600.0)
    assert sent(world, alice) - before < 20_000
    assert alice.task(number).state == "paused"
    assert call(world, alice, "tasks_pause", number)["tasks"] == []
    assert call(world, alice, "tasks_resume", number)["tasks"] == [number]
    assert call(world, alice, "tasks_resume", number)["tasks"] == []
    assert alice.ended("backup", alice.task(number).path_id).state == "committed"
    alice.until_safe()
    assert sent(world, alice) < 7_500_000


@pytest.mark.parametrize("crash", [False, True])
def test_it_rests_over_a_restart(world: World, alice: House, crash: bool) -> None:
    """Whether the node was stopped or its power went: what was paused is, and goes on when it is told to."""
    number = begin(world, alice)
    path_id = alice.task(number).path_id
    call(world, alice, "tasks_pause", number)
    alice.crash() if crash else alice.stop()
    alice.start()
    world.run(120.0)
    (task,) = alice.node.backups.tasks()
    assert (task.path_id, task.state) == (path_id, "paused")
    call(world, alice, "tasks_resume", task.id)
    assert alice.ended("backup", path_id).state == "committed"


def test_all_rest(world: World, alice: House) -> None:
    """Without a number all rest, and what is asked for later too, also after a restart; then all go on."""
    begin(world, alice)
    assert call(world, alice, "tasks_pause")["tasks"] == [1]
    assert call(world, alice, "tasks_pause")["tasks"] == []
    begin(world, alice, "other", 1000)
    assert [task.state for task in alice.node.backups.tasks()] == ["paused", "paused"]
    with pytest.raises(Conflict, match="all backups are paused"):
        call(world, alice, "tasks_resume", alice.node.backups.tasks()[0].id)
    alice.restart()
    world.run(60.0)
    assert [task.state for task in alice.node.backups.tasks()] == ["paused", "paused"]
    assert call(world, alice, "tasks_resume")["tasks"] == [1, 2]
    for task in alice.node.backups.tasks():
        assert alice.ended("backup", task.path_id).state == "committed"


def test_a_paused_backup_is_cancelled(world: World, alice: House) -> None:
    """Running or waiting, it ends at once, and leaves neither a version nor a file in the spool."""
    number = begin(world, alice)
    task = alice.task(number)
    call(world, alice, "tasks_pause", number)
    call(world, alice, "backup_abort_running", f"{task.path_id}/{task.version}")
    assert alice.task(number).state == "cancelled"
    assert alice.task(number).progress < 1
    call(world, alice, "tasks_pause")
    waiting = alice.task(begin(world, alice, "other", 1000))
    call(world, alice, "backup_cancel_pending", waiting.path_id)
    assert alice.task(waiting.id).state == "cancelled"
    assert alice.node.backups.queue() == []
    assert alice.node.backups.running() == []
    call(world, alice, "tasks_resume")
    assert alice.versions(task.path_id) == []


def test_a_paused_backup_lets_others_pass(world: World, alice: House) -> None:
    """Another backup does not wait for the one that rests, however few may be under way at a time."""
    call(world, alice, "config_set", "services/backups/at-once", 1)
    number = begin(world, alice)
    call(world, alice, "tasks_pause", number)
    assert alice.back_up(world.tree("other", small=1000)).state == "committed"
    assert alice.task(number).state == "paused"


def test_a_restore_rests_and_goes_on(world: World, alice: House) -> None:
    """A paused restore fetches nothing more; resumed it is complete; a paused one can be cancelled."""
    call(world, alice, "config_set", "services/network/send-limit", 0)
    source = world.tree(big=20_000_000)
    item = alice.back_up(source)
    alice.until_safe()
    call(world, alice, "config_set", "services/network/receive-limit", "1 MB")
    out = world.folder / "out"
    restoring = world.wait(alice.node.backups.restore(item.path_id, str(out)))
    world.run(5.0)
    assert call(world, alice, "tasks_pause", restoring.task)["tasks"] == [restoring.task]
    world.run(30.0)
    done = alice.task(restoring.task)
    assert done.state == "paused"
    assert 0 < done.done < 20_000_000
    world.run(300.0)
    assert alice.task(restoring.task) == done
    call(world, alice, "tasks_resume", restoring.task)
    world.until(lambda: alice.task(restoring.task).state == "done", 120)
    assert look(world.folder / f"out{source}") == look(source)
    again = world.wait(alice.node.backups.restore(item.path_id, str(world.folder / "again")))
    world.run(3.0)
    call(world, alice, "tasks_pause", again.task)
    call(world, alice, "restore_abort", again.backup_id)
    world.run(1.0)
    assert alice.task(again.task).state == "cancelled"


def test_what_cannot_rest_says_so(world: World, alice: House) -> None:
    """A number that is no task's, and a task that has ended, are refused in words."""
    with pytest.raises(NotFound, match="no task 77"):
        call(world, alice, "tasks_pause", 77)
    call(world, alice, "config_set", "services/network/send-limit", 0)
    ended = alice.back_up(world.tree(small=10))
    with pytest.raises(Conflict, match="committed"):
        call(world, alice, "tasks_pause", ended.id)


def test_health_says_that_backups_rest(world: World, alice: House) -> None:
    """Paused all together, or one of them, lined up or begun: it is said, and how they go on."""
    assert alice.back_up(world.tree("first", a=1000)).state == "committed"
    alice.until_safe()
    call(world, alice, "tasks_pause")
    health = call(world, alice, "process_health")
    assert (health["state"], "paused" in health["sentence"]) == ("safe", True)
    assert any("paused" in each["what"] and "`bitdust resume`" in each["next"] for each in health["warnings"])
    number = begin(world, alice)
    health = call(world, alice, "process_health")
    assert health["state"] == "safe"
    assert "paused" in health["monitor"]["doing"]
    call(world, alice, "tasks_resume")
    world.run(3.0)
    assert "paused" not in str(call(world, alice, "process_health"))
    call(world, alice, "tasks_pause", number)
    health = call(world, alice, "process_health")
    assert any(f"`bitdust resume {number}`" in each["next"] for each in health["warnings"])
    assert "Resting" not in health["monitor"]["doing"]


def test_health_while_a_backup_sends(world: World, alice: House) -> None:
    """What goes out for the first time is not missing: it is backing up, and says so, and does not rest."""
    assert alice.back_up(world.tree("first", a=1000)).state == "committed"
    alice.until_safe()
    begin(world, alice)
    seen = set()
    for _ in range(10):
        world.run(1.0)
        health = call(world, alice, "process_health")
        seen.add((health["state"], health["pieces_missing"], "Backing up" in health["monitor"]["doing"]))
        assert "Resting" not in health["monitor"]["doing"]
    assert seen == {("backing up", 0, True)}
