"""Meeting those who gather, also those for whom relays do: bounded, and nobody pushed out by a liar."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bitdust.directory.address import topic
from bitdust.directory.memory import MemoryWhereabouts
from bitdust.directory.nickname import claim, nickname_key
from bitdust.directory.offers import place
from bitdust.errors import Refused, Timeout
from bitdust.node.gatherings import MOST, MOST_BEHIND, Gatherings
from bitdust.relay.service import OFFER
from bitdust.transport.relay.contact import parse_relayed
from bitdust.wire.packets import Ack, AskReached, Reached
from bitdust.world import spawn
from tests.identity.people import document
from tests.world import seeded

BOB = nickname_key("bob")
NAME = topic("nickname", BOB)


def person(number, nickname="Bob", offers=("supplier",), **more):
    """One of many."""
    master = number.to_bytes(4, "big") * 8
    return document(master, extra=[("nickname", claim(nickname))], offers=list(offers), **more)


class GatheringsTest(SynchronousTestCase):
    """Alice looks; who is where, and who says what, the test decides."""

    def setUp(self):
        self.clock = Clock()
        self.there = {}
        self.says = {}
        self.called, self.asked = [], []
        self.where = MemoryWhereabouts({}, {})
        self.gatherings = Gatherings(self.where, self.call, self.ask, self.clock, seeded("gatherings"))

    async def call(self, contact):
        self.called.append(contact)
        if contact in self.there:
            return self.there[contact]
        if contact.startswith("proxy:"):
            for one in self.there.values():
                if one.fingerprint == parse_relayed(contact).peer:
                    return one
        raise Timeout("nobody is there")

    async def ask(self, fingerprint, packet):
        self.asked.append((fingerprint, packet))
        answer = self.says.get(fingerprint, Refused("unknown", "no such question"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def gathers(self, one, contact, where=NAME):
        """Somebody is there and gathers there."""
        self.there[contact] = one
        self.successResultOf(spawn(self.where.gather(where, (contact,))))

    def relay(self, number, *peers, where=NAME):
        """A relay that gathers and tells of these."""
        contact = f"tcp://192.0.2.{number}:7771"
        one = person(1000 + number, f"relay {number}", (OFFER,), contacts=[contact])
        self.gathers(one, contact, where)
        self.says[one.fingerprint] = Reached(tuple(peers))
        return one

    def find(self):
        return self.successResultOf(spawn(self.gatherings.called(BOB)))

    def test_met_over_a_relay(self):
        """Whom the relay tells of is called over it, and over nobody else."""
        bob = person(1)
        self.there["behind"] = bob
        rita = self.relay(1, bob.fingerprint)
        assert {one.fingerprint for one in self.find()} == {bob.fingerprint, rita.fingerprint}
        assert self.asked == [(rita.fingerprint, AskReached("nickname", BOB))]
        assert self.called[-1] == f"proxy://{bob.fingerprint}@{rita.fingerprint}/tcp/192.0.2.1:7771"

    def test_only_relays_are_asked(self):
        """Others are met, and asked nothing."""
        self.gathers(person(1), "tcp://192.0.2.9:1")
        assert len(self.find()) == 1
        assert self.asked == []

    def test_a_relay_that_tells_many_pushes_out_nobody(self):
        """Liars that tell of as many as they may: one of each relay is called before the second of any."""
        bob = person(1)
        self.there["behind"] = bob
        for number in range(2, 8):
            self.relay(number, *(person(100 * number + each).fingerprint for each in range(8)))
        self.relay(1, bob.fingerprint)
        assert bob.fingerprint in {one.fingerprint for one in self.find()}
        assert sum(contact.startswith("proxy:") for contact in self.called) == MOST

    def test_what_relays_may_not_say(self):
        """Itself, nothing to the point, no answer: nobody is called for that."""
        rita = self.relay(1)
        self.says[rita.fingerprint] = Reached((rita.fingerprint,))
        for number, answer in ((2, Ack()), (3, Timeout("slow")), (4, Refused("x", "y"))):
            self.says[self.relay(number).fingerprint] = answer
        assert len(self.find()) == 4
        assert len(self.called) == 4

    def test_suppliers_behind_relays(self):
        """A relay among those who offer: those whom it tells of are candidates from then on, not for ever."""
        sam = person(1)
        self.there["behind"] = sam
        rita = self.relay(1, sam.fingerprint, where=place(0, 0))

        def offering():
            return self.successResultOf(spawn(self.gatherings.offering(200)))

        assert offering() == ["tcp://192.0.2.1:7771"]
        met = self.successResultOf(spawn(self.gatherings.meet_offering("tcp://192.0.2.1:7771")))
        assert met == rita
        behind = f"proxy://{sam.fingerprint}@{rita.fingerprint}/tcp/192.0.2.1:7771"
        assert sorted(offering()) == [behind, "tcp://192.0.2.1:7771"]
        assert self.successResultOf(spawn(self.gatherings.meet_offering(behind))) == sam
        for each in range(30):
            self.says[rita.fingerprint] = Reached(
                tuple(person(1000 * each + other).fingerprint for other in range(8))
            )
            self.successResultOf(spawn(self.gatherings.meet_offering("tcp://192.0.2.1:7771")))
        assert len(offering()) == MOST_BEHIND + 1
        assert behind not in offering()
