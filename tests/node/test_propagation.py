"""What the identity servers know of us, and what is said when they cannot be told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twisted.internet.defer import Deferred

from bitdust.directory.memory import MemoryDirectory
from bitdust.directory.record import open_record
from bitdust.errors import BitDustError, Offline
from bitdust.node.propagation import RENEW
from tests.world import House, World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def recorded(house: House) -> list[str]:
    """Fingerprints in the recovery record that the servers keep."""
    keys = house.node.as_somebody().identity.keys
    raw = house.world.shared.get(f"record/{keys.record_name}")
    return [each.fingerprint for each in open_record(keys, raw).suppliers] if raw is not None else []


def present(house: House) -> list[str]:
    return [seat.fingerprint for seat in house.customer.suppliers.present]


@pytest.mark.parametrize("error", [Offline("nobody is there"), OSError(28, "nobody is there")])
def test_a_server_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A commit does not wait for ever for the record; health says what is wrong until the server is back."""
    real = MemoryDirectory.put_record

    async def away(self: MemoryDirectory, name: str, record: bytes) -> None:
        raise error

    monkeypatch.setattr(MemoryDirectory, "put_record", away)
    world.suppliers(4)
    alice = world.customer()
    assert alice.back_up(world.tree(a=10)).state == "committed"
    assert recorded(alice) == []
    health = world.wait(alice.node.health())
    assert any("identity servers" in text and "nobody is there" in text for text in health.wrong)
    assert any("identity server" in text for text in health.next)
    monkeypatch.setattr(MemoryDirectory, "put_record", real)
    world.until(lambda: recorded(alice) == present(alice), 1000)
    world.until(lambda: world.wait(alice.node.health()).wrong == (), 1000)


def test_nothing_is_shown_as_committed_before_the_record_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees a version in a list may lose the machine that moment: the kit must find its suppliers."""
    real = MemoryDirectory.put_record
    kept: Deferred[None] = Deferred()

    async def slow(self: MemoryDirectory, name: str, record: bytes) -> None:
        await kept
        await real(self, name, record)

    monkeypatch.setattr(MemoryDirectory, "put_record", slow)
    world.suppliers(4)
    alice = world.customer()
    item = world.wait(alice.node.backups.start_path(str(world.tree(a=10)))).path_id
    world.until(lambda: [task.state for task in alice.node.backups.tasks()] == ["committing"])
    world.run(5)
    assert not any(version.is_known for version in alice.versions(item))
    kept.callback(None)
    assert alice.ended("backup", item).state == "committed"
    assert recorded(alice) == present(alice)
    assert [version.is_known for version in alice.versions(item)] == [True]


def test_the_record_names_the_present_suppliers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a version is committed, the record names the set it lies at, and not the one before."""
    world.suppliers(5)
    alice = world.customer()
    assert alice.back_up(world.tree(a=10)).state == "committed"
    first = present(alice)
    assert recorded(alice) == first
    real = MemoryDirectory.put_record
    failures: list[BitDustError] = [Offline("away")] * 3

    async def slow(self: MemoryDirectory, name: str, record: bytes) -> None:
        if failures:
            raise failures.pop()
        await real(self, name, record)

    monkeypatch.setattr(MemoryDirectory, "put_record", slow)
    world.wait(alice.node.supplier_replace("0"))
    world.until(lambda: present(alice) != first and world.staffed(alice, 4), 1000)
    assert alice.back_up(world.tree("other", a=10)).state == "committed"
    assert recorded(alice) == present(alice)


def test_told_again_every_month(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers hear of us though nothing changes: they may forget, or have been restored from an old copy."""
    world.suppliers(2)
    alice = world.customer(n=2)
    assert alice.back_up(world.tree(a=10)).state == "committed"
    alice.until_safe()
    keys = alice.node.as_somebody().identity.keys
    del world.shared[alice.idurl], world.shared[f"record/{keys.record_name}"]
    told = alice.node.as_somebody().propagation
    assert told._renewal is not None
    assert told._renewal.getTime() - world.clock.seconds() <= RENEW < 30 * 86400
    told._renewal.reset(0)
    world.until(lambda: alice.idurl in world.shared and recorded(alice) == present(alice))
