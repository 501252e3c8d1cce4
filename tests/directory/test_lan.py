"""Beacons in the local network: who is recognised, by whom, and what strangers may cost."""

from __future__ import annotations

import os
import random

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from bitdust.directory.beacon import DAY, SIZE, read_beacon, write_beacon
from bitdust.directory.lan import OF_ALL, OF_ONE, LanBeacons, Spot
from bitdust.errors import Usage
from bitdust.identity.keys import Keys
from bitdust.world import system_rng
from tests.identity.people import ALICE, BOB, EVE

WHO = {name: Keys.from_master(key).fingerprint for name, key in (("a", ALICE), ("b", BOB), ("e", EVE))}
NOW = 1_800_000_000.0
PORTS = {"tcp": 7771, "udp": 7772}
GROUP, PORT = "239.255.77.71", 17_000 + os.getpid() % 1000


def beacon(who="a", now=NOW, nonce=bytes(16)):
    return write_beacon(WHO[who], now, PORTS, nonce)


def test_acquaintances_recognise_it():
    """Who knows the fingerprint knows whose it is and where; nobody else does."""
    heard = read_beacon(beacon(), NOW)
    assert heard.whose([WHO["b"], WHO["a"]]) == WHO["a"]
    assert heard.whose([WHO["b"], WHO["e"]]) is None
    assert heard.contacts("192.168.1.7") == ("tcp://192.168.1.7:7771", "udp://192.168.1.7:7772")


def test_it_tells_strangers_nothing():
    """Neither name nor fingerprint, and nothing but the ports and the day is the same in two of them."""
    one, other = beacon(), beacon(nonce=bytes(15) + b"\1")
    assert len(one) == SIZE == 48
    assert WHO["a"].encode()[:8] not in one
    assert one[:16] == other[:16]
    assert one[32:] != other[32:]


def test_of_another_day():
    """A recorded beacon is of no use the day after tomorrow, nor is one changed in any byte."""
    for now in (NOW - 2 * DAY, NOW + 2 * DAY):
        with pytest.raises(Usage):
            read_beacon(beacon(), now)
    raw = beacon()
    for at in range(SIZE):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            assert read_beacon(changed, NOW).whose(WHO.values()) is None
        except Usage:
            continue


def test_what_is_none():
    """Anything else is refused."""
    numbers = random.Random(1)
    for size in (0, 1, SIZE - 1, SIZE, SIZE + 1, 1500, 65_000):
        with pytest.raises(Usage):
            read_beacon(numbers.randbytes(size), NOW)


class FloodTest(SynchronousTestCase):
    """Many beacons, without a network."""

    def setUp(self):
        self.compared = 0
        self.heard = []
        self.clock = Clock()
        self.lan = LanBeacons(
            self.clock, lambda: NOW, system_rng, Spot(GROUP, PORT), WHO["b"], lambda: PORTS,
            self.acquaintances, lambda *each: self.heard.append(each),
        )  # fmt: skip
        self.lan._listening = object()

    async def acquaintances(self, most):
        self.compared += 1
        return [WHO["a"]]

    def test_one_address(self):
        """One address is listened to some times a minute."""
        for _ in range(10 * OF_ONE):
            self.lan.datagramReceived(beacon(), ("192.0.2.1", 1))
        assert self.compared == OF_ONE
        assert self.heard[0] == (WHO["a"], ("tcp://192.0.2.1:7771", "udp://192.0.2.1:7772"))

    def test_many_addresses(self):
        """All together, too; and what is remembered of them is bounded."""
        for number in range(5000):
            self.lan.datagramReceived(beacon("e"), (f"10.0.{number // 256}.{number % 256}", 1))
        assert self.compared == OF_ALL
        assert self.heard == []


class Cable(Clock):
    """A local network and its time: what one sends to the group all hear, a moment later."""

    def __init__(self):
        super().__init__()
        self.ears = []

    def listenMulticast(self, port, protocol, interface="", maxPacketSize=8192, listenMultiple=False):
        plug = Plug(self, f"192.168.1.{len(self.ears) + 1}")
        self.ears.append((plug, protocol))
        protocol.transport = plug
        return plug


