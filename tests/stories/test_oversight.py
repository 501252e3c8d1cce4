"""Suppliers are watched: who is away for too long, or cannot show what he keeps, is replaced by itself."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.customer.audit import LEAVES, WITHIN
from bitdust.customer.standing import Standing
from bitdust.transport import silence
from bitdust.wire.packets import Retrieve
from tests.stories.test_liars import changed, flip
from tests.world import House, World

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def safe(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, House]:
    """A customer with a safe version of many blocks, at four suppliers; the links are silent for longer."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"file{n}": 200_000 for n in range(30)})
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    return world, alice


def of(alice: House, house: House) -> Standing:
    """What she knows of him."""
    found: Standing = alice.world.wait(alice.customer.oversight.of(house.fingerprint))
    return found


def seats(world: World, alice: House) -> list[House | None]:
    """Who has which seat."""
    by_idurl = {each.idurl: each for each in world.houses.values()}
    return [None if seat is None else by_idurl[seat.idurl] for seat in alice.customer.suppliers.seats]


def told(alice: House, kind: str) -> list[Any]:
    """The events of that type."""
    return list(alice.node.happenings.latest(frozenset({kind}), 1000))


def test_the_honest_are_left_in_peace(safe: tuple[World, House]) -> None:
    """In ten days every supplier shows what he is asked for, is always there, and nobody is replaced."""
    world, alice = safe
    before = seats(world, alice)
    world.run(10 * DAY)
    for house in world.seated(alice):
        found = of(alice, house)
        assert found.uptime == 1.0
        assert found.asked == found.shown >= 10 * LEAVES
        assert found.doubt == ""
    assert seats(world, alice) == before
    (listed, *_) = world.wait(alice.node.suppliers_list())
    assert listed.uptime == 1.0
    assert listed.audits.split(" of ")[0] == listed.audits.split(" of ")[1]


def test_one_night_is_no_loss(safe: tuple[World, House]) -> None:
    """Away for 23 hours: his seat is his; the absence is remembered."""
    world, alice = safe
    (away, *_) = world.seated(alice)
    world.supplier("spare")
    world.away(away)
    world.run(23 * HOUR)
    world.back(away)
    world.run(2 * HOUR)
    assert world.seated(alice)[0] is away
    assert told(alice, "supplier.fired") == []
    assert 0.05 < (of(alice, away).uptime or 0.0) < 0.2


def test_who_is_gone_is_replaced(safe: tuple[World, House]) -> None:
    """Away for more than a day: somebody else has his seat, and all pieces, and nobody lifted a hand."""
    world, alice = safe
    (dead, *_) = world.seated(alice)
    spare = world.supplier("spare")
    gone = dead.fingerprint
    dead.crash()
    world.run(24 * HOUR)
    assert told(alice, "supplier.doubted") == []
    world.until(lambda: seats(world, alice)[0] is spare, 3 * HOUR)
    (doubted,) = told(alice, "supplier.doubted")
    assert doubted.data["idurl"] == dead.idurl
    assert "away" in doubted.data["why"]
    alice.until_safe(2 * HOUR)
    world.run(HOUR)
    assert len(spare.shelf_files()) == len(alice.blocks())
    # Of him nothing is remembered: should he come back, he begins anew.
    assert alice.world.wait(alice.customer.oversight.of(gone)) == Standing(None, 0, 0, None, "")


def test_what_is_usual_for_him_is_no_loss(safe: tuple[World, House]) -> None:
    """Who is away for 20 hours each day is not let go after 30; after three times 20 he is."""
    world, alice = safe
    (owl, *_) = world.seated(alice)
    world.supplier("spare")
    for _ in range(4):
        world.away(owl)
        world.run(20 * HOUR)
        world.back(owl)
        world.run(4 * HOUR)
    world.away(owl)
    world.run(55 * HOUR)
    assert world.seated(alice)[0] is owl
    world.run(10 * HOUR)
    assert owl not in seats(world, alice)


