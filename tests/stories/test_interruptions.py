"""Backups that are cut off, given up, or in somebody's way."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bitdust.catalog import blocks, holdings, removal
from bitdust.errors import Conflict, NotFound
from bitdust.wire.packets import Data, Packet
from tests.world import MIB, House, World, look, noise

#: crashes that one test lives through
CRASHES = 20


class Counted:
    """What suppliers acknowledged, and what was offered to them once more afterwards."""

    def __init__(self, houses: list[House]) -> None:
        self.acked: Counter[tuple[str, bytes, int]] = Counter()
        self.bodies: Counter[tuple[str, bytes, int]] = Counter()
        for house in houses:
            house.lie(Data, self._answer(house.name))

    def _answer(self, name: str) -> Any:
        async def answer(truth: Any, sender: Any, question: Data, exchange: Any) -> Packet | None:
            key = name, question.block, question.number
            self.bodies[key] += 1
            answer: Packet | None = await truth(sender, question, exchange)
            self.acked[key] += 1
            return answer

        return answer


def test_killed_again_and_again(world: World) -> None:
    """
    The power goes 20 times in one backup: it ends by itself, restores identical, and no piece that its
    supplier has is sent twice beyond what was in flight.
    """
    houses = world.suppliers(4)
    alice = world.customer()
    counted = Counted(houses)
    source = world.tree(**{f"f{i}": 150_000 + i for i in range(12)}, large=1 * MIB)
    world.wait(alice.node.backups.start_path(str(source)))
    done = 0
    for crash in range(CRASHES):
        alice.crash_in = 3 + 7 * crash
        try:
            world.until(lambda: not alice.is_alive, 30)
        except AssertionError:
            alice.crash_in = -1
            break
        done += 1
        alice.start()
    assert done >= 10
    world.until(
        lambda: alice.is_alive and not alice.customer.queue.running() and not alice.customer.queue.waiting(),
        600,
    )
    alice.until_safe()
    (version,) = alice.versions("0/0/0/0")
    assert version.complete
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    blocks = {block.id for block in alice.blocks()}
    # Each crash loses at most the receipts of what was in flight: two pieces to each of four suppliers.
    twice = sum(number - 1 for (_, block, _), number in counted.bodies.items() if block in blocks)
    assert twice <= 8 * done
    # What a lost spool or an unfinished block left behind is gone from the shelves, too.
    world.run(20)
    for house in houses:
        assert len(house.shelf_files()) == len(blocks)


def test_stopped_and_started(world: World) -> None:
    """A node that is stopped in the middle goes on where it was, and sends no acknowledged piece again."""
    houses = world.suppliers(4)
    alice = world.customer()
    counted = Counted(houses)
    source = world.tree(**{f"f{i}": 300_000 + i for i in range(8)})
    for house in houses:
        world.network.speed(500_000, alice.place, house.place)
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: len(counted.acked) >= 8)
    acked = {
        (placement.fingerprint, block.id, placement.number)
        for block in alice.blocks()
        for placement in alice.read(blocks.placements, block.serial)
        if placement.state == "acked"
    }
    assert acked
    alice.stop()
    alice.start()
    world.until(lambda: not alice.customer.queue.running() and not alice.customer.queue.waiting())
    alice.until_safe()
    names = {house.fingerprint: house.name for house in houses}
    assert all(counted.bodies[names[who], block, number] == 1 for who, block, number in acked)
    assert alice.restore(str(source), world.folder / "out").state == "done"


@pytest.fixture
def slow(world: World) -> tuple[World, House, Path]:
    """A customer with slow roads, and a folder that takes a while."""
    world.suppliers(4)
    alice = world.customer()
    for house in world.seated(alice):
        world.network.speed(100_000, alice.place, house.place)
    return world, alice, world.tree(**{f"f{i}": 300_000 + i for i in range(6)})


def shelves(alice: House) -> int:
    """Files at all its suppliers."""
    return sum(len(house.shelf_files()) for house in alice.world.seated(alice))


def test_abort(slow: tuple[World, House, Path]) -> None:
    """A running backup that is aborted leaves no version, no spool file, and soon no piece."""
    world, alice, source = slow
    item = world.wait(alice.node.backups.start_path(str(source))).path_id
    world.until(lambda: shelves(alice) > 4)
    (running,) = alice.node.backups.running()
    with pytest.raises(NotFound, match="no backup 0/0/0/0/F19990101010101AM is running"):
        world.wait(alice.node.backups.abort_running("0/0/0/0/F19990101010101AM"))
    world.wait(alice.node.backups.abort_running(running.backup_id))
    assert alice.ended("backup", item).state == "cancelled"
    assert alice.versions(item) == []
    assert not alice.customer.spool.used
    world.until(lambda: shelves(alice) == 0)
    assert alice.blocks() == []
    # And again, to the end.
    assert alice.back_up(source, 600).state == "committed"


def test_cancel(slow: tuple[World, House, Path]) -> None:
    """A backup that waits for its turn can be taken off the queue; twice the same cannot be queued."""
    world, alice, source = slow
    other = world.tree("other", a=10)
    alice.node.settings.set("services/backups/at-once", 1)
    world.wait(alice.node.backups.start_path(str(source)))
    item = world.wait(alice.node.backups.start_path(str(other))).path_id
    with pytest.raises(Conflict, match="running already"):
        world.wait(alice.node.backups.start_path(str(other)))
    assert [queued.path_id for queued in alice.node.backups.queue()] == [item]
    world.wait(alice.node.backups.cancel_pending(item))
    assert alice.node.backups.queue() == []
    assert alice.ended("backup", item).state == "cancelled"
    with pytest.raises(NotFound, match=f"no backup of item {item} is waiting"):
        world.wait(alice.node.backups.cancel_pending(item))
    world.until(lambda: not alice.node.backups.running(), 600)
    assert alice.versions(item) == []


def test_deleted_while_it_runs(slow: tuple[World, House, Path]) -> None:
    """An item that is deleted takes its running backup with it; the queue lives on."""
    world, alice, source = slow
    item = world.wait(alice.node.backups.start_path(str(source))).path_id
    other = world.tree("other", a=10)
    waiting = world.wait(alice.node.backups.start_path(str(other))).path_id
    world.until(lambda: shelves(alice) > 4)
    world.wait(alice.node.backups.delete(item))
    assert alice.ended("backup", item).state == "cancelled"
    with pytest.raises(NotFound):
        alice.versions(item)
    assert alice.ended("backup", waiting, 600).state == "committed"
    world.until(lambda: shelves(alice) == 4)


def test_the_version_before_goes_meanwhile(slow: tuple[World, House, Path]) -> None:
    """When the version it is compared with is deleted, a backup begins again and loses nothing."""
    world, alice, source = slow
    assert alice.back_up(source, 600).state == "committed"
    (first,) = alice.versions("0/0/0/0")
    (source / "new").write_bytes(noise("new", 400_000))
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: alice.node.backups.running() and alice.node.backups.running()[0].blocks)
    world.wait(alice.node.backups.delete(first.backup_id))
    assert alice.ended("backup", "0/0/0/0", 600).state == "committed"
    alice.until_safe(600)
    assert len(alice.versions("0/0/0/0")) == 1
    assert alice.restore(str(source), world.folder / "out", 600).state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_two_suppliers_one_away(world: World) -> None:
    """With n = 2 one absent supplier means waiting, in words; when he is back it goes on (c = 2)."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=100_000)
    gone = world.seated(alice)[1]
    world.away(gone)
    world.wait(alice.node.backups.start_path(str(source)))
    name = gone.name
    world.until(lambda: any(name in running.state for running in alice.node.backups.running()))
    world.run(3600)
    (running,) = alice.node.backups.running()
    assert running.state == f"sending, waiting for {name}"
    assert alice.versions("0/0/0/0") == []
    assert alice.read(holdings.waiting_for, 1) == [gone.fingerprint]
    world.back(gone)
    assert alice.ended("backup", "0/0/0/0", 1000).state == "committed"


