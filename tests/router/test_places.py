"""Good contacts and address records: what leads to a peer when his document does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from twisted.internet.defer import fail
from twisted.trial.unittest import SynchronousTestCase

from bitdust.database import Database
from bitdust.errors import Offline, TryLater
from bitdust.router.places import KEPT_FOR, MOST_OF_ONE, NOTE_EVERY, Places
from bitdust.router.tables import SCHEMA
from bitdust.world import inline, spawn

from .town import Town


def moved(town, bob, place):
    """Bob lives elsewhere now, and only his address record says so."""
    bob.leave()
    name, bob.name = bob.name, place
    bob.move_in()
    bob.name = name
    town.served.clear()


def _broken(*_):
    return fail(TryLater("the disk does not let us"))


class PlacesTest(SynchronousTestCase):
    """What is remembered of good contacts."""

    def setUp(self):
        self.now = 1e9
        self.db = Database(":memory:", SCHEMA, inline)
        self.places = Places(self.db, lambda: self.now)

    def of(self, peer):
        return self.successResultOf(spawn(self.places.of(peer)))

    def test_the_last_come_first(self):
        """The few that led to a peer last, the newest first; of others nothing."""
        for number in range(MOST_OF_ONE + 2):
            self.now += 1
            self.places.worked("bob", f"tcp://192.0.2.{number}:1")
        assert self.of("bob") == tuple(f"tcp://192.0.2.{number}:1" for number in (4, 3, 2))
        assert self.of("carol") == ()

    def test_they_are_forgotten(self):
        """What has not led to anybody for long is forgotten; what goes on does not."""
        for _ in range(int(KEPT_FOR / NOTE_EVERY) + 3):
            self.places.worked("bob", "tcp://192.0.2.1:1")
            self.now += NOTE_EVERY
            if self.now < 1e9 + 2 * NOTE_EVERY:
                self.places.worked("bob", "tcp://192.0.2.2:1")
        assert self.of("bob") == ("tcp://192.0.2.1:1",)

    def test_a_broken_disk_breaks_no_link(self):
        """Where nothing can be noted or read, a dial does without."""
        self.places = Places(Database(":memory:", SCHEMA, _broken), lambda: self.now)
        self.places.worked("bob", "tcp://192.0.2.1:1")
        assert self.of("bob") == ()


def test_t39_known_peers_meet_without_any_directory():
    """A peer who was reached where his document does not say is reached there after a restart of both."""
    town = Town()
    alice, bob = town.pair()
    moved(town, bob, "elsewhere")
    alice.router.hint(bob.fingerprint, ["memory://elsewhere"])
    town.result(alice.router.ping(bob.fingerprint))
    alice.leave()
    alice.move_in()
    assert town.result(alice.router.ping(bob.fingerprint))[1] == "memory"
    assert town.looked_for == []


def test_an_address_record_leads_to_who_moved():
    """He is not where he was, and no identity server answers: his address record is looked for."""
    town = Town()
    alice, bob = town.pair()
    moved(town, bob, "elsewhere")
    town.said[bob.fingerprint] = SimpleNamespace(revision=1, contacts=("memory://elsewhere",))
    assert town.result(alice.router.ping(bob.fingerprint, within=30.0), 30.0)[1] == "memory"
    assert town.looked_for == [bob.document.name]


def test_a_newer_document_comes_with_the_link():
    """He was set up anew with another device, no server answers: the record is word of the newer document."""
    town = Town()
    alice, bob = town.pair()
    bob.new_device()
    moved(town, bob, "elsewhere")
    town.said[bob.fingerprint] = SimpleNamespace(
        revision=bob.document.revision, contacts=("memory://elsewhere",)
    )
    town.result(alice.router.ping(bob.fingerprint, within=30.0), 30.0)
    assert alice.link(bob).document == bob.document


def test_a_record_that_leads_to_somebody_else():
    """Whoever is where the record says and is not the peer is not asked."""
    town = Town()
    alice, bob = town.pair()
    town.resident("eve")
    moved(town, bob, "elsewhere")
    town.said[bob.fingerprint] = SimpleNamespace(revision=9, contacts=("memory://eve",))
    with pytest.raises(Offline, match="expected"):
        town.result(alice.router.ping(bob.fingerprint, within=5.0), 5.0)
    assert alice.came == []


def test_who_is_seen_is_dialled_at_once():
    """He is wanted, and the next try is far away: word that he is there, at the same place, makes it now."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    alice.router.keep(bob.fingerprint)
    town.run(3600.0)
    bob.move_in()
    alice.router.seen(bob.fingerprint, ["memory://" + bob.name])
    town.run(0.1)
    assert alice.router.is_online(bob.fingerprint)
    alice.router.seen(bob.fingerprint, ["memory://nobody"])
    town.run(60.0)
    assert alice.came == [bob.fingerprint]


def test_who_is_seen_elsewhere_while_the_dial_hangs():
    """A dial that leads into silence is given up for the place where he was seen."""
    town = Town()
    alice, bob = town.pair()
    moved(town, bob, "elsewhere")
    town.resident("nobody")
    town.network.partition({alice.name}, {bob.name})
    alice.router.keep(bob.fingerprint)
    town.run(1.0)
    alice.router.seen(bob.fingerprint, ["memory://elsewhere"])
    town.run(1.0)
    assert alice.router.is_online(bob.fingerprint)


def test_who_is_where_he_was_is_not_looked_for():
    """A directory is no part of a dial that works."""
    town = Town()
    alice, bob = town.pair()
    town.result(alice.router.ping(bob.fingerprint))
    assert town.looked_for == town.fetched == []