def test_one_who_was_only_away_comes_back_to_his_seat(safe: tuple[World, House]) -> None:
    """Nobody was to be had in his place; he is there again: nothing is moved, nothing stays vacant."""
    world, alice = safe
    (away, *_) = world.seated(alice)
    world.away(away)
    world.run(26 * HOUR)
    assert seats(world, alice)[0] is None
    alice.restart()
    assert seats(world, alice)[0] is None
    world.back(away)
    world.until(lambda: seats(world, alice)[0] is away, 2 * HOUR)
    assert of(alice, away).doubt == ""
    alice.until_safe(HOUR)
    alice.restart()
    assert seats(world, alice)[0] is away


def test_we_are_the_ones_who_are_away(safe: tuple[World, House]) -> None:
    """T64: without any network for a week nobody is let go: it is not their absence."""
    world, alice = safe
    world.suppliers(4, "spare")
    before = seats(world, alice)
    others = {house.place for house in world.houses.values() if house is not alice}
    world.network.partition({alice.place}, others)
    world.run(7 * DAY)
    world.network.heal()
    world.run(2 * HOUR)
    assert seats(world, alice) == before
    assert told(alice, "supplier.doubted") == []


def test_a_node_that_runs_for_minutes_a_day_watches_too(safe: tuple[World, House]) -> None:
    """A laptop that is on for 24 minutes a day knows who is there, asks them, and replaces who is gone."""
    world, alice = safe
    dead, other, *_ = world.seated(alice)
    world.suppliers(2, "spare")
    dead.crash()
    for _ in range(40):
        alice.stop()
        world.run(23.6 * HOUR)
        alice.start()
        world.run(0.4 * HOUR)
        if dead not in seats(world, alice) and None not in seats(world, alice):
            break
    assert dead not in seats(world, alice)
    found = of(alice, other)
    assert found.uptime == 1.0
    assert found.shown == found.asked >= 7


def test_a_few_at_a_time(safe: tuple[World, House]) -> None:
    """Two are gone: the second loses his seat when the first is replaced, not before."""
    world, alice = safe
    first, second, *_ = world.seated(alice)
    world.away(first, second)
    world.run(30 * HOUR)
    assert seats(world, alice).count(None) == 1
    world.suppliers(2, "spare")
    world.until(lambda: not {first, second} & set(seats(world, alice)), 6 * HOUR)
    alice.until_safe(2 * HOUR)


def test_one_rotten_leaf_is_mended(safe: tuple[World, House]) -> None:
    """T1: a bit that fell over is found by an audit; its piece is made again, and he keeps his seat."""
    world, alice = safe
    (house, *_) = world.seated(alice)
    # An audit is to find it: neither he himself, nor a drill.
    world.wait(house.service.scrubber.stop())
    alice.customer.drills.stop()
    path = house.shelf_files()[0]
    path.write_bytes(flip(path.read_bytes(), 300))
    for _ in range(100):
        world.run(DAY)
        found = of(alice, house)
        if found.asked > found.shown:
            break
    assert found.asked > found.shown
    assert world.seated(alice)[0] is house
    alice.until_safe(HOUR)


@pytest.mark.parametrize("how", ["corrupt", "gone"])
def test_who_cannot_show_what_he_keeps_is_replaced(safe: tuple[World, House], how: str) -> None:
    """T3: other bytes, or half of the pieces gone: he is let go within two days, others keep their seats."""
    world, alice = safe
    (bad, *rest) = world.seated(alice)
    world.supplier("spare")
    if how == "corrupt":
        bad.lie(Retrieve, changed(lambda data, body: (data, flip(body, 5))))
    else:
        for path in bad.shelf_files()[::2]:
            path.unlink()
    world.until(lambda: told(alice, "supplier.doubted"), 2 * DAY)
    (doubted,) = told(alice, "supplier.doubted")
    assert (doubted.data["idurl"], "could not show" in doubted.data["why"]) == (bad.idurl, True)
    world.until(lambda: bad not in seats(world, alice) and None not in seats(world, alice), DAY)
    assert set(rest) < set(seats(world, alice))
    alice.until_safe(DAY)


