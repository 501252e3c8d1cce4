"""Restore drills: a sample comes back from the suppliers, and it is said what did not."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import Conflict, NotFound, Offline, Usage
from tests.world import KIB, MIB, House, World

METHODS = all_methods()
DAY = 86400


def call(house: House, method: str, *args: Any) -> Any:
    return house.world.wait(METHODS[method](house.node, *args))


def drilled(house: House, *args: Any) -> Any:
    """The task of a drill, when it has ended."""
    number = call(house, "verify_start", *args)["task"]
    house.world.until(lambda: house.task(number).state in ("done", "failed", "cancelled"), 1200)
    return house.task(number)


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(4)
    house = world.customer(n=4)
    source = world.tree("some", a=3 * MIB, b__c=100 * KIB, d=b"", e=5)
    assert house.back_up(source).state == "committed"
    house.until_safe()
    return house


def test_all_of_it(world: World, alice: House) -> None:
    """Every byte comes from the suppliers, and nothing else than what was backed up is said."""
    task = drilled(alice, None, 2**40)
    size = 3 * MIB + 100 * KIB + 5
    assert (task.state, task.files, task.done, task.total, task.skipped) == ("done", 3, size, size, 0)
    [row] = call(alice, "drills_list")
    assert (row["files"], row["bytes"], row["wrong"]) == (3, size, 0)
    assert alice.wall() - 1 < row["time"] <= alice.wall()
    health = call(alice, "process_health")
    assert (health["verified"], health["state"]) == (row, "safe")


def test_a_sample(world: World, alice: House) -> None:
    """About as many bytes as asked for, of one version of each item."""
    source = world.tree("many", **{f"f{i}": 50 * KIB for i in range(200)})
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    task = drilled(alice, str(source), 2 * MIB)
    assert 1 * MIB < task.done < 4 * MIB
    assert task.skipped == 0


@pytest.mark.parametrize("wanted", [1, 1000])
def test_the_smallest_sample(world: World, alice: House, wanted: int) -> None:
    """However little is asked for, something is read: a drill of nothing would be no drill."""
    for _ in range(5):
        task = drilled(alice, None, wanted)
        assert (task.state, task.skipped) == ("done", 0)
        assert min(task.files, task.done) >= 1
    assert all(row["files"] for row in call(alice, "drills_list"))


def test_nothing_to_read(world: World, alice: House) -> None:
    """Where no file holds anything, the drill has failed and takes no other one's place."""
    assert drilled(alice).state == "done"
    before = call(alice, "drills_list")
    source = world.tree("empty", a=b"", b=b"")
    assert alice.back_up(source).state == "committed"
    task = drilled(alice, str(source))
    assert (task.state, task.error) == ("failed", NotFound.id)
    assert call(alice, "drills_list") == before


