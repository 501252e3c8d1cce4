"""The machine behind the road to one peer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.machines import Machines, cells
from bitdust.router.message_router import IMPATIENCE, Road, make_message_router
from bitdust.router.presence import Announcements, make_presence

STATES = {"Idle", "Identity", "Choosing", "Connected", "Waiting", "Over"}
FROM_ANYWHERE = {"linked", "unlinked", "unreachable", "impostor", "want", "unwanted", "stop"}


class World:
    """A road that writes down what is asked of it."""

    def __init__(self) -> None:
        self.clock, self.said, self.told = Clock(), [], []
        self.machines = Machines()
        self.lookups: list[Deferred[None]] = []
        presence = make_presence(
            Announcements(came=lambda: self.told.append("came"), went=lambda: self.told.append("went"))
        )
        self.presence = presence
        self.road = Road(
            clock=self.clock,
            presence=presence,
            look_up=self._look_up,
            dial=lambda: self.said.append("dial"),
            hang_up=lambda: self.said.append("hang up"),
            pause=lambda attempt: 2.0**attempt,
        )
        self.router = make_message_router(self.road)
        self.row = self.machines.watch(self.router, "message_router(bob)")

    def _look_up(self) -> Deferred[None]:
        self.said.append("look up")
        lookup: Deferred[None] = Deferred(lambda _: self.said.append("lookup cancelled"))
        lookup.addErrback(lambda _: None)
        self.lookups.append(lookup)
        return lookup


def test_what_comes_from_outside_is_foreseen_in_every_state():
    """Links, late dials and wishes have a move in each state; so the wire never meets NoTransition."""
    foreseen = set(cells(World().router))
    assert {state for state, _ in foreseen} == STATES
    missing = {(state, event) for state in STATES for event in FROM_ANYWHERE} - foreseen
    assert missing == set()


def test_a_wish_leads_to_a_link():
    """want → identity → dialling → connected, and presence says so."""
    world = World()
    world.router.want()
    assert world.row.state == "Identity"
    world.router.found()
    assert world.row.state == "Choosing"
    world.router.linked()
    assert world.row.state == "Connected"
    assert world.said == ["look up", "dial"]
    assert world.told == ["came"]


def test_failed_dials_are_repeated_later_each_time():
    """Unreachable: pauses of 1, 2, 4 s, each followed by a new look at the identity."""
    world = World()
    world.router.want()
    for pause in (1.0, 2.0, 4.0):
        world.router.found()
        world.router.unreachable()
        assert world.row.state == "Waiting"
        world.clock.advance(pause - 0.01)
        assert world.row.state == "Waiting"
        world.clock.advance(0.01)
        assert world.row.state == "Identity"
    assert not world.presence.is_online()


def test_a_new_wish_shortens_a_long_pause():
    """Somebody new who wants the peer waits IMPATIENCE at most."""
    world = World()
    world.road.attempts = 9
    world.router.want()
    world.router.unknown()
    world.router.want()
    world.clock.advance(IMPATIENCE)
    assert world.row.state == "Identity"


def test_an_impostor_leads_to_a_fresh_identity():
    """Another device key at the peer's address: his identity is looked up again at once."""
    world = World()
    world.router.want()
    world.router.found()
    world.router.impostor()
    assert world.row.state == "Identity"
    assert world.said == ["look up", "dial", "look up"]


def test_a_link_that_comes_in_ends_the_looking_but_not_the_dialling():
    """The peer's own link is taken in every state; a dial under way is let finish, he may use it already."""
    world = World()
    world.router.want()
    world.router.linked()
    assert world.said == ["look up", "lookup cancelled"]
    world = World()
    world.router.want()
    world.router.found()
    world.router.linked()
    assert world.said == ["look up", "dial"]
    world.router.unreachable()
    world.router.impostor()
    assert world.row.state == "Connected"


def test_a_lost_link_is_redialled_after_a_pause():
    """Connected → Waiting → Identity; presence announces the loss once."""
    world = World()
    world.router.linked()
    world.router.unlinked()
    assert world.row.state == "Waiting"
    assert world.told == ["came", "went"]
    world.clock.advance(1.0)
    assert world.row.state == "Identity"


class AnyOrder(RuleBasedStateMachine):
    """Inputs and time in any order."""

    @initialize()
    def begin(self):
        self.world = World()

    @property
    def state(self):
        return self.world.row.state

    @rule(name=st.sampled_from(sorted(FROM_ANYWHERE - {"stop"})))
    def something_happens(self, name):
        getattr(self.world.router, name)()

    @precondition(lambda self: self.state == "Identity")
    @rule(name=st.sampled_from(["found", "unknown"]))
    def looked_up(self, name):
        self.world.lookups[-1].callback(None)
        getattr(self.world.router, name)()

    @rule(seconds=st.floats(0, 400))
    def time_passes(self, seconds):
        self.world.clock.advance(seconds)

    @rule()
    def stopped(self):
        self.world.router.stop()

    @invariant()
    def at_most_one_timer(self):
        if hasattr(self, "world"):
            ticking = len(self.world.clock.getDelayedCalls())
            assert ticking == (1 if self.state == "Waiting" else 0)

    @invariant()
    def online_means_connected(self):
        if hasattr(self, "world") and self.state != "Over":
            assert self.world.presence.is_online() == (self.state == "Connected")

    @invariant()
    def only_one_lookup_runs(self):
        if hasattr(self, "world"):
            running = sum(not lookup.called for lookup in self.world.lookups)
            assert running == (1 if self.state == "Identity" else 0)

    def teardown(self):
        if hasattr(self, "world"):
            self.world.router.stop()
            assert self.world.clock.getDelayedCalls() == []


TestAnyOrder = AnyOrder.TestCase
