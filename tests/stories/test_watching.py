"""Backups of what has changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.api.methods import all_methods
from bitdust.programs import Ended
from tests.world import House, World

METHODS = all_methods()
QUIET, LONGEST = 30.0, 600.0


def call(world: World, house: House, method: str, *args: Any, **more: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args, **more))


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2)


@pytest.fixture
def source(world: World) -> Path:
    return world.tree(a=1000, b__c=1000)


@pytest.fixture
def item(world: World, alice: House, source: Path) -> str:
    """A watched folder, backed up once, and quiet for a while."""
    found = call(world, alice, "schedule_set", str(source), "on change")["path_id"]
    world.until(lambda: alice.versions(found))
    world.run(120.0)
    assert len(alice.versions(found)) == 1
    return str(found)


def count(house: House, item: str) -> int:
    return len(house.versions(item))


def row(world: World, house: House) -> Any:
    [found] = call(world, house, "schedules_list")
    return found


def test_after_a_change(world: World, alice: House, source: Path, item: str) -> None:
    """Once when it is set; then once some quiet time after each change, and never without one."""
    world.run(3 * 86400.0)
    assert count(alice, item) == 1
    assert (row(world, alice)["rule"], row(world, alice)["next"]) == ("on change", [])
    alice.watches.write(source / "new")
    world.run(QUIET - 5)
    assert count(alice, item) == 1
    assert row(world, alice)["next"][0] == pytest.approx(alice.wall() + 5, abs=1)
    world.run(15.0)
    assert count(alice, item) == 2
    world.run(3600.0)
    assert count(alice, item) == 2


def test_what_changes_on(world: World, alice: House, source: Path, item: str) -> None:
    """What never rests is backed up at the latest so long after its first change; then again, and again."""
    for _ in range(int(2.5 * LONGEST / 10)):
        alice.watches.write(source / "a", b"x")
        world.run(10.0)
    assert count(alice, item) == 3
    world.run(120.0)
    assert count(alice, item) == 4


def test_settings(world: World, alice: House, source: Path, item: str) -> None:
    """Both times are settings."""
    call(world, alice, "config_set", "services/backups/change-quiet-seconds", 300)
    alice.watches.write(source / "a", b"x")
    world.run(200.0)
    assert count(alice, item) == 1
    call(world, alice, "config_set", "services/backups/change-longest-seconds", 250)
    world.run(60.0)
    alice.watches.write(source / "a", b"y")
    world.run(30.0)
    assert count(alice, item) == 2


def test_what_is_left_out(world: World, alice: House, source: Path, item: str) -> None:
    """What no backup takes along causes none: by the settings, the item, or the folder's own file."""
    call(world, alice, "exclude_add", "*.log")
    call(world, alice, "policy_set", item, excludes=["cache/"])
    world.run(200.0)
    before = count(alice, item)
    alice.watches.write(source / "b" / ".bitdustignore", b"*.tmp\n")
    world.run(120.0)
    assert count(alice, item) == before + 1
    alice.watches.write(source / "x.log")
    alice.watches.write(source / "b" / "y.tmp")
    alice.watches.write(source / "cache" / "z")
    (source / "b" / "y.tmp").unlink()
    alice.watches.tell(source / "b" / "y.tmp")
    world.run(3600.0)
    assert count(alice, item) == before + 1
    assert str(source / "cache") not in alice.watches.folders()
    alice.watches.write(source / "b" / "y.txt")
    world.run(60.0)
    assert count(alice, item) == before + 2


def test_the_nodes_own_folder(world: World, alice: House) -> None:
    """A folder that holds the node's own: what the node writes causes no backup."""
    (alice.world.folder / "suitcase").mkdir()
    item = call(world, alice, "schedule_set", str(world.folder), "on change")["path_id"]
    world.until(lambda: alice.versions(item))
    world.run(120.0)
    assert not [folder for folder in alice.watches.folders() if folder.startswith(str(alice.home))]
    before = count(alice, item)
    alice.watches.tell(alice.home)
    world.run(120.0)
    assert count(alice, item) == before


def test_new_folders(world: World, alice: House, source: Path, item: str) -> None:
    """What comes in folders that came later counts, too, and in those that were moved there."""
    alice.watches.write(source / "d" / "e" / "f")
    world.run(60.0)
    assert count(alice, item) == 2
    assert str(source / "d" / "e") in alice.watches.folders()
    alice.watches.write(source / "d" / "e" / "g")
    world.run(60.0)
    assert count(alice, item) == 3
    outside = world.tree("outside", deep__x=10)
    shutil.move(outside, source / "inside")
    alice.watches.tell(source / "inside")
    world.run(60.0)
    assert count(alice, item) == 4
    alice.watches.write(source / "inside" / "deep" / "y")
    world.run(60.0)
    assert count(alice, item) == 5


