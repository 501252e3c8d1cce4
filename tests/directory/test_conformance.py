"""What every directory promises, checked over each: memory, and HTTP server with client."""

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.directory.guarded import make_agent
from bitdust.directory.identity_client import IdentityClient
from bitdust.directory.interface import IDirectory
from bitdust.directory.memory import MemoryDirectory
from bitdust.directory.nickname import claimed_by, nickname_key
from bitdust.directory.record import Record, seal_record
from bitdust.errors import BadIdentity, BitDustError, Conflict, NotFound, Usage
from bitdust.identity.keys import Keys
from tests.directory.web import identity_server
from tests.identity.people import ALICE, BOB, EVE, document

KEYS = Keys.from_master(ALICE)
NAME = KEYS.record_name


class Promises:
    """The suite; `self.directory` and `self.base` come from below."""

    def doc(self, *args, name="alice", **changes):
        return document(*args, sources=[f"{self.base}/{name}.xml"], **changes)

    async def test_it_is_a_directory(self):
        """It says so."""
        assert IDirectory.providedBy(self.directory)

    async def test_published_is_found(self):
        """What was published is found, byte for byte; twice is once; newer replaces."""
        url = f"{self.base}/alice.xml"
        for made in (self.doc(), self.doc(), self.doc(revision=2), self.doc(generation=1, revision=3)):
            await self.directory.publish(url, made.raw)
            assert await self.directory.find(url) == made.raw

    async def test_nobody(self):
        """A name that nobody has is not found."""
        with pytest.raises(NotFound):
            await self.directory.find(f"{self.base}/nobody.xml")

    async def test_hostile_names(self):
        """What is no IDURL is neither found nor published."""
        for name in ("../alice", "%2e%2e/alice", "al%69ce", "a/b", "Alice", "x" * 21):
            with pytest.raises((Usage, NotFound)):
                await self.directory.find(f"{self.base}/{name}.xml")
            with pytest.raises((Usage, NotFound)):
                await self.directory.publish(f"{self.base}/{name}.xml", self.doc().raw)

    async def test_first_key_wins(self):
        """Nobody takes a name away, nor brings back an older document; what is there stays."""
        url, kept = f"{self.base}/alice.xml", self.doc(revision=5)
        await self.directory.publish(url, kept.raw)
        for refused in (
            self.doc(EVE, revision=9),
            self.doc(revision=4),
            self.doc(revision=5, contacts=[]),
        ):
            with pytest.raises(Conflict):
                await self.directory.publish(url, refused.raw)
        assert await self.directory.find(url) == kept.raw

    async def test_bad_documents(self):
        """A document that lists another source, or none at all, is not published."""
        url = f"{self.base}/alice.xml"
        for refused in (self.doc(name="bob").raw, document().raw, b"", b"<html/>", self.doc().raw[:-1]):
            with pytest.raises(BadIdentity):
                await self.directory.publish(url, refused)
        with pytest.raises(BitDustError):
            await self.directory.publish(url, bytes(20_000))
        with pytest.raises(NotFound):
            await self.directory.find(url)

    async def test_candidates(self):
        """Those who offer to be suppliers are named, up to the limit."""
        for number in range(5):
            made = self.doc(bytes([number]) * 32, name=f"peer{number}", offers=["supplier"] if number else [])
            await self.directory.publish(made.idurl, made.raw)
        expected = [f"{self.base}/peer{number}.xml" for number in range(1, 5)]
        assert sorted(await self.directory.candidates(50)) == expected
        assert len(await self.directory.candidates(2)) == 2

    async def test_no_candidates(self):
        """Where nobody offers, nobody is named."""
        assert await self.directory.candidates(50) == []

    async def test_claims(self):
        """Several may claim a nickname, oldest claim first; who gives his up is not named any more."""
        key = nickname_key("Bob the Builder")
        assert await self.directory.claims(key, 50) == []

        def made(number, revision, nickname):
            extra = [("nickname", nickname.encode())] if nickname else []
            return self.doc(bytes([number]) * 32, name=f"peer{number}", revision=revision, extra=extra)

        for number, revision, nickname in (
            (1, 1, "bob  THE builder"),
            (2, 1, "Bob the Builder"),
            (3, 1, "somebody else"),
            (1, 2, "BOB the builder"),
        ):
            document = made(number, revision, nickname)
            await self.directory.publish(document.idurl, document.raw)
        first, second = (f"{self.base}/peer{number}.xml" for number in (1, 2))
        assert await self.directory.claims(key, 50) == [first, second]
        assert await self.directory.claims(key, 1) == [first]
        document = made(1, 3, "")
        await self.directory.publish(document.idurl, document.raw)
        assert await self.directory.claims(key, 50) == [second]

    async def test_what_is_no_nickname(self):
        """Only keys are asked for, and documents that claim nonsense are published without it."""
        for key in ("", "../x", "A" * 64, "a" * 63):
            with pytest.raises(Usage):
                await self.directory.claims(key, 5)
        for number, wrong in enumerate((b"", b"\xff", b"x" * 300, b" ", b"a\nb")):
            document = self.doc(name=f"peer{number}", extra=[("nickname", wrong)])
            await self.directory.publish(document.idurl, document.raw)
            assert claimed_by(document) == ""

    async def test_records(self):
        """A record is kept; twice is once; newer replaces; older and another of the same number do not."""
        assert await self.directory.get_record(NAME) is None
        for sequence in (5, 5, 6):
            raw = seal_record(KEYS, Record(0, sequence))
            await self.directory.put_record(NAME, raw)
            assert await self.directory.get_record(NAME) == raw
        for old in (Record(0, 5), Record(1, 6)):
            with pytest.raises(Conflict):
                await self.directory.put_record(NAME, seal_record(KEYS, old))
        assert await self.directory.get_record(NAME) == raw

    async def test_foreign_records(self):
        """Nobody overwrites another's record, and nothing else is kept under its name."""
        raw = seal_record(KEYS, Record(0, 5))
        await self.directory.put_record(NAME, raw)
        for foreign in (seal_record(Keys.from_master(BOB), Record(0, 99)), raw + b"x", b"", bytes(5000)):
            with pytest.raises(Usage):
                await self.directory.put_record(NAME, foreign)
        for name in ("", "../x", "A" * 64, "a" * 63):
            with pytest.raises(Usage):
                await self.directory.get_record(name)
        assert await self.directory.get_record(NAME) == raw


class MemoryTest(Promises, TestCase):
    """The dictionary."""

    def setUp(self):
        self.base = "http://memory.example.org"
        self.directory = MemoryDirectory({})


class HttpTest(Promises, TestCase):
    """Server and client over loopback."""

    def setUp(self):
        self.base = identity_server(self).base
        agent = make_agent(reactor, private_addresses=True)
        self.directory = IdentityClient(agent, reactor, [self.base])
