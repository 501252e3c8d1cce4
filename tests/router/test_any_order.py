"""Two routers, a network that fails, and every order of events that hypothesis finds."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from twisted.python.failure import Failure

from bitdust.errors import Cancelled, IdentityConflict, NotFound, Offline, Timeout
from bitdust.wire.packets import Ack, DeleteFile, Tombstone

from .town import Town

WHO = st.sampled_from([0, 1])


class TwoRouters(RuleBasedStateMachine):
    """
    Whatever happens: each operation has its effect at most once, every question comes to an end, no promise
    of presence is broken, and stopping leaves nothing.
    """

    @initialize(seconds=st.sampled_from([0.0, 0.05, 3.0]))
    def begin(self, seconds):
        self.town = Town()
        self.town.network.latency(seconds)
        self.pair = self.town.pair()
        self.at_home = [True, True]
        self.number = 0
        self.done: dict[bytes, int] = {}
        self.open: list[list] = []
        for who in self.pair:
            who.router.answer(DeleteFile, self.handle)

    async def handle(self, sender, packet, exchange):
        self.done[packet.op_id] = self.done.get(packet.op_id, 0) + 1
        return Ack()

    @rule(who=WHO)
    def ask(self, who):
        if not self.at_home[who]:
            return
        self.number += 1
        packet = DeleteFile(
            op_id=self.number.to_bytes(16, "big"), epoch=0, tombstones=(Tombstone(bytes(32), 0),)
        )
        outcome: list = []
        one, other = self.pair[who], self.pair[1 - who]
        self.town.begin(one.router.ask(other.fingerprint, packet)).addBoth(outcome.append)
        self.open.append([self.town.clock.seconds(), packet.op_id, outcome])

    @rule(who=WHO)
    def keep(self, who):
        self.pair[who].router.keep(self.pair[1 - who].fingerprint)

    @rule(who=WHO)
    def let_go(self, who):
        self.pair[who].router.let_go(self.pair[1 - who].fingerprint)

    @rule()
    def cut(self):
        self.town.network.cut()

    @rule()
    def partition(self):
        self.town.network.partition({"alice"}, {"bob"})

    @rule()
    def heal(self):
        self.town.network.heal()

    @rule(who=WHO)
    def leave_or_return(self, who):
        resident = self.pair[who]
        if self.at_home[who]:
            self.town.begin(resident.router.stop())
            self.town.network.heal()
            self.town.run(10.0)
        else:
            resident.came.clear()
            resident.went.clear()
            resident.move_in()
            resident.router.answer(DeleteFile, self.handle)
        self.at_home[who] = not self.at_home[who]

    @rule()
    def all_is_well(self):
        """With both at home, a whole network and a wish there is one link, which both use."""
        if not all(self.at_home):
            return
        self.town.network.heal()
        self.keep(0)
        self.keep(1)
        self.town.run(2000.0)
        one, other = self.pair
        assert len(self.town.network._pipes) == 1
        assert one.link(other).dialed != other.link(one).dialed

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 11.0, 200.0, 2000.0]))
    def time_passes(self, seconds):
        self.town.run(seconds)

    @invariant()
    def an_operation_happens_once(self):
        assert all(times == 1 for times in getattr(self, "done", {}).values())

    @invariant()
    def questions_end_in_time(self):
        for begun, op_id, outcome in getattr(self, "open", []):
            if not outcome:
                assert self.town.clock.seconds() <= begun + 30.0
            elif isinstance(outcome[0], Failure):
                assert outcome[0].check(Offline, Timeout, Cancelled, NotFound, IdentityConflict), outcome[0]
            else:
                assert self.done[op_id] == 1

    @invariant()
    def online_is_what_was_announced(self):
        if hasattr(self, "pair"):
            for who, other, home in zip(self.pair, reversed(self.pair), self.at_home, strict=True):
                if home:
                    online = who.router.is_online(other.fingerprint)
                    assert online == (who.router.transport_of(other.fingerprint) is not None)
                    assert len(who.came) - len(who.went) == online

    def teardown(self):
        if not hasattr(self, "pair"):
            return
        self.town.network.heal()
        for who, home in zip(self.pair, self.at_home, strict=True):
            if home:
                self.town.begin(who.router.stop())
        self.town.run(60.0)
        assert self.town.clock.getDelayedCalls() == []
        assert all(who.states() == {} for who in self.pair)
        assert all(outcome for _, _, outcome in self.open)
        assert self.town.network._pipes == []


TwoRouters.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestTwoRouters = TwoRouters.TestCase
