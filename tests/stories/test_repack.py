"""Blocks that are mostly dead are emptied, and what frees is free at the suppliers, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.backup import repacker
from bitdust.backup.restore_job import RestoreJob
from bitdust.catalog import moves, waste
from bitdust.errors import Conflict
from tests.balance import balanced, settle
from tests.stories.test_changes import sent
from tests.stories.test_recovery import recovered, words_of
from tests.world import KIB, House, World, look


def thinned(world: World, alice: House, number: int = 10, left: int = 2) -> Path:
    """Someone whose second version has `left` of the `number` files of 20 kB that the first has."""
    source = world.tree(**{f"f{i}": 20_000 + i for i in range(number)})
    assert alice.back_up(source).state == "committed"
    for i in range(left, number):
        (source / f"f{i}").unlink()
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    return source


def used(world: World, alice: House) -> int:
    """Bytes of pieces at all suppliers."""
    return sum(house.shelf_used() for house in world.seated(alice))


def comes_back(world: World, alice: House, source: Path, what: str = "") -> None:
    """What the newest version holds, or this one, is what the source is."""
    out = world.folder / f"out{len(alice.node.backups.tasks())}"
    assert alice.restore(what or str(source), out).state == "done"
    assert look(Path(f"{out}{source}")) == look(source)


def cleaned(world: World, alice: House) -> None:
    """Let the work in the background come to its end."""
    world.until(lambda: alice.read(waste.is_tidy) and not alice.customer.repacker.is_busy, 2000)
    settle(world, alice)
    balanced(world, alice)


def test_a_block_that_is_mostly_dead(world: World) -> None:
    """
    Once the version that filled it is deleted, what lives is copied, the block goes at every supplier, and
    the rest comes back as it was; the dry run had said how much that would be.
    """
    world.suppliers(4)
    alice = world.customer()
    source = thinned(world, alice)
    before = used(world, alice)
    first, second = alice.versions("0/0/0/0")
    plan = world.wait(alice.node.backups.clean_up(True))
    assert (plan.sparse, plan.unreferenced, plan.freed) == (0, 0, 0)
    world.wait(alice.node.backups.delete(first.backup_id))
    cleaned(world, alice)
    # 40 kB of content, of which every byte is at the suppliers twice, and the shelves' own.
    assert used(world, alice) < 2 * 60_000 < before / 3
    comes_back(world, alice, source, second.backup_id)
    task = alice.node.backups.tasks()[-2]
    assert (task.kind, task.state, task.progress) == ("clean", "done", 1.0)
    assert task.total == task.done > 40_000
    alice.restart()
    cleaned(world, alice)
    comes_back(world, alice, source)
    # It is known where the chunks are now: nothing is sent again.
    (source / "again").write_bytes((source / "f0").read_bytes())
    traffic = sent(world, alice)
    assert alice.back_up(source).state == "committed"
    assert sent(world, alice) - traffic < 20 * KIB


def test_half_alive(world: World) -> None:
    """A block more than half of which lives stays: to empty it would send more than it frees."""
    world.suppliers(2)
    alice = world.customer(n=2)
    thinned(world, alice, left=6)
    blocks = [block.id for block in alice.blocks()]
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    assert [block.id for block in alice.blocks()] == blocks
    assert "clean" not in {task.kind for task in alice.node.backups.tasks()}


def test_what_a_dry_run_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what then happens, and the dry run changes nothing."""
    world.suppliers(4)
    alice = world.customer()
    source = thinned(world, alice)
    # Nothing is done by itself for now.
    monkeypatch.setattr(waste, "SPARSE", 0.0)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    before = used(world, alice)
    monkeypatch.undo()
    plan = world.wait(alice.node.backups.clean_up(True))
    assert plan.sparse == 1
    assert 40_000 < plan.copied < 42_000
    world.run(1000)
    assert used(world, alice) == before
    assert world.wait(alice.node.backups.clean_up(False)) == plan
    cleaned(world, alice)
    # Padding, and the grain of files, are not foreseen.
    assert abs(before - used(world, alice) - plan.freed) < 0.12 * plan.copied * 2 + 4 * 4096
    comes_back(world, alice, source)
    assert world.wait(alice.node.backups.clean_up(True)).freed == 0


def test_many_blocks_in_passes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one pass does not take comes in the next; small blocks become few."""
    monkeypatch.setattr(repacker, "PASS", 100_000)
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(**{f"f{i:02}": 20_000 + i for i in range(100)})
    assert alice.back_up(source).state == "committed"
    number = len(alice.blocks())
    for i in range(100):
        if i % 10 > 1:
            (source / f"f{i:02}").unlink()
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    assert number > 6
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    assert len(alice.blocks()) < number
    assert used(world, alice) < 2 * 20 * 22_000
    comes_back(world, alice, source)


def test_it_lets_the_user_go_first(world: World) -> None:
    """While a backup is under way, nothing is copied; afterwards it is."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice)
    other = world.tree("other", large=3_000_000)
    for house in world.seated(alice):
        world.network.speed(100_000, alice.place, house.place)
    world.wait(alice.node.backups.start_path(str(other)))
    world.run(1)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    world.run(10)
    assert alice.node.backups.running()
    assert "clean" not in {task.kind for task in alice.node.backups.tasks()}
    assert alice.ended("backup", "0/0/0/1", 1000).state == "committed"
    cleaned(world, alice)
    assert alice.node.backups.tasks()[-1].kind == "clean"
    comes_back(world, alice, source)


