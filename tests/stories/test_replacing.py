"""Whoever is lost is replaced, also where much is lost: one who can give nothing holds up nobody."""

from __future__ import annotations

from typing import Any

import pytest

from bitdust.customer.standing import ABSENT
from bitdust.transport import silence
from bitdust.world import spawn
from tests.stories.test_oversight import DAY, HOUR, of, seats, told
from tests.world import House, World


@pytest.fixture
def safe(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, House]:
    """A customer with a safe version at four suppliers; the links are silent for longer."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    assert alice.back_up(world.tree(a=600_000)).state == "committed"
    alice.until_safe()
    return world, alice


def test_who_takes_the_last_pieces_along_holds_up_nobody(safe: tuple[World, House]) -> None:
    """
    Three of four die, and the files are gone, too: nothing can be made again, but all three are replaced, and
    what is new is backed up.  When two of the dead come back, so does everything.
    """
    world, alice = safe
    source = world.folder / "source"
    for file in source.iterdir():
        file.unlink()
    dead = world.seated(alice)[:3]
    world.suppliers(3, "spare")
    world.away(*dead)
    world.run(2 * DAY)
    assert not {*dead} & {*seats(world, alice)}
    assert None not in seats(world, alice)
    (source / "new").write_bytes(b"x" * 1000)
    assert alice.back_up(source, HOUR).state == "committed"
    world.back(*dead[:2])
    alice.until_safe(6 * HOUR)


def test_who_comes_back_while_it_is_decided_keeps_his_seat(
    safe: tuple[World, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """He was too long away, and is there again in the moment in which his seat is taken from him."""
    world, alice = safe
    (away, *_) = world.seated(alice)
    doubts, replace = alice.customer.oversight.doubts, alice.customer.suppliers.replace

    async def late(who: str) -> Any:
        spawn(doubts.came(who))
        return await replace(who)

    monkeypatch.setattr(alice.customer.suppliers, "replace", late)
    world.wait(doubts.accuse(away.fingerprint, ABSENT, "he was away"))
    assert of(alice, away).doubt == ""
    assert seats(world, alice)[0] is away


def test_all_of_them_are_replaced_when_others_can_be_reached(safe: tuple[World, House]) -> None:
    """None is left, but others answer, so it is not we who are away: all is made again from the files."""
    world, alice = safe
    dead = world.seated(alice)
    world.run(HOUR)
    for house in dead:
        house.crash()
    world.run(2 * DAY)
    # Nobody else is there: that says nothing.
    assert told(alice, "supplier.doubted") == []
    assert world.seated(alice) == dead
    world.suppliers(4, "spare")
    world.run(26 * HOUR)
    assert not {*dead} & {*seats(world, alice)}
    alice.until_safe(6 * HOUR)
    world.run(HOUR)
    # What has happened to them is what is expected of others.
    durability = world.wait(alice.node.health()).durability
    assert durability.lost == 4
    assert 1.0 < durability.repair < 2.5
