"""What the owner decides about suppliers and customers happens, and nothing is lost by it."""

from __future__ import annotations

import pytest

from bitdust.errors import Conflict, NotFound
from tests.world import World, look


def test_a_certain_supplier_in_anothers_place(world: World) -> None:
    """The named node gets the seat and the pieces; the old one is let go; the new set has everything."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=300_000, b=10)
    alice.back_up(source)
    alice.until_safe()
    old, kept = world.seated(alice)
    dave = world.supplier("dave")
    world.run(10)
    changed = world.wait(alice.node.peers.change_supplier("0", dave.idurl))
    assert (changed.position, changed.old, changed.new) == (0, old.idurl, dave.idurl)
    world.until(lambda: world.staffed(alice, 2))
    assert world.seated(alice) == [dave, kept]
    alice.until_safe()
    world.until(lambda: old.shelf_files() == [], 7200)
    world.away(kept)
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / "out" / str(source)[1:]) == look(source)


def test_seats_that_cannot_be_changed(world: World) -> None:
    """Nobody sits twice, nobody sits nowhere, and a refusal changes nothing."""
    world.suppliers(3)
    alice = world.customer(n=2)
    before = world.seated(alice)
    peers = alice.node.peers
    with pytest.raises(Conflict):
        world.wait(peers.change_supplier("0", before[1].idurl))
    with pytest.raises(Conflict):
        world.wait(peers.change_supplier("0", alice.idurl))
    free = next(each for each in world.houses.values() if each not in (alice, *before))
    with pytest.raises(NotFound):
        world.wait(peers.change_supplier("7", free.idurl))
    world.run(60)
    assert world.seated(alice) == before


def test_a_customer_who_is_rejected(world: World) -> None:
    """His pieces go and he gets no contract, until the owner allows it again."""
    sups = world.suppliers(2)
    alice = world.customer(n=2)
    alice.back_up(world.tree(a=300_000))
    alice.until_safe()
    bob = sups[0]
    world.wait(bob.node.peers.reject_customer(alice.idurl, False))
    world.until(lambda: bob.shelf_files() == [])
    # The room is given back once the files are gone.
    world.until(
        lambda: [(row.state, row.used) for row in world.wait(bob.node.customers_list())] == [("rejected", 0)]
    )
    bob.restart()
    world.run(300)
    assert not alice.customer.suppliers.is_connected(bob.fingerprint)
    with pytest.raises(NotFound):
        world.wait(bob.node.peers.reject_customer("http://x/nobody.xml", False))
    world.wait(bob.node.peers.reject_customer(alice.idurl, True))
    world.until(lambda: world.staffed(alice, 2), 7200)
    alice.until_safe(7200)


def test_calling_everyone(world: World) -> None:
    """Everybody is called at once; each answers for himself."""
    sups = world.suppliers(2)
    alice = world.customer(n=2)
    signs = world.wait(alice.node.peers.ping_suppliers(5.0))
    assert [(sign.position, sign.error) for sign in signs] == [(0, ""), (1, "")]
    assert signs[0].result.startswith(f"Ack(Identity) from {world.seated(alice)[0].idurl} by ")
    (sign,) = world.wait(sups[0].node.peers.ping_customers(5.0))
    assert (sign.idurl, sign.error) == (alice.idurl, "")
    world.away(world.seated(alice)[1])
    signs = world.wait(alice.node.peers.ping_suppliers(5.0))
    assert [sign.error for sign in signs] == ["", "offline"]
    assert signs[1].rtt is None


def test_connecting_anew(world: World) -> None:
    """All links are made again at once, also to him who was given up for ten minutes."""
    world.suppliers(2)
    alice = world.customer(n=2)
    bob = world.seated(alice)[0]
    world.away(bob)
    world.run(7200)
    world.back(bob)
    alice.node.peers.reconnect()
    assert not alice.customer.suppliers.connected()
    world.until(lambda: world.staffed(alice, 2), 15)
