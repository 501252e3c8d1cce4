"""libtorrent's DHT as the reactor sees it, in a network of our own on loopback."""

from __future__ import annotations

import hashlib
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bitdust.directory.dht.remembered import places_in
from bitdust.directory.dht.session import MAX_ITEM, Dht, Situation
from bitdust.errors import Offline, Usage
from bitdust.world import inline, spawn
from tests.directory.private_dht import HERE, SOON, private_dht, situation, threads, until_settled

SALT = b"salt"
TOPIC = hashlib.sha1(b"topic").digest()


def key(number: int) -> tuple[bytes, bytes]:
    """An expanded secret key, and its public one."""
    seed = bytes([number]) * 32
    expanded = bytearray(hashlib.sha512(seed).digest())
    expanded[0] &= 248
    expanded[31] = expanded[31] & 63 | 64
    return bytes(expanded), Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


class SessionTest(TestCase):
    """Sixteen nodes."""

    async def setUp(self):
        self.threads = threads(self)
        self.nodes = await private_dht(self, self.threads, 16, net=11)

    async def test_items(self):
        """What one puts another gets; a newer item takes its place; nobody else's key finds it."""
        secret, public = key(1)
        for item in (b"first", b"\x00\xff" * (MAX_ITEM // 2)):
            assert await self.nodes[3].put(secret, public, SALT, item) > 0
            assert item in await self.nodes[12].get(public, SALT)
        assert await self.nodes[5].get(public, b"other") == []
        assert await self.nodes[5].get(key(2)[1], SALT) == []

    async def test_too_large(self):
        """What is no item is not sent."""
        with pytest.raises(ValueError, match="at most"):
            await self.nodes[0].put(*key(1), SALT, bytes(MAX_ITEM + 1))

    async def test_gathering(self):
        """Who gathers is found by his address and the port he named, by who asks at once or twice."""
        assert await self.nodes[2].gathered(TOPIC) == []
        self.nodes[4].gather(TOPIC, 4001)
        self.nodes[9].gather(TOPIC, 4002)
        expected = {(f"{HERE}.11.5", 4001), (f"{HERE}.11.10", 4002)}
        found = set()
        end = reactor.seconds() + SOON
        while found != expected:
            assert reactor.seconds() < end, found
            one, two = spawn(self.nodes[2].gathered(TOPIC)), spawn(self.nodes[2].gathered(TOPIC))
            found = set(await one)
            assert set(await two) == found <= expected

    async def test_figures(self):
        """The traffic is counted."""
        figures = await self.nodes[0].figures()
        assert figures["dht_bytes_in"] > 0
        assert figures["dht_bytes_out"] > 0

    async def test_it_ends_and_comes_back(self):
        """A stopped node answers no more, leaves no thread, and comes back without who knew others."""
        node = self.nodes[7]
        asking = spawn(node.gathered(TOPIC))
        state = await node.stop()
        assert await asking == []
        assert await node.stop() == b""
        with pytest.raises(Offline):
            await node.get(key(1)[1], SALT)
        back = Dht(reactor, self.threads, situation(11, 8))
        await back.start(state)
        self.addCleanup(lambda: spawn(back.stop()))
        await until_settled([back], 8)

    async def test_a_life_offline_forgets_nobody(self):
        """Who was known stays remembered, and is called again where nobody is known."""
        state = await self.nodes[7].stop()
        known = set(places_in(state))
        assert len(known) >= 8
        away = Dht(reactor, self.threads, Situation(f"{HERE}.13.1", 6881, private=True))
        await away.start()
        away._state = state
        assert (await away.figures())["dht_nodes"] == 0
        assert set(places_in(await away.remember())) == known
        await until_settled([away], 8)
        assert set(places_in(await away.remember())) >= known
        assert set(places_in(await away.stop())) >= known

    async def test_what_is_not_understood_is_told(self):
        """A mistake of ours in the middle of alerts is logged, and the next alert is heard."""
        node, heard = self.nodes[0], []

        def broken(alert):
            heard.append(alert)
            raise RuntimeError("a mistake")

        node._alerts._heard = broken
        await self.nodes[1].put(*key(1), SALT, b"item")
        node._alerts._heard = node._heard
        await node.figures()
        if heard:
            assert self.flushLoggedErrors(RuntimeError)


class EndTest(TestCase):
    """One node, alone."""

    async def test_threads_end(self):
        """No thread is left."""
        before = threading.active_count()
        for state in (b"", b"no state at all", b"d3:dhti5ee"):
            node = Dht(reactor, inline, Situation(f"{HERE}.12.1", 0, (f"{HERE}.12.9:6881",), private=True))
            await node.start(state)
            await node.figures()
            assert node.port > 0
            await node.stop()
        assert threading.active_count() == before

    async def test_nodes_that_are_none(self):
        """What is no address of a node is refused before anything begins."""
        for text in ("", "host", "host:", ":1", "host:0", "host:65536", "host:x"):
            node = Dht(reactor, inline, Situation(f"{HERE}.12.1", 0, (text,), private=True))
            with pytest.raises(Usage):
                await node.start()