def test_a_liar_who_keeps_one_piece_is_replaced(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """T3: of a customer with a single block a liar has one piece, which is bad again and again: he goes."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    assert alice.back_up(world.tree(letter=20_000)).state == "committed"
    alice.until_safe()
    bad = world.seated(alice)[0]
    world.supplier("spare")
    bad.lie(Retrieve, changed(lambda data, body: (data, flip(body, 5))))
    world.until(lambda: bad not in seats(world, alice) and None not in seats(world, alice), 3 * DAY)
    alice.until_safe(HOUR)


def test_who_is_there_and_shows_nothing_is_replaced(safe: tuple[World, House]) -> None:
    """T5: a leaf that comes late is owed, and asked for again; after a day of that he is let go."""
    world, alice = safe
    late = world.seated(alice)[0]
    world.supplier("spare")
    slow = [True]

    async def liar(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        if slow[0]:
            waiting: Deferred[None] = Deferred()
            world.clock.callLater(WITHIN + 1, waiting.callback, None)
            await waiting
        await truth(sender, question, exchange)

    late.lie(Retrieve, liar)
    world.until(lambda: of(alice, late).asked > 0, 2 * DAY)
    assert of(alice, late).shown == 0
    slow[0] = False
    world.run(DAY)
    assert of(alice, late).shown > 0
    slow[0] = True
    world.run(DAY)
    assert late in seats(world, alice)
    world.until(lambda: late not in seats(world, alice), 2 * DAY)


def test_who_withholds_is_replaced_by_a_node_that_sleeps_at_night(safe: tuple[World, House]) -> None:
    """T5: a node that is switched off each night adds up, over its days, for how long nothing is shown."""
    world, alice = safe
    late = world.seated(alice)[0]
    world.supplier("spare")

    async def nothing(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        await Deferred()

    late.lie(Retrieve, nothing)
    for _ in range(6):
        alice.stop()
        world.run(12 * HOUR)
        alice.start()
        world.run(12 * HOUR)
    assert late not in seats(world, alice)
    assert None not in seats(world, alice)


def test_a_slow_line_is_no_silence(safe: tuple[World, House]) -> None:
    """T5: over a telephone line of 4 kB/s, which is enough for a restore, the honest keep their seats."""
    world, alice = safe
    world.suppliers(4, "spare")
    before = seats(world, alice)
    for house in world.houses.values():
        if house is not alice:
            world.network.speed(4000, alice.place, house.place)
    world.run(3 * DAY)
    assert told(alice, "supplier.doubted") == []
    assert seats(world, alice) == before
    assert all(of(alice, house).shown == of(alice, house).asked > 0 for house in world.seated(alice))


def test_what_was_taken_from_him_is_not_owed(safe: tuple[World, House]) -> None:
    """Who owed leaves, lost his seat and got another one, is not asked for what he was told to delete."""
    world, alice = safe
    world.suppliers(1, "spare")
    slow = world.seated(alice)[0]
    busy = [True]

    async def late(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        if busy[0]:
            await Deferred()
        await truth(sender, question, exchange)

    slow.lie(Retrieve, late)
    world.until(lambda: of(alice, slow).asked > 0, 2 * DAY)
    busy[0] = False
    world.wait(alice.customer.suppliers.replace(slow.idurl))
    alice.customer.monitor.restart()
    world.until(lambda: slow not in seats(world, alice) and None not in seats(world, alice), HOUR)
    while slow.fingerprint in alice.customer.suppliers.known:
        world.run(60)
    document = world.wait(alice.customer._document_of(slow.fingerprint))
    world.wait(alice.customer.change_supplier("1", document))
    alice.until_safe(2 * HOUR)
    world.run(3 * HOUR)
    assert told(alice, "supplier.doubted") == []
    found = of(alice, slow)
    assert found.shown == found.asked


def test_rounds_are_told(safe: tuple[World, House]) -> None:
    """Who is replaced, and why, is said where people look."""
    world, alice = safe
    (away, *_) = world.seated(alice)
    world.away(away)
    world.run(26 * HOUR)
    health = world.wait(alice.node.health())
    assert any(away.idurl in each and "away for" in each for each in health.wrong)
