"""Seats that are vacant, taken, and taken again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitdust.catalog import blocks
from bitdust.catalog.deletes import queue
from bitdust.catalog.rows import known_peer, peer
from bitdust.supplier.pieces import Gone
from bitdust.wire.packets import CancelService, Data
from tests.world import House, World


@pytest.fixture
def safe(world: World) -> tuple[World, House, Path]:
    """A customer with a safe version, and one supplier more than he needs."""
    world.suppliers(5)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return world, alice, source


def spare(world: World, alice: House) -> House:
    """The supplier without a seat."""
    (found,) = [h for h in world.houses.values() if h is not alice and h not in world.seated(alice)]
    return found


def test_a_vacant_seat_stays_vacant(safe: tuple[World, House, Path]) -> None:
    """Nobody is to be had when a supplier is replaced; after a restart he does not have his seat again."""
    world, alice, _ = safe
    old, new = world.seated(alice)[1], spare(world, alice)
    world.away(new)
    world.wait(alice.node.supplier_replace(1))
    world.run(5)
    alice.restart()
    assert alice.customer.suppliers.seats[1] is None
    world.back(new)
    world.until(lambda: world.seated(alice)[1] is new, 4000)
    alice.until_safe(2000)
    alice.restart()
    assert None not in alice.customer.suppliers.seats
    assert old not in world.seated(alice)


def test_two_are_replaced_at_once(safe: tuple[World, House, Path]) -> None:
    """A seat that is made vacant while another one is being filled is not forgotten."""
    world, alice, _ = safe
    suppliers = alice.customer.suppliers
    first, second = world.seated(alice)[:2]
    begin = suppliers._begin

    def beginning(c: Any, seats: Any) -> None:
        begin(c, seats)
        suppliers.seats[1] = None

    suppliers._begin = beginning  # type: ignore[method-assign]
    world.wait(alice.node.supplier_replace(0))
    world.until(lambda: first not in world.seated(alice), 200)
    suppliers._begin = begin  # type: ignore[method-assign]
    assert suppliers.seats[1] is None
    world.supplier("another")
    world.until(lambda: second not in world.seated(alice), 8000)


def test_whoever_is_hired_again_is_not_sent_away(safe: tuple[World, House, Path]) -> None:
    """The farewell for somebody who was away does not reach him once he has a seat again."""
    world, alice, _ = safe
    gone, new = world.seated(alice)[0], spare(world, alice)
    cancelled: list[object] = []

    async def farewell(truth: Any, sender: Any, packet: Any, exchange: Any) -> Any:
        cancelled.append(packet)
        return await truth(sender, packet, exchange)

    world.away(gone)
    world.wait(alice.node.supplier_replace(0))
    world.until(lambda: world.seated(alice)[0] is new, 200)
    alice.until_safe(4000)
    outbox = alice.node.as_somebody().outbox
    world.until(lambda: world.wait(outbox.waiting()) == 1, 8000)
    gone.lie(CancelService, farewell)
    document = world.wait(alice.customer.suppliers._document_of(gone.fingerprint))
    world.back(gone)
    world.wait(alice.customer.hiring.agree(document))
    world.run(2000)
    assert world.wait(outbox.waiting()) == 0
    assert not cancelled


def test_nobody_is_sent_away_who_is_being_hired(safe: tuple[World, House, Path]) -> None:
    """The farewell waits for the catalog; whoever was hired meanwhile does not get it."""
    world, alice, _ = safe
    who = world.seated(alice)[0].fingerprint
    world.wait(alice.customer.hiring.part(who))
    alice.customer.hiring._courted.add("somebody")
    world.wait(alice.customer.hiring.part("somebody"))
    assert world.wait(alice.node.as_somebody().outbox.waiting()) == 0


def test_refused_pieces_hold_up_nobody(safe: tuple[World, House, Path]) -> None:
    """More pieces than a lane looks at are refused for ever by one supplier: he gets all others."""
    world, alice, _ = safe
    stubborn = world.seated(alice)[0]
    many = world.tree("many", **{f"f{i:02}": 270_000 + i for i in range(40)})
    service = stubborn.service
    refused: set[bytes] = set()

    async def picky(truth: Any, sender: Any, packet: Any, exchange: Any) -> Any:
        if len(refused) < 20:
            refused.add(packet.block)
        if packet.block in refused:
            raise Gone()
        return await truth(sender, packet, exchange)

    assert service is not None
    stubborn.lie(Data, picky)
    assert alice.back_up(many, 1000).state == "committed"
    number = len(alice.blocks())
    assert number > 30
    world.until(lambda: len(stubborn.shelf_files()) == number - 20, 300)


def test_told_blocks_are_not_given_again(safe: tuple[World, House, Path]) -> None:
    """Who was told to delete a block, and did not hear our farewell, is not given it again."""
    world, alice, _ = safe
    new = spare(world, alice)
    told = alice.blocks()[0]

    def tell(c: Any) -> None:
        queue(c, known_peer(c, new.fingerprint), told.id, 0, 0)
        c.execute("UPDATE tombstones SET done = 2")

    world.wait(alice.customer.db(peer, new.fingerprint))
    world.wait(alice.customer.db(tell))
    world.wait(alice.node.supplier_replace(0))
    world.until(lambda: world.seated(alice)[0] is new, 200)
    holders = {p.fingerprint for p in alice.read(blocks.placements, told.serial)}
    assert new.fingerprint not in holders


def test_the_state_of_who_finds_nobody(world: World) -> None:
    """A backup waits, and no supplier was ever found: that is said, and is no error."""
    alice = world.house("alice", services__supplier__enabled=False)
    alice.start()
    started = world.wait(alice.node.backups.start_path(str(world.tree(a=1000))))
    world.run(120)
    health = world.wait(alice.node.health())
    assert (health.state, health.suppliers_hired, health.durability) == ("backing up", 0, None)
    assert any("being looked for" in line for line in health.wrong), started