def test_holes_are_not_asked_for(world: World, alice: House) -> None:
    """A file that is nearly all hole counts with what it holds: the sample is of that."""
    source = world.tree("holes", a=8 * MIB)
    with (source / "sparse").open("wb") as file:
        file.truncate(10 * 1024 * MIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    task = drilled(alice, str(source), 16 * MIB)
    assert (task.done, task.total) == (8 * MIB, 8 * MIB)


def test_small_files_cost_what_they_hold(world: World, alice: House) -> None:
    """500 files of 2 KB come in about as many bytes as they have, not a leaf from each supplier for each."""
    source = world.tree("small", **{f"f{i:03}": 2 * KIB for i in range(500)})
    assert alice.back_up(source).state == "committed"
    alice.until_safe()

    def received() -> int:
        return sum(count for (_, to), count in world.network.bytes.items() if to == alice.place)

    before = received()
    task = drilled(alice, str(source), 2**40)
    assert (task.files, task.done, task.skipped) == (500, 500 * 2 * KIB, 0)
    assert received() - before < 2 * task.done


def test_what_does_not_come_back(world: World, alice: House) -> None:
    """Three of four shelves rot unseen: it is said which files, in the drill and in health."""
    for house in world.seated(alice)[:3]:
        for path in house.shelf_files():
            path.write_bytes(bytes(path.stat().st_size))
    task = drilled(alice, None, 2**40)
    assert task.skipped > 0
    assert "some/a of version" in task.message
    health = call(alice, "process_health")
    assert any("did not come back" in line and "some/a" in line for line in health["wrong"])
    assert any("bitdust verify" in line for line in health["next"])


def test_who_is_away_for_a_moment_is_waited_for(world: World, alice: House) -> None:
    """Three of four suppliers leave in the middle, and come back: no file is said to be lost for that."""
    gone = world.seated(alice)[:3]
    number = call(alice, "verify_start", None, 2**40)["task"]
    world.away(*gone)
    world.run(25)
    assert alice.task(number).state == "verifying"
    world.back(*gone)
    assert alice.ended("verify", alice.task(number).path_id).state == "done"
    [row] = call(alice, "drills_list")
    assert (row["wrong"], row["note"]) == (0, "")


def test_nobody_is_there(world: World, alice: House) -> None:
    """No supplier: the drill failed, which says nothing of the files, and is not written down."""
    world.away(*world.seated(alice))
    task = drilled(alice)
    assert (task.state, task.error, call(alice, "drills_list")) == ("failed", Offline.id, [])


def test_by_itself_every_week(world: World, alice: House) -> None:
    """A week after the first version, and each week after the last drill, over a restart; never when 0."""
    world.run(6.9 * DAY)
    assert call(alice, "drills_list") == []
    world.run(0.3 * DAY)
    assert len(call(alice, "drills_list")) == 1
    alice.restart()
    world.run(6.5 * DAY)
    assert len(call(alice, "drills_list")) == 1
    world.run(0.7 * DAY)
    assert len(call(alice, "drills_list")) == 2
    call(alice, "config_set", "services/backups/verify-days", 0)
    world.run(8 * DAY)
    assert len(call(alice, "drills_list")) == 2


def test_refused(world: World, alice: House) -> None:
    """A sample of nothing, something unknown, a second one at a time."""
    with pytest.raises(Usage):
        call(alice, "verify_start", None, 0)
    with pytest.raises(NotFound):
        call(alice, "verify_start", "/no/such/path")
    number = call(alice, "verify_start")["task"]
    with pytest.raises(Conflict, match="under way"):
        call(alice, "verify_start")
    call(alice, "tasks_pause", number)
    world.run(100)
    assert alice.task(number).state == "paused"
    call(alice, "tasks_resume", number)
    world.until(lambda: alice.task(number).state == "done", 600)


def test_nothing_is_backed_up(world: World) -> None:
    """There is nothing to verify, and it says so."""
    world.suppliers(2)
    with pytest.raises(NotFound, match="nothing is backed up"):
        call(world.customer(n=2), "verify_start")


def test_a_version_that_goes_meanwhile(world: World, alice: House) -> None:
    """Deleted while it is verified: that is no damage.  Cancelled: it is not written down."""
    number = call(alice, "verify_start", None, 2**40)["task"]
    call(alice, "tasks_pause", number)
    world.run(60)
    [version] = alice.versions("0/0/0/0")
    call(alice, "backup_delete_id", version.backup_id)
    world.run(60)
    call(alice, "tasks_resume", number)
    world.until(lambda: alice.task(number).state == "done", 600)
    assert alice.task(number).skipped == 0
    assert len(call(alice, "drills_list")) == 1
    assert alice.back_up(world.tree("other", a=MIB)).state == "committed"
    alice.until_safe()
    number = call(alice, "verify_start")["task"]
    call(alice, "tasks_pause", number)
    call(alice, "tasks_cancel", number)
    world.until(lambda: alice.task(number).state == "cancelled", 60)
    assert len(call(alice, "drills_list")) == 1
    with pytest.raises(NotFound):
        call(alice, "tasks_cancel", 12345)
    with pytest.raises(Conflict, match="cancelled"):
        call(alice, "tasks_cancel", number)
