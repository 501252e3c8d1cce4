"""Which of several links to one peer is used."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from bitdust.router.links import AT_ONCE, LINGER, MOST, PATIENCE, UNUSED, Links
from bitdust.transport.interface import ILink, LinkLost


@implementer(ILink)
class FakeLink:
    """A link that is over when told so."""

    document = spki = None
    transport_name, address = "fake", "fake://"

    def __init__(self, *, dialed: bool, idle: bool = True, direct: bool = True) -> None:
        self.dialed, self.idle, self.why = dialed, idle, None
        self.direct = direct
        self._closed: list[Deferred[str]] = []
        self.pings: list[Deferred[float]] = []

    def serve(self, answerer):
        pass

    def ask(self, packet, priority):
        raise AssertionError

    def is_idle(self):
        return self.idle

    def ping(self):
        self.pings.append(Deferred())
        return self.pings[-1]

    def close(self, why):
        if self.why is None:
            self.why = why
            for ping in self.pings:
                if not ping.called:
                    ping.errback(LinkLost())
            for closed in self._closed:
                closed.callback(why)

    def closed(self):
        closed: Deferred[str] = Deferred()
        if self.why is not None:
            closed.callback(self.why)
        else:
            self._closed.append(closed)
        return closed


class Held:
    """Links that write down when they come and go."""

    def __init__(self, ours_first: bool = True) -> None:
        self.clock, self.said, self.needed, self.chosen = Clock(), [], True, []
        self.links = Links(
            self.clock,
            ours_first,
            up=lambda: self.said.append("up"),
            down=self.said.append,
            needed=lambda: self.needed,
            chosen=lambda: self.chosen.append(self.links.best()),
        )


def test_one_link():
    """The first comes, the last goes, and how long it lasted is told."""
    held = Held()
    link = FakeLink(dialed=True)
    held.links.add(link)
    assert held.links.best() is link
    held.clock.advance(7.0)
    link.close("enough")
    assert held.links.best() is None
    assert held.said == ["up", 7.0]


def test_dead_links_are_found():
    """After a sleep: who gives no sign of life in time is dropped, the others stay."""
    held = Held()
    dead, alive = FakeLink(dialed=True), FakeLink(dialed=True)
    held.links.add(dead)
    held.links.add(alive)
    held.links.check(5.0)
    held.clock.advance(1.0)
    alive.pings[-1].callback(0.25)
    assert held.links.rtt() == 0.25
    held.clock.advance(4.0)
    assert (dead.why, alive.why) == ("dead", None)
    assert held.said == ["up"]
    held.links.check(5.0)
    held.clock.advance(5.0)
    assert alive.why == "dead"
    assert held.said == ["up", 10.0]


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("ours_came_first", [True, False])
def test_of_two_dialled_at_once_the_smaller_fingerprints_wins(ours_first, ours_came_first):
    """Whatever the order they came in; both ends decide the same."""
    held = Held(ours_first)
    ours, theirs = FakeLink(dialed=True), FakeLink(dialed=False)
    for link in (ours, theirs) if ours_came_first else (theirs, ours):
        held.links.add(link)
    winner, loser = (ours, theirs) if ours_first else (theirs, ours)
    assert held.links.best() is winner
    assert loser.why is None
    held.clock.advance(LINGER)
    assert loser.why is not None
    assert winner.why is None
    assert held.said == ["up"]


def test_a_link_nobody_needs_is_closed():
    """Ten minutes unused: what we dialled is closed when idle; what the peer dialled is his to close."""
    ours, theirs, busy = FakeLink(dialed=True), FakeLink(dialed=False), FakeLink(dialed=True, idle=False)
    for link in (ours, theirs, busy):
        held = Held()
        held.links.add(link)
        held.clock.advance(UNUSED)
        assert link.why is None
        held.needed = False
        held.clock.advance(UNUSED)
        assert (link.why is not None) == (link is ours)
        held.links.close("over")
        assert held.clock.getDelayedCalls() == []


def test_a_busy_loser_stays():
    """A replaced link is closed only when nothing is in flight on it."""
    held = Held()
    loser = FakeLink(dialed=False, idle=False)
    held.links.add(FakeLink(dialed=True))
    held.links.add(loser)
    held.clock.pump([LINGER] * 20)
    assert loser.why is None
    loser.idle = True
    held.clock.advance(LINGER)
    assert loser.why is not None


def test_a_much_later_link_is_better():
    """The peer dials again because the old link is dead to him."""
    held = Held()
    old, new = FakeLink(dialed=True), FakeLink(dialed=False)
    held.links.add(old)
    held.clock.advance(AT_ONCE + 0.1)
    held.links.add(new)
    assert held.links.best() is new


def test_the_second_takes_over_when_the_first_ends():
    """While any link is left, the peer is not gone."""
    held = Held()
    best, other = FakeLink(dialed=True), FakeLink(dialed=False)
    held.links.add(best)
    held.links.add(other)
    best.close("cut")
    assert held.links.best() is other
    assert held.said == ["up"]
    held.clock.advance(60.0)
    assert other.why is None


def test_a_crowd_of_links_is_thinned():
    """A peer cannot make us hold more than a few links to him."""
    held = Held()
    links = [FakeLink(dialed=False, idle=False) for _ in range(10)]
    for link in links:
        held.links.add(link)
    assert sum(link.why is None for link in links) == MOST
    assert held.links.best() is links[-1]


def test_a_link_that_is_over_already_is_no_link():
    """Added after its end, it never is the best for longer than a moment."""
    held = Held()
    link = FakeLink(dialed=True)
    link.close("too late")
    held.links.add(link)
    assert held.links.best() is None
    assert "up" not in held.said


def test_the_round_trip_is_measured():
    """Each link is pinged once when it comes."""
    held = Held()
    link = FakeLink(dialed=True)
    held.links.add(link)
    assert held.links.rtt() is None
    link.pings[0].callback(0.25)
    assert held.links.rtt() == 0.25
    held.links.measured(link, 0.5)
    assert held.links.rtt() == 0.5


@example([("ours", 0), ("wait", 6), ("ours", 0), ("close", 1), ("ours", 0), ("close", 2)])
@given(st.lists(st.tuples(st.sampled_from(["ours", "theirs", "close", "drop", "wait"]), st.integers(0, 9))))
def test_up_and_down_alternate(steps):
    """Whatever comes and goes: a best link is there exactly between `up` and `down`; no timer is left."""
    held, links = Held(), []
    for step, number in steps:
        if step in ("ours", "theirs"):
            links.append(FakeLink(dialed=step == "ours", idle=number % 2 == 0))
            held.links.add(links[-1])
        elif step == "wait":
            held.clock.advance(float(number * 3))
        elif links:
            link = links[number % len(links)]
            link.close("closed") if step == "close" else held.links.drop(link)
        assert (held.links.best() is not None) == (len(held.said) % 2 == 1)
        best = held.links.best()
        assert best is None or best.why is None
        # One to tidy up, and one for each link that is to show that it lives.
        assert len(held.clock.getDelayedCalls()) <= 1 + sum(link.why is None for link in links)
    held.links.close("over")
    assert held.links.best() is None
    assert held.clock.getDelayedCalls() == []
    assert all(link.why is not None for link in links)


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("straight_first", [True, False])
def test_of_two_made_at_once_the_straight_one_is_used(ours_first, straight_first):
    """A link without a relay is better, whoever dialled it and whichever came first; the other ends idle."""
    held = Held(ours_first)
    straight, relayed = FakeLink(dialed=False), FakeLink(dialed=True, direct=False)
    for link in (straight, relayed) if straight_first else (relayed, straight):
        held.links.add(link)
    assert held.links.best() is straight
    assert held.chosen[-1] is straight
    held.clock.advance(LINGER)
    assert relayed.why is not None
    assert straight.why is None


def test_a_straight_link_later_takes_over_from_a_relay():
    """What a relayed link has begun it ends; what is new goes straight."""
    held = Held()
    relayed = FakeLink(dialed=True, idle=False, direct=False)
    held.links.add(relayed)
    held.clock.advance(100)
    straight = FakeLink(dialed=True)
    held.links.add(straight)
    assert held.links.best() is straight
    for ping in relayed.pings:
        ping.callback(0.1)
    held.clock.advance(LINGER)
    assert relayed.why is None
    relayed.idle = True
    held.clock.advance(LINGER)
    assert relayed.why is not None


def test_t62_what_a_later_link_replaces_shows_that_it_lives():
    """T62: who makes a link anew had lost the older: what came over that, half, does not stay for minutes."""
    held = Held()
    older = FakeLink(dialed=False, idle=False)
    held.links.add(older)
    held.clock.advance(100)
    held.links.add(FakeLink(dialed=False))
    held.clock.advance(PATIENCE)
    assert older.why == "dead"
    assert held.said == ["up"]


def test_a_relayed_link_later_means_that_the_straight_one_is_dead():
    """Nobody with a straight link dials a relay: its maker has lost the older."""
    held = Held()
    straight = FakeLink(dialed=True)
    held.links.add(straight)
    held.clock.advance(AT_ONCE + 1)
    relayed = FakeLink(dialed=False, direct=False)
    held.links.add(relayed)
    assert held.links.best() is relayed
    relayed.close("gone")
    assert held.links.best() is straight
    assert held.chosen == [straight, relayed, straight]


def test_of_what_is_left_the_straight_one_is_used():
    """When the link in use ends, a straight one takes over before a relayed one that is newer."""
    held = Held()
    straight, relayed, best = (
        FakeLink(dialed=True),
        FakeLink(dialed=True, direct=False),
        FakeLink(dialed=True),
    )
    for link in (straight, relayed, best):
        held.links.add(link)
    assert held.links.best() is best
    best.close("gone")
    assert held.links.best() is straight
    straight.close("gone")
    assert held.links.best() is relayed
    relayed.close("gone")
    assert held.chosen[-1] is None
    assert held.clock.getDelayedCalls() == []