def test_more_than_can_be_told(world: World, alice: House, source: Path, item: str) -> None:
    """When the system has forgotten what it could not tell, all is looked at, and watched, anew."""
    (source / "d").mkdir()
    (source / "d" / "e").write_bytes(b"1")
    alice.watches.overflow()
    world.run(60.0)
    assert count(alice, item) == 2
    assert str(source / "d") in alice.watches.folders()


def test_during_a_backup(world: World, alice: House, source: Path, item: str) -> None:
    """Changes while it runs cause one more after it, and only one; two of an item never run or wait."""
    alice.node.settings.set("services/network/send-limit", 700)
    (source / "large").write_bytes(bytes(range(256)) * 4)
    alice.watches.write(source / "large", world.tree("other", x=500_000).joinpath("x").read_bytes())
    world.until(lambda: alice.node.backups.running(), 60.0)
    for number in range(100):
        alice.watches.write(source / "small", b"%d" % number)
        world.run(5.0)
        assert len(alice.node.backups.running()) + len(alice.node.backups.queue()) == 1
    assert count(alice, item) == 1
    alice.node.settings.set("services/network/send-limit", 0)
    world.run(300.0)
    assert count(alice, item) == 3


def test_paused(world: World, alice: House, source: Path, item: str) -> None:
    """While all backups rest nothing is lined up twice; afterwards one backup has everything."""
    call(world, alice, "tasks_pause")
    for number in range(20):
        alice.watches.write(source / "a", b"%d" % number)
        world.run(60.0)
    assert (len(alice.node.backups.queue()), count(alice, item)) == (1, 1)
    call(world, alice, "tasks_resume")
    world.run(300.0)
    assert count(alice, item) in (2, 3)


def test_over_a_restart(world: World, alice: House, source: Path, item: str) -> None:
    """After a restart, or a power cut, it is backed up once, whatever has changed, and watched on."""
    alice.stop()
    (source / "while it was off").write_bytes(b"1")
    alice.start()
    world.run(120.0)
    assert count(alice, item) == 2
    alice.crash()
    alice.start()
    world.run(120.0)
    assert count(alice, item) == 3
    alice.watches.write(source / "a")
    world.run(60.0)
    assert count(alice, item) == 4


def test_a_folder_that_comes_and_goes(world: World, alice: House, source: Path, item: str) -> None:
    """What has gone is said to be, and does no harm; what is back is backed up at once and watched again."""
    aside = source.with_name("aside")
    shutil.move(source, aside)
    alice.watches.tell(source, True)
    world.run(600.0)
    assert "No such file" in row(world, alice)["trouble"]
    assert (count(alice, item), alice.watches.folders()) == (1, set())
    shutil.move(aside, source)
    world.run(90.0)
    assert (count(alice, item), row(world, alice)["trouble"]) == (2, "")
    alice.watches.write(source / "a")
    world.run(60.0)
    assert count(alice, item) == 3
    # Another one in its place, as when a disk is mounted there: nobody tells.
    shutil.copytree(source, aside)
    shutil.rmtree(source)
    shutil.move(aside, source)
    world.run(90.0)
    assert count(alice, item) == 4
    alice.watches.write(source / "b" / "z")
    world.run(60.0)
    assert count(alice, item) == 5


def test_not_there_at_the_start(world: World, alice: House, source: Path, item: str) -> None:
    """A disk that is plugged in after the node was started."""
    alice.stop()
    aside = source.with_name("aside")
    shutil.move(source, aside)
    alice.start()
    world.run(300.0)
    assert count(alice, item) == 1
    shutil.move(aside, source)
    world.run(90.0)
    assert count(alice, item) == 2


def test_too_few_watches(world: World, alice: House, source: Path) -> None:
    """It is backed up every quarter of an hour; health says which setting to raise; then it is watched."""
    alice.watches.most = 1
    item = call(world, alice, "schedule_set", str(source), "on change")["path_id"]
    world.run(60.0)
    assert (count(alice, item), alice.watches.folders()) == (1, set())
    health = call(world, alice, "process_health")
    assert any(str(source) in each and "not watched" in each for each in health["wrong"])
    assert any("sudo sysctl fs.inotify.max_user_watches=" in each for each in health["next"])
    assert "every 15 minutes" in row(world, alice)["trouble"]
    assert 0 < row(world, alice)["next"][0] - alice.wall() <= 900
    world.run(3600.0)
    assert count(alice, item) == 5
    alice.watches.most = 100
    world.run(900.0)
    assert (count(alice, item), row(world, alice)["trouble"]) == (6, "")
    assert not any("not watched" in each for each in call(world, alice, "process_health")["wrong"])
    world.run(7200.0)
    assert count(alice, item) == 6
    alice.watches.write(source / "a")
    world.run(60.0)
    assert count(alice, item) == 7


def test_a_file(world: World, alice: House, source: Path) -> None:
    """A single file is watched where it lies: another name beside it is none of its business."""
    item = call(world, alice, "schedule_set", str(source / "a"), "on change")["path_id"]
    world.run(60.0)
    assert count(alice, item) == 1
    alice.watches.write(source / "other")
    world.run(300.0)
    assert count(alice, item) == 1
    (source / "a~").write_bytes(b"saved")
    (source / "a~").rename(source / "a")
    alice.watches.tell(source / "a")
    world.run(60.0)
    assert count(alice, item) == 2


