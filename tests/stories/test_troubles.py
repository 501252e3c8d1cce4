"""The machine cannot for a moment: its disk is full, or does not answer.  Everything goes on by itself."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bitdust.backup.index_synchronizer import IndexSynchronizer
from bitdust.backup.packer import Packer
from bitdust.catalog import commit, holdings, log
from bitdust.customer.suppliers import Suppliers
from bitdust.errors import BitDustError, Damaged, NoSpace
from bitdust.node.somebody import Somebody
from tests.stories.test_recovery import recovered, story
from tests.world import World, look


def failing(real: Callable[..., Any], errors: list[Exception]) -> Callable[..., Any]:
    """Does what it does once it has failed like this."""

    def failing(*args: Any, **kwargs: Any) -> Any:
        if errors:
            raise errors.pop(0)
        return real(*args, **kwargs)

    return failing


def full(code: int = errno.ENOSPC) -> OSError:
    return OSError(code, "it cannot be")


@pytest.mark.parametrize(
    "errors",
    [[full()] * 3, [full(errno.EIO), full(errno.EDQUOT)], [full(errno.EMFILE)], [NoSpace()] * 2],
    ids=lambda errors: repr(errors[0]),
)
def test_the_disk_is_full_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]
) -> None:
    """A backup is tried again with growing pauses and says why; then it ends as if nothing had happened."""
    errors = list(errors)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000)
    monkeypatch.setattr(Packer, "add", failing(Packer.add, errors))
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: "trying again in 5 s" in alice.node.backups.tasks()[-1].state)
    assert alice.ended("backup", "0/0/0/0").state == "committed"
    assert not errors
    alice.until_safe()
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_the_disk_is_full_at_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the commit costs nothing that was sent: the same blocks are committed later."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000)
    before: list[bytes] = []
    monkeypatch.setattr(commit, "commit_version", failing(commit.commit_version, [NoSpace()] * 2))
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: "trying again" in alice.node.backups.tasks()[-1].state)
    before = [block.id for block in alice.blocks()]
    assert before
    assert alice.ended("backup", "0/0/0/0").state == "committed"
    assert [block.id for block in alice.blocks()] == before


def test_what_will_not_go_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage ends the job, and says so."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000)
    monkeypatch.setattr(Packer, "add", failing(Packer.add, [Damaged("it is broken")]))
    task = alice.back_up(source)
    assert (task.state, task.error, task.message) == ("failed", "damaged", "it is broken")
    assert alice.back_up(source).state == "committed"


@pytest.mark.parametrize("error", [NoSpace(), full()], ids=["NoSpace", "OSError"])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (holdings, "errands"),
        (holdings, "acked"),
        (log, "take"),
        (log, "store"),
        (IndexSynchronizer, "_bring"),
        (Suppliers, "agree"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_breaks_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, error: Exception
) -> None:
    """Hiring, sending pieces and sending the catalog go on by themselves when the disk is well again."""
    world.suppliers(4)
    errors = [error] * 6
    monkeypatch.setattr(place, name, failing(getattr(place, name), errors))
    alice = world.customer()
    assert alice.back_up(world.tree(a=600_000), 3000).state == "committed"
    alice.until_safe(3000)
    assert not errors


def test_a_lane_that_breaks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a fault of the program does not leave a commit waiting for ever; it is logged."""
    world.suppliers(4)
    alice = world.customer()
    errors = [ZeroDivisionError()] * 4
    monkeypatch.setattr(IndexSynchronizer, "_bring", failing(IndexSynchronizer._bring, errors))
    assert alice.back_up(world.tree(a=600_000), 3000).state == "committed"
    assert not errors
    assert world.broken
    world.broken.clear()


@pytest.mark.parametrize("error", [NoSpace(), full()], ids=["NoSpace", "OSError"])
def test_a_recovery_without_room(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A recovery that has no room says so, and is tried again."""
    alice, source, words = story(world)
    alice.crash()
    monkeypatch.setattr(Somebody, "recover", failing(Somebody.recover, [error] * 3))
    with pytest.raises(BitDustError, match=r"no room|it cannot be"):
        recovered(world, words)
    again = world.houses["alice.2"]
    world.until(lambda: again.customer.suppliers.present, 1000)
    assert again.restore(str(source), world.folder / "out").state == "done"
