"""Looking for address records: bounded, and never back to what is older."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bitdust.directory.address import CERTIFICATE, address_of, seal_address
from bitdust.directory.finding import AT_ONCE, REST, AddressFinder
from bitdust.errors import Timeout
from bitdust.identity.keys import Keys
from bitdust.world import spawn
from tests.identity.people import ALICE, document

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
        self.finder = AddressFinder(self, self.clock, lambda: NOW + self.clock.seconds())

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

    def test_t37_wrong_ones(self):
        """What is none, or cannot be had, is no address."""
        for wrong in (b"", self.record(1)[:-1], self.record(1, revision=4), Timeout("slow"), None):
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
