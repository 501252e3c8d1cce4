"""What passes is waited for, and what does not is not tried for ever."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bitdust.catalog import blocks, holdings
from bitdust.customer import listing
from bitdust.errors import NoSpace, TryLater
from bitdust.wire.packets import Data, ListFiles, Retrieve
from tests.stories.test_liars import resets
from tests.world import House, World, look


async def excuses(truth: Any, sender: Any, question: Any, exchange: Any) -> None:
    raise TryLater("the disk is busy")


@pytest.mark.parametrize("trouble", [resets, excuses])
def test_one_failure_ends_no_restore(world: World, trouble: Any) -> None:
    """With exactly k suppliers alive, each of whom fails now and then, everything comes back."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    alive, others = world.seated(alice)[:2], world.seated(alice)[2:]
    world.away(*others)
    asked = 0

    async def now_and_then(truth: Any, *rest: Any) -> Any:
        nonlocal asked
        asked += 1
        return await (trouble(truth, *rest) if asked % 3 == 1 else truth(*rest))

    for house in alive:
        house.lie(Retrieve, now_and_then)
    task = alice.restore(str(source), world.folder / "out", 600)
    assert (task.state, task.message) == ("done", "")
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_a_silent_window_is_asked_for_again(world: World) -> None:
    """A supplier who never answers one question gives the same leaves when he is asked again."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    alive, others = world.seated(alice)[:2], world.seated(alice)[2:]
    world.away(*others)
    asked = 0

    async def silent_once(truth: Any, *rest: Any) -> Any:
        nonlocal asked
        asked += 1
        return await (world.never() if asked == 1 else truth(*rest))

    alive[0].lie(Retrieve, silent_once)
    assert alice.restore(str(source), world.folder / "out", 600).state == "done"


def test_a_full_supplier_is_not_rebuilt_for_again_and_again(world: World) -> None:
    """What he has no room for is fetched from the others a few times, not endlessly."""
    world.suppliers(4)
    alice = world.customer()
    full = world.seated(alice)[0]
    source = world.tree(**{f"f{i:02}": 300_000 + i for i in range(10)})
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    # Else nothing would be fetched: they would be made again from their files.
    shutil.rmtree(source)

    async def no_room(truth: Any, sender: Any, packet: Data, exchange: Any) -> Any:
        raise NoSpace("the disk is full")

    full.lie(Data, no_room)
    for block in alice.blocks():
        for placement in alice.read(blocks.placements, block.serial):
            if placement.fingerprint == full.fingerprint:
                world.wait(alice.customer._lost(block.serial, placement.number, full.fingerprint))
    number = len(alice.blocks())
    assert number >= 10
    hours = 3
    for _ in range(hours * 60):
        alice.customer.monitor.restart()
        alice.customer.settings.set("paths/spool-limit", "1 KB")
        world.run(60)
        world.wait(alice.customer.sweeper.sweep(2**20))
    # Pauses grow to ten minutes; two blocks are on their way in, and two out, when he says no.
    assert alice.customer.rebuilder.blocks_rebuilt <= number + hours * 6 * 4


def test_a_piece_signed_for_between_two_pages_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list is compared page by page; what comes meanwhile is not taken for lost."""
    monkeypatch.setattr(listing, "PAGE", 3)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"f{i:02}": 300_000 + i for i in range(10)})
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    house = world.seated(alice)[0]
    late = sorted(alice.blocks(), key=lambda block: block.id)[-1]
    number = next(
        p.number for p in alice.read(blocks.placements, late.serial) if p.fingerprint == house.fingerprint
    )
    # He has it, but not when he is asked first; it is wanted until then.
    world.wait(
        alice.customer.db(
            lambda c: c.execute(
                "UPDATE placements SET state = 0 WHERE serial = ? AND number = ?", (late.serial, number)
            )
        )
    )
    asked = 0

    async def one_less(truth: Any, sender: Any, question: ListFiles, exchange: Any) -> Any:
        nonlocal asked
        asked += 1
        told = await truth(sender, question, exchange)
        if asked == 1:
            told = await truth(sender, ListFiles(after=question.after, limit=512), exchange)
            found = tuple(piece for piece in told.pieces if piece.block != late.id)
            await alice.customer.db(holdings.acked, late.serial, number, house.fingerprint)
            return replace(told, pieces=found, more=False)
        return told

    house.lie(ListFiles, one_less)
    outcome = world.wait(alice.customer.listing.compare(house.fingerprint))
    assert (outcome.lost, outcome.kept) == (0, len(alice.blocks()))
    assert asked > 1


def test_what_was_not_sealed_leaves_the_spool(world: World) -> None:
    """When a block cannot be made known to the catalog, no file of it or of those behind it stays."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"f{i:02}": 300_000 + i for i in range(10)})
    customer = alice.customer
    present, failures = customer.suppliers.present, 0

    def shape() -> tuple[int, int]:
        # The set of suppliers is another one by the time the block is sealed.
        nonlocal failures
        failures += 1
        return (2, 4) if failures > 2 else (4, 7)

    customer._shape = shape  # type: ignore[method-assign]
    assert len(present) == 4
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: failures >= 2)
    task: House = alice
    assert task.ended("backup", "0/0/0/0", 600).state == "committed"
    known = {f"{block.id.hex()}.block" for block in alice.blocks()}
    assert {path.name for path in (alice.home / "backups").iterdir()} <= known


def test_a_backup_that_waits_lets_the_disk_rest(world: World) -> None:
    """Two of four suppliers are away for hours: the catalog is asked each minute, no more often."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=100_000)
    away = world.seated(alice)[:2]
    world.away(*away)
    started = world.wait(alice.node.backups.start_path(str(source)))
    world.run(3600)
    before = alice.calls
    world.run(600)
    assert alice.task(1).state.startswith("sending, waiting for"), alice.node.backups.tasks()
    assert alice.calls - before < 60
    world.back(*away)
    assert alice.ended("backup", started.path_id, 3600).state == "committed"