def test_a_restore_under_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that is emptied while something of it is being restored stays until that has ended."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice, 20, 4)
    first, second = alice.versions("0/0/0/0")
    gate: Deferred[None] = Deferred()
    really = RestoreJob._batch

    async def late(job: RestoreJob, batch: list[Any]) -> None:
        await gate
        await really(job, batch)

    monkeypatch.setattr(RestoreJob, "_batch", late)
    # The switch comes in the very middle of a restore, which usually goes first.
    monkeypatch.setattr(alice.customer.repacker, "is_working", alice.customer.queue.is_working)
    started = world.wait(alice.node.backups.restore(second.backup_id, str(world.folder / "slow")))
    world.wait(alice.node.backups.delete(first.backup_id))
    world.until(lambda: alice.read(waste.is_tidy), 300)
    assert alice.node.backups.tasks()[-1].kind == "clean"
    gate.callback(None)
    world.until(lambda: alice.task(started.task).state in ("done", "failed"), 1000)
    assert alice.task(started.task).state == "done"
    assert look(Path(f"{world.folder}/slow{source}")) == look(source)
    world.wait(alice.node.backups.update())
    cleaned(world, alice)


def test_too_few_suppliers(world: World) -> None:
    """What cannot be read stays as it is, and is emptied once it can."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice)
    away = world.seated(alice)
    world.away(*away)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    world.run(500)
    assert len(alice.blocks()) == 1
    assert not alice.read(waste.is_tidy)
    assert "clean" not in {task.kind for task in alice.node.backups.tasks()}
    world.back(*away)
    world.until(lambda: world.staffed(alice, 2), 1000)
    world.wait(alice.node.backups.update())
    cleaned(world, alice)
    assert used(world, alice) < 2 * 60_000
    comes_back(world, alice, source)


def test_another_number_of_suppliers(world: World) -> None:
    """What is emptied is sealed for the suppliers there are now, whoever has the old pieces."""
    world.suppliers(4)
    alice = world.customer(n=2)
    source = thinned(world, alice)
    alice.node.settings.set("services/customer/suppliers-number", "4")
    world.until(lambda: world.staffed(alice, 4), 1000)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    (block,) = alice.blocks()
    assert (block.k, block.n) == (2, 4)
    assert all(house.shelf_files() for house in world.seated(alice))
    comes_back(world, alice, source)


def test_on_another_machine(world: World) -> None:
    """A recovered node finds everything where it was repacked to, and cleans up what was begun."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice)
    words = words_of(alice)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    alice.crash()
    again = recovered(world, words, services__customer__suppliers_number="2")
    comes_back(world, again, source)
    world.until(lambda: again.read(waste.is_tidy), 2000)
    settle(world, again)
    assert world.wait(again.node.backups.clean_up(True)).freed == 0
    comes_back(world, again, source)


def test_a_file_that_is_read_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the catalog is looked through, no living chunk is missed."""
    monkeypatch.setattr(waste, "PAGE", 2)
    monkeypatch.setattr(moves, "_PAGE", 2)
    monkeypatch.setattr(repacker, "LOOK", 1)
    monkeypatch.setattr(repacker, "READ", 30_000)
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice, 40, 9)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    assert used(world, alice) < 2 * 9 * 24_000
    comes_back(world, alice, source)


@pytest.mark.parametrize("seconds", [0.0, 3.0, 8.0, 30.0])
def test_a_cleaning_is_cancelled(world: World, seconds: float) -> None:
    """
    It ends soon, wherever it is; what it had copied goes, the version comes back; it does not begin anew by
    itself, but when somebody asks for it.
    """
    world.suppliers(2)
    alice = world.customer(n=2)
    source = thinned(world, alice)
    for house in world.seated(alice):
        world.network.speed(1_000, alice.place, house.place)
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    world.until(lambda: cleanings(alice) == ["clean"], 2000)
    number = alice.node.backups.tasks()[-1].id
    world.run(seconds)
    world.wait(alice.node.backups.cancel(number))
    world.until(lambda: not alice.customer.repacker.is_busy, 60)
    assert alice.task(number).state == "cancelled"
    with pytest.raises(Conflict):
        world.wait(alice.node.backups.cancel(number))
    for house in world.seated(alice):
        world.network.speed(float("inf"), alice.place, house.place)
    settle(world, alice, tidy=False)
    balanced(world, alice)
    comes_back(world, alice, source)
    world.run(3 * 3600.0)
    assert cleanings(alice) == ["clean"]
    before = used(world, alice)
    world.wait(alice.node.backups.clean_up(False))
    cleaned(world, alice)
    assert cleanings(alice) == ["clean", "clean"]
    assert used(world, alice) < before / 2
    comes_back(world, alice, source)


def cleanings(house: House) -> list[str]:
    """The tasks that clean, under way and over."""
    return [task.kind for task in house.node.backups.tasks() if task.kind == "clean"]
