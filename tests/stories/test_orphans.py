"""Pieces that no catalog knows: kept for a month, then freed, and only by the newest catalog."""

from __future__ import annotations

from bitdust.catalog import orphans
from bitdust.catalog.replay import forget_block
from tests.world import World

MONTH = 31 * 86400


def test_pieces_of_a_lost_machine_are_freed(world: World) -> None:
    """What a machine brought out and never committed goes after a month; what the catalog knows stays."""
    world.suppliers(2)
    alice = world.customer(n=2)
    alice.back_up(world.tree("known", file=100_000))
    alice.until_safe()
    kept = [house.shelf_used() for house in world.seated(alice)]
    alice.back_up(world.tree("unknown", file=200_000))
    alice.until_safe()
    assert [house.shelf_used() for house in world.seated(alice)] > kept
    # As if this machine had been lost before the commit: its catalog has never heard of the second block.
    serial = alice.blocks()[-1].serial
    world.wait(alice.customer.db(lambda c: forget_block(c, serial)))
    listing = alice.customer.listing
    for house in world.seated(alice):
        told = world.wait(listing.compare(house.fingerprint))
        assert (told.kept, told.lost, told.orphans) == (1, 0, 1)
    assert alice.read(orphans.count) == 2
    assert len(alice.blocks()) == 1
    now, listing.wall = listing.wall, lambda: world.wall() + MONTH
    for house in world.seated(alice):
        world.wait(listing.compare(house.fingerprint))
    listing.wall = now
    assert alice.read(orphans.count) == 0
    alice.customer.tombstones.tell()
    world.until(lambda: all(len(house.shelf_files()) == 1 for house in world.seated(alice)), 120)
