"""What may leave the spool, and what may not."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.catalog import blocks, holdings
from bitdust.customer import spool as spool_module
from tests.world import House, World, a_world

COMMITTED = 1


@pytest.fixture
def alice() -> Any:
    """A customer with blocks in the spool that lie at all suppliers."""
    with a_world() as world:
        world.suppliers(4)
        alice = world.customer(services__backups__keep_local_copies_enabled=True)
        assert alice.back_up(world.tree(a=600_000)).state == "committed"
        alice.until_safe()
        yield alice


def examine(alice: House) -> bool:
    """Look at the first block."""
    outcome: bool = alice.world.wait(alice.customer.sweeper.examine(alice.blocks()[0].serial))
    return outcome


def first(alice: House) -> tuple[Path, Any]:
    """The file of the first block, and its row."""
    block = alice.blocks()[0]
    return alice.customer.spool.path(block.id), block


def rot(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)


def lose_all(alice: House) -> None:
    """No supplier has a piece."""
    for each in alice.customer.suppliers.connected():
        alice.world.wait(alice.customer.db(holdings.lost_all, each))


@pytest.mark.parametrize("error", [errno.EMFILE, errno.EACCES, errno.ENOMEM])
def test_an_error_that_passes_is_no_proof(alice: House, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """That a file cannot be opened now says nothing of what is in it."""
    path, block = first(alice)

    def opening(self: Path, *args: Any) -> Any:
        raise OSError(error, "not now")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opening)
        assert not examine(alice)
    assert path.exists()
    assert alice.read(blocks.get, block.serial).spool is not None


@pytest.mark.parametrize("acked", [True, False])
def test_a_rotten_file(alice: House, acked: bool) -> None:
    """It goes while the suppliers have enough of it, and stays when it is the last there is."""
    path, block = first(alice)
    alice.customer.data_sender.stop()
    if not acked:
        lose_all(alice)
    rot(path)
    assert not examine(alice)
    assert path.exists() != acked
    assert (alice.read(blocks.get, block.serial).spool is None) == acked


def test_a_lost_file(alice: House) -> None:
    """A file that is not there is forgotten, whatever the suppliers have."""
    path, block = first(alice)
    alice.customer.data_sender.stop()
    lose_all(alice)
    path.unlink()
    assert not examine(alice)
    assert alice.read(blocks.get, block.serial).spool is None


def test_the_row_is_read_again(alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Suppliers may lose their pieces in the time a look at a file takes."""
    path, _ = first(alice)
    alice.customer.data_sender.stop()
    rot(path)
    sweeper = alice.customer.sweeper
    look = sweeper._look

    def long_look(block: Any) -> str | None:
        lose_all(alice)
        return look(block)

    monkeypatch.setattr(sweeper, "_look", long_look)
    assert not examine(alice)
    assert path.exists()


def test_it_presses_when_somebody_waits(alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies at enough suppliers goes when the next block has no room, and not before."""
    world, customer = alice.world, alice.customer
    customer.data_sender.stop()
    alice.customer.settings.set("services/backups/keep-local-copies-enabled", "false")
    for block in alice.blocks():
        world.wait(customer.db(holdings.lost, block.serial, 3, customer.suppliers.present[3].fingerprint))
    assert world.wait(customer.sweeper.sweep()) == 0
    used = customer.spool.used
    customer.spool.limit = lambda: 4 * used
    assert world.wait(customer.sweeper.sweep(2 * used)) == 0
    assert world.wait(customer.sweeper.sweep(4 * used)) == used
    assert customer.spool.used == 0


def test_one_sweep_at_a_time(alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask while one is under way, one more follows; files go off the reactor, at once."""
    customer = alice.customer
    alice.customer.settings.set("services/backups/keep-local-copies-enabled", "false")
    sweeper = customer.sweeper
    slow: Deferred[None] = Deferred()
    removals: list[int] = []
    synced: list[Path] = []

    async def remove(function: Any, ids: Any) -> Any:
        removals.append(len(ids))
        await slow
        return function(ids)

    monkeypatch.setattr(sweeper, "in_thread", remove)
    monkeypatch.setattr(spool_module, "sync_folder", synced.append)
    number = len(alice.blocks())
    sweeps = [Deferred.fromCoroutine(sweeper.sweep()) for _ in range(5)]
    assert removals == [number]
    assert sum(not sweep.called for sweep in sweeps) == 2
    slow.callback(None)
    for sweep in sweeps:
        alice.world.wait(sweep)
    assert (removals, len(synced)) == ([number], 1)


def test_the_disk_is_what_is_full(world_of_one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that waits because the disk is full says so."""
    world = world_of_one
    world.suppliers(4)
    alice = world.customer()
    monkeypatch.setattr(spool_module, "free_space", lambda path: 0)
    world.wait(alice.node.backups.start_path(str(world.tree(a=600_000))))
    world.until(lambda: any("disk is full" in each.state for each in alice.node.backups.running()))
    monkeypatch.undo()
    assert alice.ended("backup", "0/0/0/0").state == "committed"


@pytest.fixture
def world_of_one() -> Any:
    with a_world() as world:
        yield world
