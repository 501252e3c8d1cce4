"""Looking for address records: bounded, and never back to what is older."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bitdust.database import Database
from bitdust.directory.address import CERTIFICATE, MAX_AGE, address_of, seal_address
from bitdust.directory.finding import AT_ONCE, REST, AddressFinder
from bitdust.errors import Timeout
from bitdust.identity.keys import Keys
from bitdust.identity.pinning import SCHEMA, Pins
from bitdust.world import give_up, inline, spawn
from tests.identity.people import ALICE, DEVICE, document

KEYS = Keys.from_master(ALICE)
NOW = 1_800_000_000.0


def alice(revision=5, contacts=("tcp://192.0.2.8:7771",), master=ALICE):
    """Her document, with the key of her address records."""
    extra = [(CERTIFICATE, Keys.from_master(master).directory_public)]
    return document(master, revision=revision, contacts=list(contacts), extra=extra)


class FindingTest(SynchronousTestCase):
    """A directory that shows what the test says."""

    def setUp(self):
        self.clock = Clock()
        self.shown: object = None
        self.asked = []
        db = Database(":memory:", SCHEMA, inline)
        self.addCleanup(db.close)
        self.pins = Pins(db, lambda: NOW)
        self.successResultOf(spawn(self.pins.doorman(alice().raw, DEVICE.spki)))
        self.finder = self.anew()

    def anew(self):
        """The finder of a node that has just started, in the same folder."""
        return AddressFinder(self, self.pins, self.clock, lambda: NOW + self.clock.seconds())

    async def look(self, public):
        self.asked.append(public)
        if isinstance(self.shown, Exception):
            raise self.shown
        return await self.shown if isinstance(self.shown, Deferred) else self.shown

    def find(self, document=None):
        return self.successResultOf(spawn(self.finder.find(document or alice())))

    def record(self, sequence, **changes):
        return seal_address(KEYS, address_of(alice(**changes), NOW), sequence)

    def test_found(self):
        """The record of somebody who leaves some; who does not is not even asked for."""
        self.shown = self.record(1)
        assert self.find().contacts == ("tcp://192.0.2.8:7771",)
        assert self.find(document()) is None
        assert len(self.asked) == 1

    def test_not_again_at_once(self):
        """Whoever asks again within a minute gets what was found before."""
        self.shown = self.record(1)
        for _ in range(5):
            assert self.find() is not None
        assert len(self.asked) == 1
        self.clock.advance(REST)
        self.find()
        assert len(self.asked) == 2

    def test_t37_nothing_older_later(self):
        """A replayed record with a lower sequence number does not take the place of the newer one."""
        self.shown = self.record(7, contacts=("tcp://192.0.2.9:7771",))
        newest = self.find()
        self.shown = self.record(6)
        self.clock.advance(REST)
        assert self.find() == newest

    def test_t37_a_look_given_up_forgets_nothing(self):
        """Whoever gives up waiting for a look leaves what was known, and what it finds is still taken in."""
        self.shown = self.record(7, contacts=("tcp://192.0.2.9:7771",))
        newest = self.find()
        self.clock.advance(REST)
        self.shown = waiting = Deferred()
        give_up(spawn(self.finder.find(alice())))
        waiting.callback(None)
        self.shown = self.record(6)
        self.clock.advance(REST)
        assert self.find() == newest

    def test_t37_two_at_once(self):
        """Two who look for one peer at a time ask once, and neither believes what is older."""
        self.shown = waiting = Deferred()
        looking = [spawn(self.finder.find(alice())) for _ in range(2)]
        self.clock.advance(REST)
        looking.append(spawn(self.finder.find(alice())))
        self.shown = self.record(3)
        waiting.callback(self.record(5, contacts=("tcp://192.0.2.9:7771",)))
        assert [self.successResultOf(each).contacts for each in looking] == [("tcp://192.0.2.9:7771",)] * 3
        assert len(self.asked) == 1

    def test_one_of_two_gives_up(self):
        """The other one gets what was found."""
        self.shown = waiting = Deferred()
        first, second = spawn(self.finder.find(alice())), spawn(self.finder.find(alice()))
        give_up(first)
        waiting.callback(self.record(5))
        assert self.successResultOf(second) is not None

    def test_t37_nothing_older_after_a_restart(self):
        """The highest number that was shown stays with who is pinned, also when it is a very high one."""
        self.shown = self.record(2**63 - 1)
        assert self.find() is not None
        self.finder = self.anew()
        self.shown = self.record(6)
        assert self.find() is None
        self.clock.advance(REST)
        self.shown = self.record(2**63 - 1)
        assert self.find() is not None

    def test_a_new_key_counts_anew(self):
        """Numbers belong to the key: who has changed his is believed."""
        self.shown = self.record(2**62)
        self.find()
        other = Keys.from_master(bytes(32))
        changed = document(ALICE, revision=6, extra=[(CERTIFICATE, other.directory_public)])
        assert (
            self.successResultOf(
                spawn(self.pins.address_shown(changed.fingerprint, other.directory_public, 4))
            )
            == 4
        )

    def test_t37_what_was_found_grows_old(self):
        """What was found once is no address when it is too old, or older than a document that came since."""
        self.shown = self.record(7)
        assert self.find() is not None
        self.shown = Timeout("slow")
        self.clock.advance(REST)
        assert self.find() is not None
        assert self.find(alice(revision=6)) is None
        self.clock.advance(MAX_AGE)
        assert self.find() is None

    def test_t37_wrong_ones(self):
        """What is none, or cannot be had, is no address."""
        for wrong in (
            b"",
            self.record(1)[:-1],
            self.record(2**63),
            self.record(1, revision=4),
            Timeout("slow"),
            None,
        ):
            self.shown = wrong
            assert self.find() is None
            self.clock.advance(REST)

    def test_few_at_once(self):
        """Many who are away are looked for one after the other."""
        self.shown = waiting = Deferred()
        looking = [
            spawn(self.finder.find(alice(master=bytes([number]) * 32))) for number in range(2 * AT_ONCE)
        ]
        assert len(self.asked) == AT_ONCE
        self.shown = None
        waiting.callback(None)
        assert [self.successResultOf(each) for each in looking] == [None] * (2 * AT_ONCE)
        assert len(self.asked) == 2 * AT_ONCE
