"""When a straight road is tried while a relay is in use."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.errors import Offline
from bitdust.router.upgrade import TRIES, Upgrade


class Tried:
    """Writes down when it was tried."""

    def __init__(self) -> None:
        self.clock, self.at = Clock(), []
        self.punched: list[tuple[float, Deferred[Any]]] = []
        self.links: list[Any] = []
        self.given_up: list[float] = []
        self.upgrade = Upgrade(
            self.clock, lambda: self.at.append(self.clock.seconds()), self.punch, self.links.append
        )

    def punch(self) -> Deferred[Any]:
        now = self.clock.seconds()
        self.punched.append((now, Deferred(lambda _: self.given_up.append(now))))
        return self.punched[-1][1]

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.advance(1.0)


def test_rarer_and_rarer():
    """After 1, 5 and 30 minutes, and every 30 from then on."""
    tried = Tried()
    tried.upgrade.watch(True)
    tried.upgrade.watch(True)
    tried.run(3600 * 2)
    first, second, later = TRIES
    assert tried.at == [first, first + second, *(first + second + later * n for n in (1, 2, 3))]


def test_never_without_a_relayed_link():
    """A straight link, or none, ends it; the next relayed link begins anew."""
    tried = Tried()
    tried.upgrade.hurry()
    tried.upgrade.watch(True)
    tried.run(100)
    tried.upgrade.watch(False)
    assert tried.clock.getDelayedCalls() == []
    tried.upgrade.hurry()
    tried.run(3600)
    tried.upgrade.watch(True)
    tried.run(61)
    assert tried.at == [60.0, 3760.0]


def test_it_tells_how_far_it_is():
    """When it is tried again, and how often it was; nothing of that without a relayed link."""
    tried = Tried()
    assert (tried.upgrade.is_wanted, tried.upgrade.next_try()) == (False, None)
    tried.upgrade.watch(True)
    assert (tried.upgrade.is_wanted, tried.upgrade.tries, tried.upgrade.next_try()) == (True, 0, 60.0)
    tried.run(61)
    assert (tried.upgrade.tries, tried.upgrade.next_try()) == (1, 360.0)
    tried.upgrade.watch(False)
    assert (tried.upgrade.is_wanted, tried.upgrade.next_try()) == (False, None)


def test_a_change_of_the_network_is_no_time_to_wait():
    """It is tried at once, and soon again."""
    tried = Tried()
    tried.upgrade.watch(True)
    tried.run(400)
    assert tried.at == [60.0, 360.0]
    tried.upgrade.hurry()
    tried.run(60)
    assert tried.at == [60.0, 360.0, 400.0, 460.0]


def test_punching_begins_at_once():
    """Who has come over a relay does not wait a minute to come through; who fails tries with the others."""
    tried = Tried()
    tried.upgrade.watch(True)
    [(at, punching)] = tried.punched
    assert at == 0.0
    tried.run(61)
    assert len(tried.punched) == 1, "it is under way"
    punching.errback(Offline("nothing came through"))
    tried.run(300)
    assert [at for at, _ in tried.punched] == [0.0, 360.0]
    tried.punched[-1][1].callback("a link")
    assert tried.links == ["a link"]


def test_what_came_straight_ends_the_punching():
    """No round goes on for a link that is not needed; and none with places of before the change."""
    tried = Tried()
    tried.upgrade.watch(True)
    tried.upgrade.hurry()
    assert tried.given_up == [0.0]
    assert len(tried.punched) == 2
    tried.upgrade.watch(False)
    assert tried.given_up == [0.0, 0.0]
    assert tried.clock.getDelayedCalls() == []
