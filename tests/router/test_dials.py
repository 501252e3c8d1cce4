"""Straight roads and relays to one peer, side by side."""

from __future__ import annotations

from functools import partial

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.errors import BadIdentity, BitDustError, Offline, Timeout
from bitdust.router.dials import AGAIN, Dials
from bitdust.transport.race import HEAD_START

from .test_links import FakeLink


class Roads:
    """Dials that end when told so, by their name."""

    def __init__(self) -> None:
        self.clock, self.cancelled = Clock(), []
        self.open: dict[str, Deferred[FakeLink]] = {}
        self.came: list[FakeLink] = []
        self.failed: list[BitDustError] = []
        self.dials = Dials(self.clock, self.came.append, self.failed.append)

    def dial(self, *names: str):
        return [partial(self._dial, name) for name in names]

    def _dial(self, name: str):
        self.open[name] = Deferred(lambda _: self.cancelled.append(name))
        return self.open[name]


def test_a_straight_road_that_answers_needs_no_relay():
    """The relay is not even asked when a straight road is quick."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    link = FakeLink(dialed=True)
    roads.open["tcp"].callback(link)
    assert roads.came == [link]
    assert list(roads.open) == ["tcp"]
    assert roads.clock.getDelayedCalls() == []


def test_a_relay_helps_out_and_the_straight_roads_go_on():
    """The relay comes a moment later; a straight link that comes after it is taken, too."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    relayed, straight = FakeLink(dialed=True, direct=False), FakeLink(dialed=True)
    roads.open["proxy"].callback(relayed)
    assert roads.came == [relayed]
    assert roads.cancelled == []
    roads.open["tcp"].callback(straight)
    assert roads.came == [relayed, straight]
    assert roads.failed == []


def test_a_straight_link_ends_the_dialling_over_relays():
    """What has become needless is given up."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    roads.open["tcp"].callback(FakeLink(dialed=True))
    assert roads.cancelled == ["proxy"]
    assert roads.failed == []


def test_a_refused_straight_road_costs_no_waiting():
    """When no straight road is left, the relay begins at once."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.open["tcp"].errback(Timeout("refused"))
    roads.clock.advance(0)
    assert "proxy" in roads.open
    roads.open["proxy"].errback(Offline("the relay does not know him"))
    [why] = roads.failed
    assert "refused" in why.message
    assert "does not know him" in why.message


def test_a_relay_that_fails_is_tried_again_while_straight_roads_are_silent():
    """A circuit that broke off costs a moment, and not the ten seconds for which routers say nothing."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    for pause in (AGAIN, 2 * AGAIN):
        roads.open.pop("proxy").errback(Timeout("it broke off"))
        assert roads.failed == []
        roads.clock.advance(pause)
    relayed = FakeLink(dialed=True, direct=False)
    roads.open["proxy"].callback(relayed)
    assert roads.came == [relayed]
    assert roads.clock.getDelayedCalls() == []


def test_a_relay_that_fails_at_last():
    """When no straight road is left it is tried a last time, and then it is said that nobody answers."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    roads.open.pop("proxy").errback(Timeout("it broke off"))
    roads.open["tcp"].errback(Timeout("nobody"))
    roads.clock.advance(0)
    roads.open["proxy"].errback(Timeout("it broke off"))
    assert [why.message for why in roads.failed] == ["it broke off; nobody"]
    assert roads.clock.getDelayedCalls() == []


def test_only_a_relay():
    """Who has no other contact is dialled over his relay, without a pause."""
    roads = Roads()
    roads.dials.begin([], roads.dial("proxy"))
    roads.clock.advance(0)
    roads.open["proxy"].errback(Timeout("nobody"))
    assert [why.message for why in roads.failed] == ["nobody"]


@pytest.mark.parametrize("who", ["tcp", "proxy"])
def test_somebody_else_is_told_first(who):
    """That another answered anywhere weighs more than that nobody did elsewhere."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    for name in ("tcp", "proxy"):
        roads.open[name].errback(BadIdentity("another") if name == who else Timeout("nobody"))
    [why] = roads.failed
    assert isinstance(why, BadIdentity)


def test_nothing_is_begun_twice():
    """While dials are under way, another wish begins none."""
    roads = Roads()
    for _ in range(2):
        roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
        first = roads.open["tcp"]
    assert roads.open["tcp"] is first
    roads.dials.begin(roads.dial("udp"))
    assert "udp" not in roads.open


def test_stopped():
    """Nothing is left, and nobody is told; dialling may begin anew."""
    roads = Roads()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.dials.stop()
    roads.dials.begin(roads.dial("tcp"), roads.dial("proxy"))
    roads.clock.advance(HEAD_START)
    roads.dials.stop()
    assert roads.cancelled == ["tcp", "tcp", "proxy"]
    assert roads.failed == roads.came == roads.clock.getDelayedCalls() == []


def test_nowhere_to_dial():
    """A peer without a contact is unreachable."""
    roads = Roads()
    roads.dials.begin([])
    [why] = roads.failed
    assert isinstance(why, Offline)
