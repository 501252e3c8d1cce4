"""A limit on what comes in, over links on a hand-turned clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import cast

import pytest

from bitdust.transport.interface import ExchangeReset, IExchange, ILink, LinkLost
from bitdust.transport.memory import MemoryTransport
from bitdust.wire.packets import Ack, Priority
from bitdust.world import spawn

from .people import doorman, person
from .test_link import BOB, World, piece, result

RATE = 1_000_000


class Busy(World):
    """Three who send to Bob at a time; `got` counts what came from whom."""

    def __init__(self) -> None:
        super().__init__()
        self.got: Counter[ILink] = Counter()
        self.places: list[MemoryTransport] = []

    def answer(self, link: ILink, exchange: IExchange) -> None:
        async def work() -> None:
            while data := await exchange.read():
                self.got[link] += len(data)
            exchange.reply(Ack(note="all of it"))

        spawn(work()).addErrback(lambda failure: failure.trap(LinkLost, ExchangeReset))

    def begin(self, size: int) -> list[ILink]:
        """Three pieces of that size set out; the links they take."""
        roads = []
        for name in ("carol", "dave", "erin"):
            self.places.append(self.place(person(name), doorman))
            dialing = self.places[-1].dial("memory://bob", BOB.expected)
            self.turn(1.0)
            roads.append(cast(ILink, result(dialing)))
        for road in roads:
            exchange = road.ask(piece(size), Priority.BACKUP)
            exchange.write(bytes(size)).addErrback(lambda failure: failure.trap(LinkLost))
        return roads

    def total(self) -> int:
        return sum(self.got.values())


@pytest.fixture
def busy() -> Iterator[Busy]:
    world = Busy()
    yield world
    for place in world.places:
        place.stop()
    world.bob.intake.set(0)
    world.stop()


def test_the_rate_is_kept_by_all_together(busy: Busy) -> None:
    """Three who send at a time are heard at the limit, within 5 %, and none of them more than another."""
    busy.bob.intake.set(RATE)
    busy.begin(60_000_000)
    busy.turn(5.0)
    before, was = busy.total(), Counter(busy.got)
    busy.turn(60.0)
    assert busy.total() - before == pytest.approx(60 * RATE, rel=0.05)
    shares = [busy.got[link] - was[link] for link in busy.got]
    assert min(shares) > 0.9 * max(shares)


def test_it_changes_and_goes_while_they_send(busy: Busy) -> None:
    """Another limit holds at once, also after a slow one; without one the rest is there at once."""
    busy.bob.intake.set(1000)
    busy.begin(20_000_000)
    busy.turn(30.0)
    busy.bob.intake.set(RATE)
    busy.turn(2.0)
    before = busy.total()
    busy.turn(20.0)
    assert busy.total() - before == pytest.approx(20 * RATE, rel=0.05)
    busy.bob.intake.set(0)
    busy.turn(1.0)
    assert busy.total() == 60_000_000


def test_nobody_is_lost_for_being_held(busy: Busy) -> None:
    """A limit so low that a link is not read for many minutes ends no link."""
    busy.bob.intake.set(500)
    roads = busy.begin(1_000_000)
    over = [road.closed() for road in roads]
    busy.turn(1800.0)
    assert not any(each.called for each in over)
    assert busy.total() < 3_000_000


def test_a_link_that_is_held_ends_in_order(busy: Busy) -> None:
    """Closing a link that is not read at the moment takes no longer than another, and leaves nothing."""
    busy.bob.intake.set(500)
    roads = busy.begin(1_000_000)
    busy.turn(10.0)
    over = [road.closed() for road in roads]
    for link in busy.links:
        link.close("enough")
    busy.turn(10.0)
    assert all("enough" in str(result(each)) for each in over)
