"""Fewer suppliers can be had than are wanted: what there is goes on, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.transport import silence
from tests.balance import select
from tests.stories.test_oversight import HOUR, seats
from tests.world import World, look


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The links are silent for longer."""
    monkeypatch.setattr(silence, "QUIET", 900.0)


def contracts(world: World) -> dict[str, int]:
    """Name of each supplier -> contracts that are in force with him."""
    return {
        name: select(house, "SELECT count(*) FROM customers WHERE state = 'active'")[0][0]
        for name, house in world.houses.items()
        if name != "alice" and house.is_alive
    }


def test_a_set_that_cannot_grow_is_repaired(world: World) -> None:
    """
    Seven are wanted in place of two, and four are to be had: when one of the two in use dies, somebody taken
    on for the larger set has his seat and his pieces; backups go on.
    """
    world.suppliers(4)
    alice = world.customer(n=2)
    source = world.tree(a=600_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    alice.node.settings.set("services/customer/suppliers-number", "7")
    world.until(lambda: len([seat for seat in seats(world, alice) if seat]) == 4, HOUR)
    health = world.wait(alice.node.health())
    assert any("the 2 in use keep everything" in each.what for each in health.warnings)
    dead, other = world.seated(alice)
    dead.crash()
    world.run(30 * HOUR)
    new, kept = world.seated(alice)
    assert kept is other
    assert new not in (dead, other)
    alice.until_safe(HOUR)
    (source / "new").write_bytes(b"new" * 100_000)
    assert alice.back_up(source, HOUR).state == "committed"
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    # Meanwhile others have come: the larger set begins.
    world.suppliers(5, "more")
    world.until(lambda: world.staffed(alice, 7), 2 * HOUR)
    world.until(lambda: {block.n for block in alice.blocks()} == {7}, 2 * HOUR)


def test_whoever_signed_for_a_set_that_did_not_begin_is_told(world: World) -> None:
    """
    Four are wanted and three are to be had.  After a restart they have their seats again; after one in which
    two are wanted these two are the set, and the third hears that nothing comes of his contract.
    """
    world.suppliers(3)
    alice = world.house(
        "alice", services__supplier__enabled=False, services__customer__suppliers_number="4"
    ).start()
    world.until(lambda: seats(world, alice).count(None) == 1, HOUR)
    assert contracts(world) == {"sup0": 1, "sup1": 1, "sup2": 1}
    # It is said that this holds everything up, and what to do.
    world.run(60)
    (waits,) = [each for each in world.wait(alice.node.health()).warnings if "looked for" in each.what]
    assert "1 of 4 suppliers are still being looked for (nobody was found: " in waits.what
    assert "nothing is backed up" in waits.what
    assert "go on with 2: `bitdust config set services/customer/suppliers-number 2`; or" in waits.next
    before = seats(world, alice)
    alice.restart()
    assert seats(world, alice) == before
    alice.stop()
    alice._settings["services/customer/suppliers-number"] = "2"
    alice.start()
    world.until(lambda: world.staffed(alice, 2), HOUR)
    assert world.seated(alice) == before[:2]
    world.until(lambda: sum(contracts(world).values()) == 2, HOUR)
    alice.restart()
    world.run(HOUR)
    assert sum(contracts(world).values()) == 2