def test_gone_before_its_turn(slow: tuple[World, House, Path]) -> None:
    """A folder that vanished before its turn fails with its name, and the next backup goes on."""
    world, alice, source = slow
    alice.node.settings.set("services/backups/at-once", 1)
    other, third = world.tree("other", a=10), world.tree("third", b=20)
    world.wait(alice.node.backups.start_path(str(source)))
    gone = world.wait(alice.node.backups.start_path(str(other))).path_id
    last = world.wait(alice.node.backups.start_path(str(third))).path_id
    shutil.rmtree(other)
    task = alice.ended("backup", gone, 600)
    assert (task.state, task.error) == ("failed", "failed")
    assert "No such file" in task.message
    assert str(other) in task.message
    assert alice.ended("backup", last).state == "committed"


def test_killed_between_a_deletion_and_its_clearing_up(world: World) -> None:
    """What only the deleted version needed goes after the next start, though nothing else is deleted."""
    world.suppliers(2)
    alice = world.customer(n=2)
    assert alice.back_up(world.tree(a=100_000)).state == "committed"
    alice.until_safe()
    (version,) = alice.versions("0/0/0/0")
    world.wait(alice.customer.db(removal.remove_version, "0/0/0/0", version.label))
    alice.crash()
    alice.start()
    world.until(lambda: shelves(alice) == 0, 2000)
    assert alice.blocks() == []
