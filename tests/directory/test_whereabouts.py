"""What every place promises where nodes leave word of where they are: memory, and a DHT of our own."""

from __future__ import annotations

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.directory.address import address_of, seal_address, topic
from bitdust.directory.dht.session import Dht, Situation
from bitdust.directory.dht.whereabouts import SALT, DhtWhereabouts
from bitdust.directory.interface import IWhereabouts
from bitdust.directory.memory import MemoryWhereabouts
from bitdust.errors import BitDustError, TryLater, Usage
from bitdust.identity.idurl import is_private
from bitdust.identity.keys import Keys
from bitdust.world import inline, spawn
from tests.directory.private_dht import HERE, SOON, private_dht, threads
from tests.identity.people import ALICE, BOB, EVE, document

KEYS = Keys.from_master(ALICE)
NOW = 1_800_000_000


def record(sequence: int, master: bytes = ALICE) -> bytes:
    """One of somebody's."""
    return seal_address(Keys.from_master(master), address_of(document(master), NOW), sequence)


class Promises:
    """The suite; `self.one` and `self.other` come from below, and `self.plant`, which puts anything."""

    async def test_it_is_a_place(self):
        """It says so."""
        assert IWhereabouts.providedBy(self.one)

    async def test_left_is_found(self):
        """What one left another finds, byte for byte; twice is once; newer replaces."""
        for sequence in (1, 1, 2, 9):
            raw = record(sequence)
            await self.one.leave(KEYS, raw)
            assert await self.other.look(KEYS.directory_public) == raw

    async def test_nobody(self):
        """Where nothing was left nothing is found."""
        assert await self.other.look(Keys.from_master(BOB).directory_public) is None

    async def test_t37_what_may_not_be_left(self):
        """Somebody else's record, and what is none, is not even left."""
        for wrong in (record(1, EVE), b"", record(1)[:-1], bytes(5000)):
            with pytest.raises(Usage):
                await self.one.leave(KEYS, wrong)
        assert await self.other.look(KEYS.directory_public) is None

    async def test_t37_what_is_never_found(self):
        """What others planted under a key is never returned: unsigned, another's, no record at all."""
        for wrong in (record(1)[:-64] + bytes(64), record(1, EVE), b"x", bytes(900)):
            await self.plant(wrong)
            assert await self.other.look(KEYS.directory_public) is None
        await self.one.leave(KEYS, record(3))
        assert await self.other.look(KEYS.directory_public) == record(3)

    async def test_gathering(self):
        """Who gathers is found under that topic and no other."""
        here, there = topic("nickname", "one"), topic("nickname", "other")
        assert await self.other.gathered(there) == []
        contacts = (f"tcp://{self.host}:4001", f"udp://{self.host}:4001")
        await self.one.gather(here, contacts)
        found: list[tuple[str, ...]] = []
        end = reactor.seconds() + SOON
        while not found and reactor.seconds() < end:
            found = await self.other.gathered(here)
        assert found == [contacts]


class MemoryTest(Promises, TestCase):
    """Dictionaries."""

    host = "192.0.2.1"

    def setUp(self):
        self.records = {}
        shared = (self.records, {})
        self.one, self.other = MemoryWhereabouts(*shared), MemoryWhereabouts(*shared)

    async def plant(self, raw):
        self.records[KEYS.directory_public] = raw


class DhtTest(Promises, TestCase):
    """Sixteen nodes of libtorrent."""

    host = f"{HERE}.15.3"

    async def setUp(self):
        self.nodes = await private_dht(self, threads(self), 16, net=15)
        self.one, self.other = (DhtWhereabouts(self.nodes[number], lambda host: True) for number in (2, 12))

    async def plant(self, raw):
        await self.nodes[5].put(KEYS.directory_secret, KEYS.directory_public, SALT, raw)

    async def test_addresses_that_are_not_called(self):
        """Addresses inside private networks, and ports of other services, are not told to all."""
        strict = DhtWhereabouts(self.nodes[12], lambda host: not is_private(host))
        where = topic("offer", "x")
        await self.one.gather(where, ("tcp://127.0.15.3:4001",))
        await self.one.gather(where, ("tcp://127.0.15.3:25", "relay://x"))
        end = reactor.seconds() + SOON
        while not await self.other.gathered(where):
            assert reactor.seconds() < end
        assert await self.other.gathered(where) == [(f"tcp://{HERE}.15.3:4001", f"udp://{HERE}.15.3:4001")]
        assert await strict.gathered(where) == []


class AloneTest(TestCase):
    """A node of a DHT in which there is nobody."""

    async def test_it_says_so(self):
        """Nothing is left, nothing is found, and nobody waits for ever."""
        dht = Dht(reactor, inline, Situation(f"{HERE}.16.1", 0, private=True))
        await dht.start()
        alone = DhtWhereabouts(dht, lambda host: True)
        with pytest.raises(TryLater):
            await alone.leave(KEYS, record(1))
        assert await alone.look(KEYS.directory_public) is None
        assert await alone.gathered(topic("offer", "x")) == []
        await spawn(dht.stop())
        with pytest.raises(BitDustError):
            await alone.look(KEYS.directory_public)
