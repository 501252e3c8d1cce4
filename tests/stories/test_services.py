"""Parts are switched while the node runs, and nothing is lost by it."""

from __future__ import annotations

import pytest

from bitdust.errors import BitDustError, Conflict, NotFound
from bitdust.node.services import SERVICES
from tests.world import SERVER, House, World, look


def state(house: House, name: str) -> str:
    return house.node.services.find(name).state


def test_a_supplier_is_switched_off_and_on(world: World) -> None:
    """Off: customers are not served, what lies there stays.  On: everything is as before."""
    sups = world.suppliers(2)
    alice = world.customer(n=2)
    alice.back_up(world.tree(a=300_000))
    alice.until_safe()
    bob = sups[0]
    kept = bob.shelf_files()
    world.wait(bob.node.services.switch("service_supplier", False))
    assert bob.node.supplier is None
    assert (state(bob, "supplier"), state(bob, "customer_patrol"), state(bob, "network")) == (
        "OFF",
        "OFF",
        "ON",
    )
    world.until(lambda: not alice.customer.suppliers.is_connected(bob.fingerprint))
    world.wait(bob.node.services.switch("supplier", True))
    assert state(bob, "supplier") == "ON"
    world.until(lambda: world.staffed(alice, 2), 7200)
    assert bob.shelf_files() == kept


def test_a_customer_goes_on_where_it_was_switched_off(world: World) -> None:
    """A backup under way is parked, and finished when the part is on again."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=3_000_000)
    started = world.wait(alice.node.backups.start_path(str(source)))
    world.wait(alice.node.services.switch("customer", False))
    world.run(60)
    assert alice.node.backups.running() == []
    world.wait(alice.node.services.switch("customer", True))
    assert alice.ended("backup", started.path_id).state == "committed"
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / "out" / str(source)[1:]) == look(source)


def test_what_has_no_switch(world: World) -> None:
    """Parts that always run say so; parts that are none are not found."""
    alice = world.house("alice").start()
    with pytest.raises(Conflict):
        world.wait(alice.node.services.switch("network", False))
    with pytest.raises(NotFound):
        alice.node.services.find("blockchain")
    assert [service.index for service in alice.node.services.all()] == list(range(len(SERVICES)))


def test_a_setting_turned_during_a_recovery(world: World) -> None:
    """The parts are built anew and the recovery goes on, once: not beside one that works on the old parts."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=300_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    words = world.wait(alice.node.identity_backup(None, None)).words
    seated = world.seated(alice)
    alice.crash()
    world.away(*seated)
    again = world.house("alice.2", services__supplier__enabled=False)
    again.begin()
    with pytest.raises(BitDustError):
        world.wait(again.node.identity_recover(words, [SERVER], None), 600)
    first = again.node._recovering
    assert first is not None
    again.node.settings.set("services/private-messages/enabled", False)
    world.run(5)
    assert first.called
    world.back(*seated)
    world.until(lambda: not again.node.registration.is_recovering(), 1000)
    assert again.restore(str(source), world.folder / "out").state == "done"


def test_a_switch_that_breaks_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw while the parts are built anew is not told as done."""
    alice = world.house("alice").start()

    async def broken() -> None:
        raise OSError("the port is taken")

    monkeypatch.setattr(alice.node.services, "_build_anew", broken)
    with pytest.raises(BitDustError, match="the port is taken"):
        world.wait(alice.node.services.switch("supplier", False))


def test_parts_that_were_put_down_hear_no_setting(world: World) -> None:
    """However often parts are switched, no more listen to the settings than before."""
    alice = world.house("alice").start()
    before = len(alice.node.settings._listeners)
    for on in (False, True, False, True):
        world.wait(alice.node.services.switch("supplier", on))
    assert len(alice.node.settings._listeners) == before
