"""Holes of UDP between hosts without routers, by hand-turned clock: what is opened, and that it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bitdust.errors import BadIdentity, Timeout
from bitdust.transport.interface import IHole
from bitdust.transport.port import ALONE
from bitdust.transport.udp.port import UdpTransport
from tests.transport.people import person
from tests.transport.udp.air import Air, result

ALICE, BOB, OTTO = person("alice"), person("bob"), person("otto")
SECRET = bytes(16)


class Three:
    """Alice, Bob, and Otto, who tells them where they are."""

    def __init__(self) -> None:
        self.air = Air()
        self.alice, self.bob, self.otto = (
            self.air.road(who, f"192.0.2.{number}") for number, who in enumerate((ALICE, BOB, OTTO), 1)
        )
        for road in (self.alice, self.bob):
            result(road.listen(self.air.accept))
        [self.contact] = result(self.otto.listen(self.air.accept))

    def hole(self, road: UdpTransport, *, fresh: bool = False) -> IHole:
        return self.air.until(road.hole([(self.contact, OTTO.expected)], fresh))

    def sockets(self) -> int:
        return len(self.air._sockets)


@pytest.fixture
def three() -> Iterator[Three]:
    them = Three()
    yield them
    them.air.stop()


def test_who_only_asks_is_no_guest(three: Three) -> None:
    """The one who tells a place hands the link to nobody, and it ends with the hole."""
    hole = three.hole(three.alice)
    assert str(hole.place).startswith("192.0.2.1:")
    assert (three.air.links, len(three.otto.links)) == ([], 1)
    hole.close()
    three.air.turn(10.0)
    assert len(three.otto.links) == 0


@pytest.mark.parametrize("fresh", [False, True])
def test_a_link(three: Three, fresh: bool) -> None:
    """Both begin, one dials: a link between the two ports, which stays when the holes are closed."""
    ours, his = three.hole(three.alice, fresh=fresh), three.hole(three.bob, fresh=fresh)
    letting_in = his.let_in([ours.place], SECRET)
    link = three.air.until(ours.dial([his.place], SECRET, BOB.expected))
    assert (link.place, link.seen_as) == (str(his.place), str(ours.place))
    letting_in.addErrback(lambda _: None)
    ours.close()
    his.close()
    three.air.turn(30.0)
    assert three.sockets() == 3 + 2 * fresh
    assert three.air.until(link.ping()) > 0
    link.close("enough")
    three.air.turn(30.0)
    assert three.sockets() == 3


def test_somebody_else(three: Three) -> None:
    """T17: who comes through and is another than the one who was meant is not talked to."""
    ours, his = three.hole(three.alice), three.hole(three.bob)
    his.let_in([ours.place], SECRET).addErrback(lambda _: None)
    dialing = ours.dial([his.place], SECRET, replace(BOB.expected, spkis=frozenset({bytes(32)})))
    with pytest.raises(BadIdentity):
        three.air.until(dialing)
    his.close()


def test_nobody(three: Three) -> None:
    """Nothing comes: that is told, and nothing is left over."""
    ours, his = three.hole(three.alice, fresh=True), three.hole(three.bob)
    with pytest.raises(Timeout):
        three.air.until(ours.dial([his.place], SECRET, BOB.expected))
    ours.close()
    his.close()
    three.air.turn(10.0)
    assert three.sockets() == 3


def test_nobody_says_where(three: Three) -> None:
    """No hole without an observer, and no socket either."""
    with pytest.raises(Timeout):
        three.air.until(three.alice.hole([("udp://192.0.2.9:1", OTTO.expected)], True))
    three.air.turn(10.0)
    assert three.sockets() == 3


def test_a_place_that_is_known(three: Three) -> None:
    """Who has a link to the observer need not ask again."""
    three.air.until(three.alice.dial(three.contact, OTTO.expected))
    said = len(three.air.said)
    assert three.hole(three.alice).place.port > 0
    assert len(three.air.said) == said


def test_who_is_silent_is_not_waited_for(three: Three) -> None:
    """Of two observers the first does not answer: the second is asked beside him, and no hole stays open."""
    begun = three.air.clock.seconds()
    silent = ("udp://192.0.2.9:1", OTTO.expected)
    hole = three.air.until(three.alice.hole([silent, (three.contact, OTTO.expected)], True))
    assert three.air.clock.seconds() - begun < 2 * ALONE
    hole.close()
    three.air.turn(30.0)
    assert three.sockets() == 3
