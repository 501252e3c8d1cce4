"""Links on a hand-turned clock: time, faults, and that nothing is left behind."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from bitdust.errors import BitDustError, Conflict, Timeout, Usage
from bitdust.identity.document import Document
from bitdust.transport.interface import ExchangeReset, IExchange, ILink, LinkLost
from bitdust.transport.link import GREETING, LINGER
from bitdust.transport.memory import MemoryTransport, Network
from bitdust.transport.silence import PINGS, QUIET
from bitdust.wire.packets import Ack, Data, ListFiles, Packet, Priority
from bitdust.world import pause, spawn

from .people import Person, doorman, person, seeded

ALICE, BOB = person("alice"), person("bob")
ZERO = bytes(32)


def piece(size: int) -> Data:
    """A packet that announces a body."""
    return Data(block=ZERO, number=0, size=size, root=ZERO)


class World:
    """Alice and Bob, a network and a clock; Bob answers what he is asked, after reading all of it."""

    def __init__(self, guard: Callable[[bytes, bytes], Document] = doorman, seed: str = "world") -> None:
        self.clock = Clock()
        self.network = Network(self.clock, seeded(seed))
        self.alice, self.bob = self.place(ALICE, doorman), self.place(BOB, guard)
        self.links: list[ILink] = []
        self.log: list[tuple[float, str]] = []
        self.bob.listen(self.accept)

    def place(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> MemoryTransport:
        return MemoryTransport(
            self.network, who.name, spki=who.device.spki, document=lambda: who.raw, doorman=guard
        )

    def accept(self, link: ILink) -> None:
        link.serve(self.answer)
        self.links.append(link)

    def answer(self, link: ILink, exchange: IExchange) -> None:
        async def work() -> None:
            size = 0
            while data := await exchange.read():
                size += len(data)
                self.log.append((self.clock.seconds(), f"{len(data)}"))
            exchange.reply(Ack(note=str(size)))

        spawn(work()).addErrback(lambda failure: failure.trap(LinkLost, ExchangeReset))

    def turn(self, seconds: float = 0.0) -> None:
        """Let so much time pass, and all that follows from it at that time."""
        end = self.clock.seconds() + seconds
        while (calls := self.clock.getDelayedCalls()) and min(c.getTime() for c in calls) <= end:
            self.clock.advance(max(0.0, min(c.getTime() for c in calls) - self.clock.seconds()))
        self.clock.advance(end - self.clock.seconds())

    def dial(self) -> ILink:
        dialing = self.alice.dial("memory://bob", BOB.expected)
        self.turn(1.0)
        return result(dialing)

    def put(self, link: ILink, size: int, priority: Priority = Priority.BACKUP) -> Deferred[Packet]:
        exchange = link.ask(piece(size), priority)
        exchange.write(bytes(size)).addErrback(lambda failure: failure.trap(LinkLost))
        return exchange.answer()

    def stop(self) -> None:
        """Stop both; nothing may be left."""
        stopping = [self.alice.stop(), self.bob.stop()]
        self.turn(LINGER)
        assert all(one.called for one in stopping)
        assert self.clock.getDelayedCalls() == []


def result(fired: Deferred) -> object:
    """What it fired with; its exception is raised."""
    found: list[object] = []
    fired.addBoth(found.append)
    assert found, "has not fired"
    if isinstance(found[0], Failure):
        found[0].raiseException()
    return found[0]


def why(fired: Deferred, kind: type[Exception]) -> str:
    """The message of the error it failed with."""
    with pytest.raises(kind) as caught:
        result(fired)
    return str(caught.value)


# time


def test_a_silent_dialer_is_cut_at_ten_seconds() -> None:
    """T31: who connects and says nothing has ten seconds, at both ends."""
    world = World()
    world.network.latency(60.0)
    dialing = world.alice.dial("memory://bob", BOB.expected)
    world.turn(60.0 + GREETING - 0.1)
    assert not dialing.called
    world.turn(0.2)
    assert "10 s" in why(dialing, Timeout)
    world.turn(200.0)
    assert world.links == []
    world.stop()


def test_a_doorman_who_never_answers_is_not_waited_for() -> None:
    """The ten seconds include the doorman, and his late answer changes nothing."""
    late: list[Deferred[None]] = []
    world = World()

    async def never(raw: bytes, spki: bytes) -> Document:
        await late[0]
        return doorman(raw, spki)

    late.append(Deferred())
    world.bob = world.place(person("bert"), never)
    world.bob.listen(world.accept)
    dialing = world.alice.dial("memory://bert", person("bert").expected)
    world.turn(GREETING + 0.1)
    why(dialing, BitDustError)
    late[0].callback(None)
    world.turn(1.0)
    assert world.links == []
    world.stop()


def test_what_comes_during_a_slow_doorman_waits() -> None:
    """While a doorman ponders nothing is read from the peer, and nothing is lost."""
    world = World()

    async def slow(raw: bytes, spki: bytes) -> Document:
        await pause(world.clock, 3.0)
        return doorman(raw, spki)

    alice = world.alice = world.place(ALICE, slow)
    dialing = alice.dial("memory://bob", BOB.expected)
    world.turn(1.0)
    answers = [world.put(world.links[0], 10)]
    assert not dialing.called
    world.turn(3.0)
    link = result(dialing)
    link.serve(world.answer)
    world.turn(1.0)
    assert result(answers[0]) == Ack(note="10")
    world.stop()


def test_pings_keep_it_and_silence_ends_it() -> None:
    """A quiet link lives for hours; one cut off in silence ends at both ends after unanswered pings."""
    world = World()
    link = world.dial()
    world.turn(6 * 3600.0)
    assert not world.links[0].closed().called
    asked = link.ask(ListFiles(), Priority.CONTROL)
    world.turn()
    assert result(asked.answer()) == Ack(note="0")
    world.network.partition({"alice"}, {"bob"})
    answer, ping = link.ask(ListFiles(), Priority.CONTROL).answer(), link.ping()
    world.turn(QUIET * PINGS)
    assert not answer.called
    world.turn(2 * QUIET)
    assert "silent" in why(answer, LinkLost)
    why(ping, LinkLost)
    assert "silent" in result(world.links[0].closed())
    world.network.heal()
    world.stop()


def test_a_quiet_link_says_little() -> None:
    """Of two silent ends one asks the other, no more often than every `QUIET` seconds."""
    world = World()
    link = world.dial()
    pings = []
    for each in (link, world.links[0]):
        ping = each._session.ping
        each._session.ping = lambda token, ping=ping: pings.append(token) or ping(token)  # type: ignore
    world.turn(100 * QUIET)
    assert 40 <= len(pings) <= 101
    world.stop()


def test_who_waits_asks_sooner() -> None:
    """
    In the middle of an exchange an end asks after some seconds of silence, so that a road which a router
    has forgotten is noticed; less and less often as long as nothing else comes.
    """
    world = World()
    link = world.dial()
    pings: list[float] = []
    for each in (link, world.links[0]):
        ping = each._session.ping
        each._session.ping = lambda token, ping=ping: pings.append(world.clock.seconds()) or ping(token)  # type: ignore
    world.turn(1.5 * QUIET)
    world.links[0].serve(lambda link, exchange: None)
    began = world.clock.seconds()
    answer = link.ask(ListFiles(), Priority.CONTROL).answer()
    pings.clear()
    world.turn(10.0)
    assert pings
    assert pings[0] - began <= 10.0
    world.turn(100 * QUIET)
    assert len(pings) <= 110
    answer.addErrback(lambda _: None)
    world.stop()


def test_an_exchange_shortly_before_the_next_look() -> None:
    """The look that comes at once is followed by another soon: not by a whole quiet period."""
    world = World()
    link = world.dial()
    ends = [link, world.links[0]]
    world.links[0].serve(lambda link, exchange: None)
    world.turn(10 * QUIET)
    timers = [each._silence._timer for each in ends]
    looks = [timer.getTime() for timer in timers if timer is not None]
    world.turn(min(looks) - world.clock.seconds() - 2.0)
    link.ask(ListFiles(), Priority.CONTROL).answer().addErrback(lambda _: None)
    world.turn(3.0)
    for each in ends:
        assert each._silence._timer is not None
        assert each._silence._timer.getTime() - world.clock.seconds() <= 10.0
    world.stop()


def test_ping_measures() -> None:
    """A ping answers the time there and back."""
    world = World()
    world.network.latency(0.25, "alice", "bob")
    link = world.dial()
    world.turn(5.0)
    pings = [link.ping() for _ in range(8)]
    why(link.ping(), BitDustError)
    world.turn(1.0)
    assert [result(ping) for ping in pings] == [0.5] * 8
    cancelled = link.ping()
    cancelled.cancel()
    cancelled.addErrback(lambda _: None)
    world.turn(1.0)
    world.stop()


def test_the_urgent_overtakes() -> None:
    """T19: on a line of 1 MB/s full of backup, a control question is answered within a second or two."""
    world = World()
    world.network.speed(1e6, "alice", "bob")
    link = world.dial()
    put = world.put(link, 30_000_000)
    world.turn(3.0)
    started, asked = world.clock.seconds(), link.ask(ListFiles(), Priority.CONTROL).answer()
    times: list[float] = []
    asked.addCallback(lambda _: times.append(world.clock.seconds() - started))
    world.turn(10.0)
    assert times[0] < 2.5
    assert not put.called
    world.turn(30.0)
    assert result(put) == Ack(note="30000000")
    world.stop()


# faults


@pytest.mark.parametrize("direction", [("alice", "bob"), ("bob", "alice")], ids=["there", "back"])
def test_cut_anywhere(direction: tuple[str, str]) -> None:
    """
    T15: cut after byte i, for i in 0…64 and 500 random ones, both directions: whoever waits is told,
    nothing is left, and the next link works.
    """
    rng = random.Random(15)
    world = World()
    for size in [*range(65), *(rng.randrange(300_000) for _ in range(500))]:
        world.network.cut_after(*direction, size)
        dialing = world.alice.dial("memory://bob", BOB.expected)
        world.turn()
        try:
            link = result(dialing)
        except LinkLost:
            continue
        waiting = [world.put(link, 200_000), link.closed(), link.ping()]
        world.turn()
        asked = link.ask(ListFiles(), Priority.CONTROL).answer()
        world.turn()
        link.close("done")
        world.turn()
        for one in [*waiting, asked]:
            assert one.called
            one.addErrback(lambda failure: failure.trap(LinkLost))
    world.turn(LINGER)
    link = world.dial()
    put = world.put(link, 200_000)
    world.turn()
    assert result(put) == Ack(note="200000")
    world.stop()


def test_a_cut_tells_everybody() -> None:
    """A broken connection fails the waiting calls of both ends, and dialing again works."""
    world = World()
    link = world.dial()
    world.network.latency(1.0)
    put = world.put(link, 10_000_000)
    world.turn(1.5)
    world.network.cut("alice", "bob")
    world.turn()
    assert "cut" in why(put, LinkLost)
    assert world.links[0].closed().called
    world.network.latency(0.0)
    put = world.put(world.dial(), 1000)
    world.turn()
    assert result(put) == Ack(note="1000")
    world.stop()


def test_partition_and_heal() -> None:
    """What was under way at a partition arrives when it heals, if that is soon."""
    world = World()
    link = world.dial()
    world.network.partition({"alice"}, {"bob", "carol"})
    put = world.put(link, 1000)
    world.turn(60.0)
    assert not put.called
    dialing = world.alice.dial("memory://bob", BOB.expected)
    world.turn(GREETING)
    why(dialing, Timeout)
    world.network.heal()
    world.turn(1.0)
    assert result(put) == Ack(note="1000")
    world.stop()


def test_refuse_and_allow() -> None:
    """A place that refuses cannot be dialed until it is allowed again."""
    world = World()
    world.network.refuse("bob")
    dialing = world.alice.dial("memory://bob", BOB.expected)
    world.turn()
    assert "refused" in why(dialing, Timeout)
    world.network.allow("bob")
    world.dial()
    world.stop()


def test_places_are_taken_once() -> None:
    """Two cannot listen at one place, and a wrong address is a usage error."""
    world = World()
    why(world.place(BOB, doorman).listen(world.accept), Conflict)
    why(world.alice.dial("tcp://bob:1", BOB.expected), Usage)
    world.stop()


def test_the_same_seed_gives_the_same_run() -> None:
    """Jitter and all, a run repeats itself from its seed, and another seed gives another."""

    def run(seed: str) -> list[tuple[float, str]]:
        world = World(seed=seed)
        world.network.latency(0.1, jitter=0.2)
        link = world.dial()
        answers = [world.put(link, 300_000 * n, Priority(n)) for n in range(1, 5)]
        world.turn(60.0)
        assert all(answer.called for answer in answers)
        world.stop()
        return world.log

    assert run("one") == run("one")
    assert run("one") != run("two")


# the end


def test_a_peer_who_does_not_listen_is_not_waited_for() -> None:
    """Closing a link whose other end reads nothing is over after a few seconds."""
    world = World()
    link = world.dial()
    world.network.partition({"alice"}, {"bob"})
    world.put(link, 5 * 2**20)
    link.close("enough")
    assert "enough" in result(link.closed())
    world.turn(LINGER)
    world.network.heal()
    world.turn()
    assert world.links[0].closed().called
    world.stop()


def test_a_stopped_dial_leaves_nothing() -> None:
    """Dials in every stage that are given up leave no timer and no link."""
    for seconds in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
        world = World()
        world.network.latency(1.0)
        dialing = world.alice.dial("memory://bob", BOB.expected)
        world.turn(seconds)
        dialing.cancel()
        dialing.addErrback(lambda _: None)
        world.turn(5.0)
        world.stop()


def test_the_answer_outlives_the_link() -> None:
    """What has come completely is still there after the link has ended."""
    world = World()

    def answer(link: ILink, exchange: IExchange) -> None:
        exchange.reply(piece(5))
        exchange.write(b"12345")
        exchange.finish()

    world.answer = answer
    link = world.dial()
    exchange = link.ask(ListFiles(), Priority.RESTORE)
    world.turn()
    link.close("done")
    assert result(exchange.answer()) == piece(5)
    assert result(exchange.read()) == b"12345"
    assert result(exchange.read()) == b""
    world.turn()
    world.stop()


def test_two_at_once_on_one_exchange() -> None:
    """At most one read and one write wait at a time; a second is a bug of the caller."""
    world = World()
    world.answer = lambda link, exchange: None
    link = world.dial()
    exchange = link.ask(piece(5 * 2**20), Priority.RESTORE)
    exchange.read().addErrback(lambda failure: failure.trap(LinkLost))
    exchange.write(bytes(4 * 2**20)).addErrback(lambda failure: failure.trap(LinkLost))
    with pytest.raises(ValueError, match="read before"):
        exchange.read()
    with pytest.raises(ValueError, match="write before"):
        exchange.write(b"x")
    with pytest.raises(ValueError, match="were not written"):
        exchange.finish()
    world.stop()