def test_with_commands(world: World, alice: House, source: Path, item: str) -> None:
    """What the commands write into the folder does not make backups for ever; what others change counts."""

    def run(words: list[str], environment: dict[str, str]) -> Ended:
        if words[0] == "dump":
            alice.watches.write(source / "fresh" / "dump", environment["BITDUST_VERSION"].encode())
        else:
            shutil.rmtree(source / "fresh")
            alice.watches.tell(source / "fresh", True)
        return Ended(0, "")

    alice.programs.outcome = run
    call(world, alice, "policy_set", item, ["dump"], ["clear"])
    alice.watches.write(source / "a", b"1")
    world.run(1800.0)
    assert count(alice, item) == 2
    alice.watches.write(source / "a", b"2")
    world.run(60.0)
    assert count(alice, item) == 3
    found = call(world, alice, "versions_find", "dump", f"{item}/{alice.versions(item)[-1].label}")
    assert len(found["found"]) == 1
    world.run(86400.0)
    assert count(alice, item) <= 3 + 24


def test_while_the_command_before_runs(world: World, alice: House, source: Path, item: str) -> None:
    """What changes until the backup begins to look, it sees: there is not another one for that."""
    waiting: Deferred[Ended] = Deferred()
    alice.programs.outcome = lambda words, _: waiting
    call(world, alice, "policy_set", item, ["dump"])
    alice.watches.write(source / "a", b"1")
    world.run(300.0)
    alice.watches.write(source / "b" / "new" / "x", b"1")
    world.run(300.0)
    waiting.callback(Ended(0, ""))
    world.run(600.0)
    assert count(alice, item) == 2
    assert str(source / "b" / "new") in alice.watches.folders()


def test_another_rule(world: World, alice: House, source: Path, item: str) -> None:
    """With another rule, without one, or without the item, nothing is watched any more."""
    call(world, alice, "schedule_set", item, "every 4h")
    world.run(1.0)
    assert alice.watches.folders() == set()
    call(world, alice, "schedule_set", item, "on change")
    world.run(1.0)
    assert alice.watches.folders() == {str(source), str(source / "b")}
    call(world, alice, "schedule_remove", item)
    world.run(1.0)
    assert alice.watches.folders() == set()
    call(world, alice, "schedule_set", item, "on change")
    world.run(60.0)
    call(world, alice, "backup_delete_id", item)
    world.run(120.0)
    assert alice.watches.folders() == set()


def test_a_change_right_behind_another(world: World, alice: House, source: Path, item: str) -> None:
    """Within the second in which it is not said again: a backup that begins between them is not the last."""
    alice.watches.write(source / "a", b"1")
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: alice.node.backups.running())
    begun = world.clock.seconds()
    alice.watches.write(source / "a", b"22")
    world.run(300.0)
    assert world.clock.seconds() - begun < 301
    assert count(alice, item) == 3


def test_a_flood(world: World, alice: House, source: Path, item: str) -> None:
    """A thousand changes in a moment are said once; a new folder among them is found all the same."""
    for number in range(1000):
        alice.watches.write(source / f"x{number % 10}", b"%d" % number)
    alice.watches.write(source / "new" / "y")
    world.run(60.0)
    assert count(alice, item) == 2
    alice.watches.write(source / "new" / "y", b"again")
    world.run(60.0)
    assert count(alice, item) == 3


def test_what_fails(world: World, alice: House, source: Path, item: str) -> None:
    """A backup on change that failed is a trouble, and is tried again though nothing changes."""
    call(world, alice, "policy_set", item, ["hold"])
    world.run(120.0)
    alice.programs.outcome = lambda *_: Ended(9, "")
    alice.watches.write(source / "a")
    world.run(60.0)
    before = len(alice.versions(item))
    health = call(world, alice, "process_health")
    assert health["state"] == "behind"
    assert any("the last backup failed" in each for each in health["wrong"])
    assert row(world, alice)["outcome"] == "failed"
    tried = len(alice.programs.ran)
    world.run(3 * 3600.0)
    assert 3 <= len(alice.programs.ran) - tried <= 7
    alice.programs.outcome = lambda *_: Ended(0, "")
    world.run(3700.0)
    assert (count(alice, item), row(world, alice)["trouble"]) == (before + 1, "")
    assert call(world, alice, "process_health")["state"] == "safe"


def test_what_has_gone_is_a_trouble(world: World, alice: House, source: Path, item: str) -> None:
    """A watched folder that is not there any more is said in health, with what to do."""
    shutil.move(source, source.with_name("aside"))
    alice.watches.tell(source, True)
    world.run(120.0)
    health = call(world, alice, "process_health")
    assert health["state"] == "behind"
    assert any("No such file" in each["what"] and item in each["next"] for each in health["warnings"])
