"""A supplier has less to give than he has promised: his customer leaves in order, and loses nothing by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitdust.customer import standing
from bitdust.supplier import customers
from bitdust.transport import silence
from tests.stories.test_oversight import seats, told
from tests.stories.test_suppliers import spare, states
from tests.world import House, World, look

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def safe(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, House, Path]:
    """A customer with a safe version, and one supplier more than he needs."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(5)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000, c=400_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return world, alice, source


def donate(house: House, much: str) -> None:
    """The owner changes his mind."""
    house.node.settings.set("services/supplier/donated-space", much)


def row(house: House) -> Any:
    """The one customer, as the API shows him."""
    (found,) = house.world.wait(house.node.customers_list())
    return found


def test_a_customer_leaves_in_order(safe: tuple[World, House, Path]) -> None:
    """Less is donated: another is hired, the pieces move, the contract ends; and only then anything goes."""
    world, alice, source = safe
    old, new = world.seated(alice)[1], spare(world, alice)
    number = len(alice.blocks())
    world.network.speed(30_000, alice.place, new.place)
    donate(old, "1 MB")
    world.until(lambda: new in world.seated(alice) and states(alice, new) >= {"acked", "wanted"}, 600)
    # In the middle: all is there, here and there people are told what goes on.
    assert len(old.shelf_files()) == number
    assert all(block.acked == 4 for block in alice.blocks())
    assert (row(old).notice, row(old).state, row(old).heard is not None) == ("leave", "active", True)
    assert "asked to leave" in row(old).sentence
    health = world.wait(alice.node.health())
    assert any(old.idurl in each and "asks us to leave" in each for each in health.wrong)
    [event] = told(alice, "supplier.noticed")
    assert (event.data["idurl"], event.data["state"]) == (old.idurl, "leave")
    assert alice.restore(str(source), world.folder / "meanwhile").state == "done"
    world.until(lambda: states(alice, new) == {"acked"} and not states(alice, old), 2000)
    world.until(lambda: not old.shelf_files() and row(old).state == "cancelled", 4000)
    assert (row(old).used, row(old).notice) == (0, "")
    alice.until_safe(600)
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    # It was no loss, and he is not asked again as long as others would.
    assert world.wait(alice.customer.oversight._db.read(standing.lives))[1] == 0
    world.run(2 * DAY)
    assert old not in seats(world, alice)


def test_a_customer_who_is_away_hears_of_it_when_he_is_back(safe: tuple[World, House, Path]) -> None:
    """Asked while he was away, over restarts of both: he leaves once he is back, and no piece went before."""
    world, alice, _ = safe
    old = world.seated(alice)[0]
    number = len(old.shelf_files())
    alice.stop()
    donate(old, "1 MB")
    old._settings["services/supplier/donated-space"] = "1 MB"
    world.run(HOUR)
    old.restart()
    world.run(20 * DAY)
    assert (row(old).notice, row(old).heard) == ("leave", None)
    assert len(old.shelf_files()) == number
    alice.start()
    world.until(lambda: old not in seats(world, alice) and None not in seats(world, alice), DAY)
    alice.until_safe(HOUR)
    world.until(lambda: not old.shelf_files(), DAY)


def test_it_is_taken_back_before_anybody_was_found(safe: tuple[World, House, Path]) -> None:
    """Nobody else is to be had: all stays where it is, and he keeps his seat when there is room again."""
    world, alice, _ = safe
    old = world.seated(alice)[2]
    number = len(old.shelf_files())
    spare(world, alice).stop()
    donate(old, "1 MB")
    world.until(lambda: seats(world, alice)[2] is None, 600)
    world.run(3 * DAY)
    assert len(old.shelf_files()) == number
    (vacant,) = [each for each in world.wait(alice.node.suppliers_list()) if not each.idurl]
    assert vacant.doubt == f"in the place of {old.idurl}: it asks us to leave"
    donate(old, "8 GB")
    world.until(lambda: seats(world, alice)[2] is old, HOUR)
    world.until(lambda: row(old).notice == "", HOUR)
    alice.until_safe(HOUR)


def test_two_ask_at_once(safe: tuple[World, House, Path]) -> None:
    """Two of four have less to give: one after the other is left, and no block is ever short of a piece."""
    world, alice, _ = safe
    world.supplier("another")
    first, second, *_ = world.seated(alice)
    donate(first, "1 MB")
    donate(second, "1 MB")

    def left() -> bool:
        assert all(block.acked == 4 for block in alice.blocks())
        return not {first, second} & set(seats(world, alice)) and None not in seats(world, alice)

    world.until(left, DAY)
    world.until(lambda: not first.shelf_files() and not second.shelf_files(), DAY)
    alice.until_safe(HOUR)


def test_who_was_away_and_asks_us_to_leave_does_not_get_his_seat_back(
    safe: tuple[World, House, Path],
) -> None:
    """He asked us to leave and was gone for days: that he is back again changes nothing of it."""
    world, alice, _ = safe
    old = world.seated(alice)[0]
    rest = spare(world, alice)
    rest.stop()
    donate(old, "1 MB")
    world.until(lambda: seats(world, alice)[0] is None, 600)
    world.away(old)
    world.run(2 * DAY)
    world.back(old)
    world.run(2 * HOUR)
    assert seats(world, alice)[0] is None
    rest.start()
    world.until(lambda: seats(world, alice)[0] is rest, DAY)
    alice.until_safe(HOUR)


def test_more_is_kept_than_was_agreed_on(safe: tuple[World, House, Path]) -> None:
    """A ledger that was put right says so: nothing is removed, and the customer is told where he looks."""
    world, alice, source = safe
    keeper = world.seated(alice)[0]
    number = len(keeper.shelf_files())

    def correct(granted: int) -> None:
        world.wait(
            keeper.service.shelf.db(lambda c: c.execute("UPDATE customers SET granted = ?", (granted,)))
        )
        keeper.service.patrol.soon()

    granted = row(keeper).granted
    correct(4096)
    world.until(lambda: told(alice, "supplier.noticed"), HOUR)
    assert row(keeper).notice == "full"
    health = world.wait(alice.node.health())
    assert any(keeper.idurl in each and "more than was agreed on" in each for each in health.wrong)
    assert (
        world.wait(alice.node.suppliers_list())[0].notice
        == "it keeps more than was agreed on, and adds nothing"
    )
    world.run(2 * DAY)
    assert len(keeper.shelf_files()) == number
    assert alice.restore(str(source), world.folder / "out").state == "done"
    correct(granted)
    world.until(lambda: world.wait(alice.node.suppliers_list())[0].notice == "", HOUR)
    assert row(keeper).notice == ""


def test_who_ends_the_contract_is_replaced_at_once(safe: tuple[World, House, Path]) -> None:
    """His owner has sent us away: what he kept counts as lost at once, and is made again elsewhere."""
    world, alice, source = safe
    keeper, new = world.seated(alice)[1], spare(world, alice)
    world.wait(keeper.service.reject(alice.idurl))
    world.until(lambda: any(block.acked == 3 for block in alice.blocks()), 600)
    world.until(lambda: new in seats(world, alice), HOUR)
    alice.until_safe(HOUR)
    assert world.wait(keeper.service.shelf.db.read(customers.used)) == 0
    assert alice.restore(str(source), world.folder / "out").state == "done"
