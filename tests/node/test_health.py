"""The one sentence about everything: true at every moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitdust.node.views import Health
from tests.world import House, World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def safe(world: World, n: int = 4) -> House:
    """A customer with a safe version."""
    world.suppliers(n)
    alice = world.customer(n=n)
    assert alice.back_up(world.tree(a=600_000, b=10)).state == "committed"
    alice.until_safe()
    return alice


def health(house: House) -> Health:
    return house.world.wait(house.node.health())


def test_all_are_there(world: World) -> None:
    """With every piece at a supplier who is there it is safe, and what may go is n - k."""
    alice = safe(world)
    told = health(alice)
    assert (told.state, told.survives, told.versions, told.wrong) == ("safe", 2, 1, ())
    assert told.sentence == "Every version survives the loss of any 2 of the 4 suppliers."


def test_how_long_it_lasts(world: World) -> None:
    """Two of four at strangers are no backup for ever, and it says so; who is away makes it worse."""
    alice = safe(world)
    told = health(alice)
    assert told.durability is not None
    assert told.durability.light == "yellow"
    assert "One in 1,300 such backups is lost in a year" in told.durability.sentence
    assert (told.durability.lost, told.durability.repair) == (0, 3.0)
    world.away(*world.seated(alice)[:2])
    worse = health(alice).durability
    assert worse is not None
    assert worse.light == "red"
    assert worse.loss > 5 * told.durability.loss


def test_what_the_monitor_does(world: World) -> None:
    """It rests, and says until when; it waits for who is away, by name; each warning has its next step."""
    alice = safe(world)
    world.run(60)
    told = health(alice)
    assert told.monitor is not None
    assert (told.monitor.state, told.monitor.waits_for) == ("ready", "")
    assert world.wall() < (told.monitor.next_round or 0) <= world.wall() + 3600
    (away, *_) = world.seated(alice)
    world.away(away)
    told = health(alice)
    assert told.monitor is not None
    assert told.monitor.waits_for == f"{away.name} to come back"
    (warning,) = told.warnings
    assert warning.what == f"{away.idurl} is away"
    assert "supplier replace" in warning.next


@pytest.mark.parametrize("gone", [1, 2, 3, 4])
def test_some_are_away(world: World, gone: int) -> None:
    """Who is away is not counted on; when they are back all is well again."""
    alice = safe(world)
    seated = world.seated(alice)
    world.away(*seated[:gone])
    told = health(alice)
    assert (told.survives, told.suppliers_online) == (2 - gone, 4 - gone)
    assert len(told.wrong) == gone
    if gone <= 2:
        assert told.state == "degraded"
        more = "any 1 more of the suppliers who are there" if gone == 1 else "no further supplier"
        who = f"{seated[0].name} comes" if gone == 1 else " and ".join(h.name for h in seated[:2]) + " come"
        assert told.sentence == (
            f"Everything can be restored, and survives the loss of {more}; if {who} back it is any 2."
        )
    else:
        assert told.state == "at risk"
        assert f"before {gone - 2} of " in told.sentence
    world.back(*seated[:gone])
    world.until(lambda: health(alice).state == "safe", 1000)


def test_one_is_to_be_replaced(world: World) -> None:
    """Pieces at a supplier who is to go are not counted on, and it is safe again when they lie elsewhere."""
    alice = safe(world)
    old = world.seated(alice)[1]
    world.wait(alice.node.supplier_replace(old.idurl))
    told = health(alice)
    assert (told.state, told.survives) == ("degraded", 1)
    assert f"in place of {old.name} is being looked for" in told.sentence
    assert all(each.next for each in told.warnings)
    world.supplier("new")
    world.until(lambda: health(alice).state == "safe", 1000)
    assert health(alice).survives == 2
    assert old not in world.seated(alice)


def test_nobody_has_the_room(world: World) -> None:
    """Who looks for suppliers in vain is told why, and what can be done about it."""
    for name in ("bob", "carol"):
        world.supplier(name, services__supplier__donated_space="2 GB")
    alice = world.house(
        "alice",
        services__supplier__enabled=False,
        services__customer__suppliers_number="2",
        services__customer__needed_space="64 GB",
    ).start()
    world.until(lambda: "2 were asked" in "".join(health(alice).wrong), 1000)
    told = health(alice)
    assert "2 of 2 suppliers are still being looked for (nobody was found: 2 were asked; " in told.wrong[0]
    assert "left to give" in told.wrong[0]
    assert any("services/customer/needed-space" in step for step in told.next)
    alice.node.settings.set("services/customer/needed-space", "1 GB")
    world.until(lambda: not health(alice).wrong, 1000)
