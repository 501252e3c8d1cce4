"""Nodes that nobody can dial keep and are kept, over others who carry what they cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.errors import Offline
from bitdust.identity.document import parse
from bitdust.relay.reservations import INTRODUCTION
from bitdust.relay.service import OFFER
from bitdust.router.connection import Connection
from bitdust.router.upgrade import TRIES
from tests.world import House, World, look


def hide(world: World, *houses: House) -> None:
    """From their next life on they stand behind routers that let nobody in."""
    for house in houses:
        world.network.refuse(f"{house.name}-{house.lives + 1}")


def relayed(house: House) -> list[str]:
    """Its published contacts over relays."""
    contacts = house.node.as_somebody().identity.document.contacts
    return [contact for contact in contacts if contact.startswith("proxy://")]


def road(house: House, other: House) -> str | None:
    return house.node.as_somebody().router.transport_of(other.fingerprint)


def told(house: House, other: House) -> Connection:
    """What is told of the connection to the other."""
    [found] = [each for each in house.node.connections() if each.fingerprint == other.fingerprint]
    return found


def relays(world: World, *names: str) -> list[House]:
    """Suppliers that carry for others, and are known to."""
    found = [world.supplier(name, services__proxy_server__enabled=True) for name in names]
    world.until(lambda: all(OFFER in parse(world.shared.get(relay.idurl, b"")).offers for relay in found))
    return found


def supplier(world: World, name: str, *over: House) -> House:
    """A supplier that nobody can dial, once others can read over which relays it is reached."""
    house = world.house(
        name,
        services__customer__enabled=False,
        services__proxy_transport__receiving_enabled=True,
        services__proxy_transport__preferred_routers=" ".join(relay.idurl for relay in over),
    )
    hide(world, house)
    house.start()
    world.until(lambda: len(relayed(house)) == len(over), 200)
    world.until(lambda: set(relayed(house)) <= {*parse(world.shared[house.idurl]).contacts})
    return house


def test_a_supplier_behind_a_router_keeps_files(world: World) -> None:
    """A customer and a supplier, both behind routers: backed up and restored over a relay."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    alice = world.house("alice", services__supplier__enabled=False, services__customer__suppliers_number="2")
    hide(world, alice)
    alice.start()
    world.until(lambda: world.staffed(alice, 2), 300)
    source = world.tree(big=600_000, small=1000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    assert road(alice, sam) == "relay"
    assert road(alice, rita) == "memory"
    [item] = alice.node.backups.tasks()[-1:]
    assert alice.restore(item.path_id, world.folder / "back", 600).state == "done"
    assert look(world.folder / "back" / str(source).lstrip("/")) == look(source)
    [kept] = rita.node.as_somebody().relays.service.carrying().reservations
    assert kept.idurl == sam.idurl
    assert kept.carried > 300_000


def test_whose_links_have_a_place(world: World) -> None:
    """T31: suppliers, customers, correspondents and whom a relay carries; nobody else whom it knows."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    alice = world.customer("alice", 2)
    zoe = world.house("zoe", services__customer__enabled=False, services__supplier__enabled=False)
    zoe.start()
    assert world.wait(partners(rita)) == {alice.fingerprint, sam.fingerprint}
    assert world.wait(partners(alice)) == {rita.fingerprint, sam.fingerprint}
    assert world.wait(partners(zoe)) == set()
    book = zoe.node.as_somebody().messaging.book
    world.wait(book.add(alice.idurl, "alice"))
    assert world.wait(partners(zoe)) == {alice.fingerprint}


async def partners(house: House) -> set[str]:
    return {*await house.node.as_somebody()._partners()}


def test_a_relay_that_dies_is_replaced(world: World) -> None:
    """Killed in a backup: it goes on over the other relay within 30 s, and nothing is kept twice."""
    both = relays(world, "rita", "ron")
    sam = supplier(world, "sam", *both)
    alice = world.house("alice", services__supplier__enabled=False, services__customer__suppliers_number="4")
    other = world.supplier("otto")
    hide(world, alice)
    alice.start()
    world.until(lambda: world.staffed(alice, 4), 300)
    assert other.is_alive
    world.until(lambda: road(alice, sam) == "relay")
    source = world.tree(big=4_000_000)
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: sam.shelf_used() > 0, 300)
    [carrier] = [relay for relay in both if _carries(relay)]
    carrier.crash()
    world.until(lambda: road(alice, sam) == "relay", 30)
    task = alice.ended("backup", alice.node.backups.tasks()[-1].path_id, 600)
    assert task.state == "committed"
    world.until(lambda: len(sam.shelf_files()) == len(alice.blocks()), 300)
    world.until(lambda: len(relayed(sam)) == 1, 600)


def test_a_straight_road_takes_over(world: World) -> None:
    """A minute after the router lets others in, the link goes straight, and nobody had to do anything."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    alice = world.house("alice", services__supplier__enabled=False, services__customer__suppliers_number="2")
    hide(world, alice)
    alice.start()
    world.until(lambda: world.staffed(alice, 2), 300)
    assert road(alice, sam) == "relay"
    now = alice.node.now()
    assert (told(alice, sam).direct, told(alice, sam).upgraded) == (False, False)
    assert now < told(alice, sam).next_try <= now + TRIES[0]
    world.network.allow(sam.place)
    world.until(lambda: road(alice, sam) == "memory", TRIES[0] + 30)
    assert (told(alice, sam).direct, told(alice, sam).upgraded) == (True, True)
    assert now < told(alice, sam).since <= alice.node.now()
    assert told(alice, sam).next_try is None
    pong = world.wait(alice.node.ping(sam.idurl, 10.0))
    assert pong.transport == "memory"
    assert alice.back_up(world.tree(one=1000)).state == "committed"


def test_no_relay_no_road(world: World) -> None:
    """Without the relayed road such a supplier cannot be reached, and the error says so."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    eve = world.house("eve", services__customer__enabled=False, services__proxy_transport__enabled=False)
    eve.start()
    with pytest.raises(Offline):
        world.wait(eve.node.ping(sam.idurl, 5.0))


def test_strangers_are_introduced(world: World) -> None:
    """Two who have no contract with the relay: they talk, on terms of an introduction."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    eve = world.house("eve", services__supplier__enabled=False, services__customer__enabled=False)
    hide(world, eve)
    eve.start()
    assert world.wait(eve.node.ping(sam.idurl, 10.0)).transport == "relay"
    [place] = sam.node.as_somebody().relays.keeper.places()
    assert place.terms == INTRODUCTION


def test_who_is_switched_off_is_no_relay(world: World) -> None:
    """The switch ends it: reservations end, the offer goes out of the identity, and on again."""
    [rita] = relays(world, "rita")
    sam = supplier(world, "sam", rita)
    world.wait(rita.node.services.switch("proxy-server", False))
    assert "proxy-server" not in rita.node.as_somebody().identity.document.offers
    world.until(lambda: not relayed(sam), 60)
    world.wait(rita.node.services.switch("proxy-server", True))
    world.until(lambda: relayed(sam), 700)
    sam.node.settings.set("services/proxy-transport/receiving-enabled", False)
    world.until(lambda: not relayed(sam), 60)
    assert rita.node.as_somebody().relays.service.carrying().reservations == ()


def _carries(relay: House) -> Any:
    return relay.node.as_somebody().relays.service.carrying().circuits
