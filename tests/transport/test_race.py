"""Several contacts of one peer, tried side by side."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from bitdust.errors import BadIdentity, Offline, Timeout
from bitdust.transport.race import HEAD_START, Race
from tests.router.test_links import FakeLink


class Contacts:
    """Dials that end when told so."""

    def __init__(self, number: int) -> None:
        self.clock, self.outcome, self.cancelled = Clock(), [], []
        self.dials: list[Deferred[FakeLink]] = []
        self.race = Race(self.clock, [self._dial] * number)
        self.race.won.addBoth(self.outcome.append)

    def _dial(self):
        dial = Deferred(self.cancelled.append)
        self.dials.append(dial)
        return dial


def test_the_next_begins_a_moment_later():
    """Each contact has a head start, then the next is tried beside it."""
    contacts = Contacts(3)
    assert len(contacts.dials) == 1
    contacts.clock.advance(HEAD_START)
    assert len(contacts.dials) == 2
    contacts.clock.advance(HEAD_START)
    assert len(contacts.dials) == 3
    assert contacts.clock.getDelayedCalls() == []


def test_a_failure_begins_the_next_at_once():
    """A refused connection costs no waiting."""
    contacts = Contacts(2)
    contacts.dials[0].errback(Timeout("refused"))
    assert len(contacts.dials) == 2
    link = FakeLink(dialed=True)
    contacts.dials[1].callback(link)
    assert contacts.outcome == [link]
    assert contacts.clock.getDelayedCalls() == []


def test_the_first_link_wins_and_the_others_are_given_up():
    """The slower dials are cancelled; nothing is left."""
    contacts = Contacts(3)
    contacts.clock.advance(HEAD_START)
    link = FakeLink(dialed=True)
    contacts.dials[1].callback(link)
    assert contacts.outcome == [link]
    assert contacts.cancelled == [contacts.dials[0]]
    assert contacts.clock.getDelayedCalls() == []


def test_all_failed():
    """The reasons are told; a stranger who answered counts more than silence."""
    contacts = Contacts(2)
    contacts.dials[0].errback(Timeout("nobody answers at a"))
    contacts.dials[1].errback(Timeout("nobody answers at b"))
    assert contacts.outcome[0].check(Offline)
    assert contacts.outcome[0].getErrorMessage() == "nobody answers at a; nobody answers at b"
    contacts = Contacts(2)
    contacts.dials[0].errback(BadIdentity("a stranger"))
    contacts.dials[1].errback(Timeout("nobody"))
    assert contacts.outcome[0].check(BadIdentity)


def test_no_contacts_at_all():
    """An empty list fails at once."""
    assert Contacts(0).outcome[0].check(Offline)


def test_cancelling_ends_every_dial():
    """Nobody wants the link any more."""
    contacts = Contacts(3)
    contacts.clock.advance(HEAD_START)
    contacts.race.won.cancel()
    assert len(contacts.cancelled) == 2
    assert contacts.outcome[0].check(CancelledError)
    assert contacts.clock.getDelayedCalls() == []


def test_dials_that_fail_at_once():
    """Transports that refuse without waiting are gone through in one go."""
    from twisted.internet.defer import fail

    clock, outcome = Clock(), []
    Race(clock, [lambda: fail(Timeout("no"))] * 5).won.addBoth(outcome.append)
    assert outcome[0].check(Offline)
    assert clock.getDelayedCalls() == []
