"""Commands before and after a backup."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from bitdust.api.methods import all_methods
from bitdust.errors import HookFailed, NotFound, Usage
from bitdust.programs import Ended
from tests.world import House, World

METHODS = all_methods()
BEFORE, AFTER = ["hold", "the db"], ["let", "it go"]


def call(world: World, house: House, method: str, *args: Any, **more: Any) -> Any:
    return world.wait(METHODS[method](house.node, *args, **more))


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2)


@pytest.fixture
def item(world: World, alice: House) -> str:
    """An item with both commands."""
    return str(call(world, alice, "policy_set", str(world.tree(a=1000)), BEFORE, AFTER)["path_id"])


def ran(house: House) -> list[str]:
    return [words[0] for words, _ in house.programs.ran]


def back_up(world: World, house: House, item: str) -> Any:
    world.wait(house.node.backups.start_id(item))
    return house.ended("backup", item)


def test_before_and_after(world: World, alice: House, item: str) -> None:
    """Both are run with their words and told what it is about; the one after knows what came of it."""
    task = back_up(world, alice, item)
    assert (task.state, task.warning) == ("committed", "")
    (before, told), (after, told_after) = alice.programs.ran
    assert (before, after) == (BEFORE, AFTER)
    assert told == {
        "BITDUST_HOME": str(alice.home),
        "BITDUST_ITEM": item,
        "BITDUST_PATH": str(world.folder / "source"),
        "BITDUST_VERSION": task.version,
    }
    assert told_after == {**told, "BITDUST_RESULT": "committed", "BITDUST_ERROR": ""}


def test_what_the_command_makes_is_backed_up(world: World, alice: House, item: str) -> None:
    """It has ended before the first name is looked at."""
    waiting: Deferred[Ended] = Deferred()
    alice.programs.outcome = lambda words, _: waiting if words == BEFORE else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    world.run(60.0)
    [task] = [each for each in alice.node.backups.tasks() if each.kind == "backup"]
    assert (task.state, task.files) == ("running the command before", 0)
    world.tree(dump=2000)
    waiting.callback(Ended(0, "dumped"))
    assert alice.ended("backup", item).files == 2
    alice.restore(item, world.folder / "out")
    [dump] = (world.folder / "out").rglob("dump")
    assert dump.stat().st_size == 2000


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(7, "the db is\nnot there"), "the `before` command ended with 7: the db is\nnot there"),
        (Ended(None, ""), "the `before` command took longer than 3600 s"),
        (Ended(-9, ""), "the `before` command was ended by signal 9"),
    ],
)
def test_before_fails(world: World, alice: House, item: str, ended: Ended, said: str) -> None:
    """No version, a failed task that says why; the command after is run and told; the next time it may go."""
    alice.programs.outcome = lambda words, _: ended if words == BEFORE else Ended(0, "")
    task = back_up(world, alice, item)
    assert (task.state, task.error, task.message) == ("failed", HookFailed.id, said)
    assert alice.versions(item) == []
    told = alice.programs.ran[-1][1]
    assert (ran(alice), told["BITDUST_RESULT"], told["BITDUST_ERROR"]) == (["hold", "let"], "failed", said)
    alice.programs.outcome = lambda *_: Ended(0, "")
    assert back_up(world, alice, item).state == "committed"


def test_after_fails(world: World, alice: House, item: str) -> None:
    """The version is there, and the task has a warning."""
    alice.programs.outcome = lambda words, _: Ended(0 if words == BEFORE else 3, "stuck")
    task = back_up(world, alice, item)
    assert (task.state, task.error, task.warning) == (
        "committed",
        "",
        "the `after` command ended with 3: stuck",
    )
    assert len(alice.versions(item)) == 1
    assert call(world, alice, "tasks_list")[-1]["warning"] == task.warning


def test_no_process_at_the_moment(world: World, alice: House, item: str) -> None:
    """A machine that can begin no process now is asked again, and the backup is made then."""
    outcomes: list[Any] = [fail(OSError(errno.EAGAIN, "no more")), fail(OSError(errno.ENOMEM, "no memory"))]
    alice.programs.outcome = lambda *_: outcomes.pop() if outcomes else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    task = alice.ended("backup", item)
    assert (task.state, ran(alice)) == ("committed", ["hold", "hold", "hold", "let"])


def test_aborted(world: World, alice: House, item: str) -> None:
    """Aborting ends the command before; the one after is run, and nobody waits for it."""
    waiting: Deferred[Ended] = Deferred()
    alice.programs.outcome = lambda words, _: waiting if words == AFTER else Deferred()
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: ran(alice) == ["hold"])
    call(world, alice, "backup_cancel_pending", item)
    assert alice.programs.cancelled == [BEFORE]
    assert (ran(alice), alice.programs.ran[-1][1]["BITDUST_RESULT"]) == (["hold", "let"], "cancelled")
    assert alice.node.backups.tasks()[-1].state == "running the command after"
    waiting.callback(Ended(0, ""))
    assert alice.ended("backup", item).state == "cancelled"


def test_deleted_meanwhile(world: World, alice: House, item: str) -> None:
    """An item that is deleted in the middle of its backup: the command after is run all the same."""
    alice.programs.outcome = lambda words, _: Deferred() if words == BEFORE else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: ran(alice) == ["hold"])
    call(world, alice, "backup_delete_id", item)
    world.until(lambda: ran(alice) == ["hold", "let"])
    assert call(world, alice, "policies_list") == []


def test_aborted_while_the_last_command_runs(world: World, alice: House, item: str) -> None:
    """That ends the command; the version stays."""
    alice.programs.outcome = lambda words, _: Deferred() if words == AFTER else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: ran(alice) == ["hold", "let"])
    [running] = alice.node.backups.running()
    call(world, alice, "backup_abort_running", running.backup_id)
    task = alice.ended("backup", item)
    assert (task.state, task.warning) == ("committed", "the `after` command was ended")
    assert (alice.programs.cancelled, len(alice.versions(item))) == ([AFTER], 1)


@pytest.mark.parametrize("which", [BEFORE, AFTER])
def test_the_node_ends_meanwhile(world: World, alice: House, item: str, which: list[str]) -> None:
    """The command is ended with it.  A backup that was cut off begins again with its command before."""
    alice.programs.outcome = lambda words, _: Deferred() if words == which else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: ran(alice)[-1:] == which[:1])
    alice.stop()
    assert alice.programs.cancelled == [which]
    alice.programs.outcome = lambda *_: Ended(0, "")
    alice.start()
    world.until(lambda: alice.versions(item))
    world.run(60.0)
    assert ran(alice) == (["hold", "hold", "let"] if which == BEFORE else ["hold", "let"])
    assert len(alice.versions(item)) == 1


def test_after_a_power_cut(world: World, alice: House, item: str) -> None:
    """The power goes in the middle: both commands are run around the backup that is taken up."""
    alice.programs.outcome = lambda words, _: Deferred() if words == BEFORE else Ended(0, "")
    world.wait(alice.node.backups.start_id(item))
    world.until(lambda: ran(alice) == ["hold"])
    alice.crash()
    alice.programs.outcome = lambda *_: Ended(0, "")
    alice.start()
    world.until(lambda: ran(alice) == ["hold", "hold", "let"])
    assert len(alice.versions(item)) == 1


def test_names_that_are_no_text(world: World, alice: House) -> None:
    """A name that is no UTF-8 is told as it is; what is told of an error any program can be handed."""
    folder = os.fsencode(world.folder) + b"/caf\xe9"
    os.mkdir(folder)
    alice.programs.outcome = lambda words, _: Ended(1 if words == BEFORE else 0, "a\0b\udcffc")
    what = os.fsdecode(folder)
    item = call(world, alice, "policy_set", what, BEFORE, AFTER)["path_id"]
    assert back_up(world, alice, item).state == "failed"
    told = alice.programs.ran[-1][1]
    assert os.fsencode(told["BITDUST_PATH"]) == folder
    assert told["BITDUST_ERROR"] == "the `before` command ended with 1: a\ufffdb\ufffdc"


def test_nobody_to_send_to(world: World) -> None:
    """Nothing is held still for as long as there is no supplier."""
    alice = world.house("alice", services__customer__suppliers_number="2").start()
    item = call(world, alice, "policy_set", str(world.tree(a=1000)), BEFORE)["path_id"]
    world.wait(alice.node.backups.start_id(item))
    world.run(600.0)
    assert (ran(alice), alice.node.backups.tasks()[-1].state) == ([], "waiting for suppliers")
    world.suppliers(2)
    world.until(lambda: ran(alice) == ["hold"], 1200.0)
    assert alice.ended("backup", item).state == "committed"


def test_changed_and_removed(world: World, alice: House, item: str) -> None:
    """What is not named stays, an empty list takes it away; the schedule outlives the policy."""
    call(world, alice, "schedule_set", item, "every 4h")
    call(world, alice, "policy_set", item, after=[])
    alice.restart()
    [row] = call(world, alice, "policies_list")
    assert (row["schedule"], row["before"], row["after"]) == ("every 4h", BEFORE, [])
    call(world, alice, "policy_remove", item)
    [row] = call(world, alice, "policies_list")
    assert (row["schedule"], row["before"], row["after"]) == ("every 4h", [], [])
    with pytest.raises(NotFound, match="no policy"):
        call(world, alice, "policy_remove", item)
    call(world, alice, "schedule_remove", item)
    assert call(world, alice, "policies_list") == []
    assert back_up(world, alice, item).state == "committed"
    assert ran(alice) == []


@pytest.mark.parametrize("words", [[""], ["a\0b"], ["a\ud800"], ["x"] * 101, ["x" * 5000], ["x" * 4000] * 5])
def test_what_is_no_command(world: World, alice: House, item: str, words: list[str]) -> None:
    """It is refused in words, and nothing is changed."""
    with pytest.raises(Usage):
        call(world, alice, "policy_set", item, words)
    assert call(world, alice, "policies_list")[0]["before"] == BEFORE
