"""Leaving word of where we are: again and again, after each change, and until it is taken."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bitdust.directory.address import CERTIFICATE, check_address, open_address, seal_address, topic
from bitdust.directory.address import address_of as said
from bitdust.directory.memory import MemoryWhereabouts
from bitdust.directory.nickname import claim, nickname_key
from bitdust.directory.offers import place
from bitdust.errors import TryLater
from bitdust.identity.keys import Keys
from bitdust.node.leaving_word import GATHER_AGAIN, RECORD_AGAIN, LeavingWord
from tests.identity.people import ALICE, BOB, EVE, document

KEYS = Keys.from_master(ALICE)
NOW = 1_800_000_000.0


def alice(revision=1):
    """Her document: she has a nickname and offers space."""
    extra = [(CERTIFICATE, KEYS.directory_public), ("nickname", claim("Alice"))]
    return document(revision=revision, contacts=["tcp://192.0.2.8:7771"], offers=["supplier"], extra=extra)


class Slow(MemoryWhereabouts):
    """A memory that takes its time, or nothing at all."""

    def __init__(self):
        self.records, self.topics = {}, {}
        super().__init__(self.records, self.topics)
        self.left = 0
        self.fault = None
        self.shut = set()
        self.until = None

    async def leave(self, keys, record):
        self.left += 1
        if self.fault is not None:
            raise self.fault
        if self.until is not None:
            await self.until
        await super().leave(keys, record)

    async def gather(self, topic, contacts):
        if topic in self.shut:
            raise TryLater("nobody is there")
        await super().gather(topic, contacts)


class LeavingWordTest(SynchronousTestCase):
    """Alice, for some hours."""

    def setUp(self):
        self.clock, self.where, self.document = Clock(), Slow(), alice()
        self.word = LeavingWord(
            self.where,
            KEYS,
            lambda: self.document,
            self.clock,
            lambda: NOW + self.clock.seconds(),
            self.reached,
        )
        self.others = []
        self.word.start()
        self.addCleanup(self.word.stop)

    async def reached(self):
        if isinstance(self.others, Exception):
            raise self.others
        return self.others

    def run_for(self, seconds):
        self.clock.pump([1.0] * int(seconds))

    def kept(self):
        return open_address(self.document, self.where.records[KEYS.directory_public], NOW)

    def test_record_and_gatherings(self):
        """All is told soon, and in time again."""
        self.run_for(5)
        assert self.kept().contacts == self.document.contacts
        contacts = {("tcp://192.0.2.8:7771",): None}
        assert self.where.topics == {
            topic("nickname", nickname_key("alice")): contacts,
            place(0, 0): contacts,
        }
        self.where.topics.clear()
        self.run_for(2 * RECORD_AGAIN)
        assert self.where.left == 3
        assert len(self.where.topics) == 2

    def test_each_by_itself(self):
        """What one thing fails at the others do not wait for; only what failed is told again."""
        nickname, offered = topic("nickname", nickname_key("alice")), place(0, 0)
        self.where.fault = TryLater("nobody took it")
        self.run_for(5)
        assert set(self.where.topics) == {nickname, offered}
        assert self.word.trouble == "nobody took it"
        self.where.topics.clear()
        self.where.fault = None
        self.run_for(10)
        assert self.kept().contacts == self.document.contacts
        assert (self.where.topics, self.word.trouble) == ({}, "")

    def test_each_gathering_by_itself(self):
        """The same of one gathering, and of what is told of others."""
        nickname, offered = topic("nickname", nickname_key("alice")), place(0, 0)
        for shut, open_one in ((nickname, offered), (offered, nickname)):
            self.where.shut = {shut}
            self.where.topics.clear()
            self.document = alice(revision=self.document.revision + 1)
            self.word._gathered.clear()
            self.word.soon()
            self.run_for(5)
            assert set(self.where.topics) == {open_one}
            assert self.word.trouble == "nobody is there"
            assert self.kept().revision == self.document.revision

    def test_others_who_cannot_be_asked_for(self):
        """A relay whose register cannot be read gathers for itself all the same, and says so."""
        self.others = TryLater("the disk does not let us")
        self.run_for(5)
        assert len(self.where.topics) == 2
        assert self.word.trouble == "the disk does not let us"

    def test_something_else_in_between(self):
        """Whatever wakes it between: what was told is told again in time, not half an hour after that."""
        self.run_for(5)
        for _ in range(3):
            self.run_for(GATHER_AGAIN - 60)
            self.word.soon()
            self.where.topics.clear()
            self.run_for(70)
            assert len(self.where.topics) == 2

    def test_a_relay_gathers_for_others(self):
        """Under the names of those who are reached over it, and with those who offer; at its own contacts."""
        self.document = document(contacts=["tcp://192.0.2.8:7771"], offers=[])
        self.run_for(5)
        assert self.where.topics == {}
        self.others = [
            document(BOB, extra=[("nickname", claim("Bob"))], contacts=["proxy://x"], offers=["supplier"]),
            document(EVE, extra=[("nickname", claim("BOB"))], contacts=["proxy://y"], offers=[]),
        ]
        self.word.soon()
        self.run_for(5)
        contacts = {("tcp://192.0.2.8:7771",): None}
        assert self.where.topics == {topic("nickname", nickname_key("bob")): contacts, place(0, 0): contacts}
        # Who has gone is not told of again.
        self.others.clear()
        self.where.topics.clear()
        self.run_for(2 * GATHER_AGAIN)
        assert self.where.topics == {}

    def test_a_change_in_the_middle(self):
        """What changes while the last is being told is told right after it."""
        self.where.until = Deferred()
        self.run_for(2)
        self.document = alice(2)
        self.word.soon()
        self.where.until.callback(None)
        self.where.until = None
        self.run_for(3)
        assert self.kept().revision == 2
        assert self.where.left == 2

    def test_nobody_takes_it(self):
        """It is tried again, with pauses, and said what is wrong; then all is well."""
        self.where.fault = TryLater("nobody is there")
        self.run_for(3600)
        assert 5 < self.where.left < 20
        assert self.word.trouble == "nobody is there"
        self.where.fault = None
        self.run_for(700)
        assert self.word.trouble == ""
        assert self.kept()

    def test_numbers_never_fall(self):
        """A machine whose clock is behind goes on from what an earlier one left."""
        raw = seal_address(KEYS, said(alice(), NOW), int(NOW) + 10_000)
        self.where.records[KEYS.directory_public] = raw
        self.run_for(5)
        assert check_address(KEYS.directory_public, self.where.records[KEYS.directory_public]) == NOW + 10_001