class Plug:
    """One machine at it."""

    def __init__(self, cable, host):
        self.cable, self.host = cable, host

    def write(self, datagram, addr):
        for _, protocol in self.cable.ears:
            self.cable.callLater(0.001, protocol.datagramReceived, datagram, (self.host, addr[1]))

    def getHandle(self):
        return self

    def setsockopt(self, *what):
        assert self.cable.ears

    def stopListening(self):
        self.cable.ears = [each for each in self.cable.ears if each[0] is not self]


class WithinTwoSecondsTest(SynchronousTestCase):
    """How soon two meet in one network, on a clock that is turned by hand."""

    def setUp(self):
        self.cable = Cable()
        self.heard = {}

    def node(self, who, knows, chance):
        async def acquaintances(most):
            return [WHO[knows]]

        def told(fingerprint, contacts):
            self.heard.setdefault(who, self.cable.seconds())

        one = LanBeacons(
            self.cable, lambda: NOW, lambda size: chance.randbytes(size), Spot(GROUP, PORT, "192.168.1.1"),
            WHO[who], lambda: PORTS, acquaintances, told,
        )  # fmt: skip
        one.start()
        return one

    def turn(self, seconds):
        self.cable.pump([0.05] * round(seconds / 0.05))

    def test_whoever_comes_second(self):
        """However long the first is there, both hear within two seconds after the second came."""
        for seed in range(50):
            self.setUp()
            chance = random.Random(seed)
            first = self.node("a", "b", chance)
            self.turn(chance.uniform(0, 200))
            assert self.heard == {}
            came = self.cable.seconds()
            second = self.node("b", "a", chance)
            self.turn(2.0)
            assert set(self.heard) == {"a", "b"}
            assert max(self.heard.values()) - came <= 2.0
            first.stop()
            second.stop()
            self.turn(0.1)
            assert self.cable.getDelayedCalls() == []

    def test_whoever_comes_back(self):
        """Who was there a moment ago is no news, and gets no answer; it is heard at once all the same."""
        chance = random.Random(1)
        first, second = self.node("a", "b", chance), self.node("b", "a", chance)
        self.turn(5.0)
        second.stop()
        self.heard.clear()
        self.turn(20.0)
        assert self.heard == {}
        came = self.cable.seconds()
        second = self.node("b", "a", chance)
        self.turn(2.0)
        assert self.heard["a"] - came <= 2.0
        first.stop()
        second.stop()


class MulticastTest(TestCase):
    """Two nodes and a stranger on loopback."""

    def lan(self, who, knows, address, heard):
        async def acquaintances(most):
            return [WHO[each] for each in knows]

        one = LanBeacons(
            reactor, lambda: NOW, system_rng, Spot(GROUP, PORT, address), WHO[who], lambda: PORTS,
            acquaintances, heard,
        )  # fmt: skip
        one.start()
        self.addCleanup(one.stop)
        return one

    async def test_they_hear_each_other(self):
        """
        Acquaintances hear each other at once, whoever came first, each where the other's datagrams come from;
        a stranger hears nobody.
        """
        heard, both = set(), Deferred()

        def hears(who):
            def told(fingerprint, contacts):
                heard.add((who, fingerprint, contacts[0]))
                if len(heard) >= 2 and not both.called:
                    both.callback(None)

            return told

        stranger = self.lan("e", "", "127.0.33.3", hears("e"))
        self.lan("a", "b", "127.0.33.1", hears("a"))
        self.lan("b", "a", "127.0.33.2", hears("b"))
        await both.addTimeout(10, reactor)
        expected = {
            ("a", WHO["b"], "tcp://127.0.33.2:7771"),
            ("b", WHO["a"], "tcp://127.0.33.1:7771"),
        }
        assert heard == expected
        assert stranger.asked > 0
        assert stranger.found == 0

    async def test_no_multicast(self):
        """An address that is not of this machine costs the beacons and nothing else."""
        spot = Spot(GROUP, PORT, "192.0.2.77")
        one = LanBeacons(reactor, lambda: NOW, system_rng, spot, WHO["a"], lambda: PORTS, None, None)
        one.start()
        await one.stop()
