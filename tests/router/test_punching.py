"""Both ends of rounds, agreed over a relayed link: when they begin, how often, and with whom not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from zope.interface import implementer

from bitdust.errors import BitDustError, Offline, Refused, Timeout, TryLater
from bitdust.identity.idurl import is_private
from bitdust.router.inbox import Sender
from bitdust.router.letting_in import (
    AT_ONCE,
    IN_SECONDS,
    OF_STRANGERS,
    ROUNDS,
    WAITS,
    WITH_STRANGERS,
    LettingIn,
)
from bitdust.router.punching import ATTEMPTS, Punching
from bitdust.transport.interface import Expected, IHole, IPuncher
from bitdust.wire.packets import Ack, Fail, Packet, Priority, Punch, PunchNow
from bitdust.wire.place import Place, read_place
from bitdust.world import pause
from tests.router.test_links import FakeLink
from tests.router.town import seeded

HIS = Expected("b" * 52, frozenset({bytes(32)}))
RTT = 0.2
OURS, THEIRS = "11.0.0.1:4000", "12.0.0.2:5000"


@implementer(IHole)
class FakeHole:
    """Writes down what is asked of it; comes through when `works`."""

    def __init__(self, road: FakeRoad, fresh: bool) -> None:
        self.road, self.fresh, self.place = road, fresh, read_place(road.at)
        self.closed = False

    def dial(self, places: Sequence[Place], secret: bytes, expected: Expected) -> Deferred[Any]:
        assert expected == HIS
        return self._begin(places, secret)

    def let_in(self, places: Sequence[Place], secret: bytes) -> Deferred[Any]:
        return self._begin(places, secret)

    def _begin(self, places: Sequence[Place], secret: bytes) -> Deferred[Any]:
        self.road.begun.append((self.road.clock.seconds(), [str(place) for place in places], secret))
        if self.road.works:
            return succeed(FakeLink(dialed=True))

        def over(_: object) -> None:
            raise Timeout("nothing came through")

        return pause(self.road.clock, 2.5).addCallback(over)

    def close(self) -> None:
        assert not self.closed
        self.closed = True


@implementer(IPuncher)
class FakeRoad:
    def __init__(self, clock: Clock, at: str) -> None:
        self.clock, self.at = clock, at
        self.works = False
        self.holes: list[FakeHole] = []
        self.begun: list[tuple[float, list[str], bytes]] = []

    def hole(self, observers: Sequence[tuple[str, Expected]], fresh: bool) -> Deferred[FakeHole]:
        self.holes.append(FakeHole(self, fresh))
        return succeed(self.holes[-1])


@dataclass
class Asked:
    """An exchange that is answered, as long after as the road takes."""

    answered: Deferred[Packet]

    def finish(self) -> None:
        return

    def answer(self) -> Deferred[Packet]:
        return self.answered

    def reset(self, why: str) -> None:
        return


class Pair:
    """Alice dials; Bob lets in.  What she asks takes half a round trip to him, and his answer the other."""

    def __init__(self, may_reach: Callable[[str], bool] = lambda host: not is_private(host)) -> None:
        self.clock = Clock()
        self.ours, self.his = FakeRoad(self.clock, OURS), FakeRoad(self.clock, THEIRS)
        self.friends: set[str] = set()
        self.letting_in = LettingIn(self.clock, {"udp": self.his}, lambda _: [], may_reach, self.is_known)
        self.punching = Punching(self.clock, seeded("alice"), {"udp": self.ours}, lambda _: [], may_reach)
        self.link: Any = FakeLink(dialed=True, direct=False)
        self.link.ask, self.link.ping = self.ask, lambda: pause(self.clock, RTT).addCallback(lambda _: RTT)
        self.link.document = type("Document", (), {"name": "bob"})
        self.sender = Sender("a" * 52, self.link.document, self.link)
        self.secrets: list[bytes] = []

    async def is_known(self, fingerprint: str) -> bool:
        return fingerprint in self.friends

    def by(self, name: str) -> None:
        """From now on it is this one who asks."""
        self.sender = Sender(name, self.link.document, self.link)

    def lets_in(self, number: int, *places: str) -> bool:
        """Does Bob agree to that round?"""
        try:
            self.now(a_punch(number, *places))
        except TryLater:
            return False
        return True

    def ask(self, packet: Any, priority: Priority) -> Asked:
        assert priority == Priority.CONTROL
        self.secrets.append(packet.secret)
        return Asked(Deferred.fromCoroutine(self._asked(packet)))

    async def _asked(self, packet: Any) -> Packet:
        await pause(self.clock, RTT / 2)
        try:
            answer = await self.answers(packet)
        except BitDustError as why:
            answer = Fail(why.id, why.message)
        await pause(self.clock, RTT / 2)
        return answer

    def answers(self, packet: Any) -> Coroutine[Any, Any, Packet]:
        work = self.letting_in.asked if isinstance(packet, Punch) else self.letting_in.begin
        return work(self.sender, packet, None)  # type: ignore[arg-type]

    def now(self, packet: Any) -> Packet:
        """What Bob answers."""
        got: list[Any] = []
        Deferred.fromCoroutine(self.answers(packet)).addBoth(got.append)
        if hasattr(got[0], "raiseException"):
            got[0].raiseException()
        return got[0]

    def begin(self) -> list[Any]:
        """What it comes to, in the end."""
        came: list[Any] = []
        self.punching.begin(self.link, HIS).addBoth(came.append)
        return came

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.clock.advance(0.05)


def test_both_begin_at_the_same_moment() -> None:
    """Half a round trip after "now" was said, when it is heard, each towards the place of the other."""
    pair = Pair()
    pair.ours.works = True
    came = pair.begin()
    pair.run(1.0)
    assert isinstance(came[0], FakeLink)
    [(ours, to_him, secret)] = pair.ours.begun
    [(his, to_us, same)] = pair.his.begun
    assert ours == pytest.approx(his)
    assert (to_him, to_us) == ([THEIRS], [OURS])
    assert secret == same == pair.secrets[0]
    assert pair.ours.holes[0].closed
    pair.run(10.0)
    assert pair.his.holes[0].closed
    assert pair.clock.getDelayedCalls() == []


def test_three_rounds_the_later_from_fresh_ports() -> None:
    """What fails is tried anew, with another secret, and then it is enough."""
    pair = Pair()
    came = pair.begin()
    pair.run(30.0)
    assert came[0].check(Offline)
    assert [hole.fresh for hole in pair.ours.holes] == [False] + [True] * (ATTEMPTS - 1)
    assert [hole.fresh for hole in pair.his.holes] == [hole.fresh for hole in pair.ours.holes]
    assert len({secret for _, _, secret in pair.ours.begun}) == ATTEMPTS
    assert all(hole.closed for hole in [*pair.ours.holes, *pair.his.holes])
    assert pair.clock.getDelayedCalls() == []


def test_given_up_in_the_middle() -> None:
    """Nothing is left open, and nothing ticks."""
    pair = Pair()
    work = pair.punching.begin(pair.link, HIS)
    pair.run(0.7)
    work.addErrback(lambda _: None)
    work.cancel()
    assert all(hole.closed for hole in pair.ours.holes)
    pair.run(30.0)
    assert pair.clock.getDelayedCalls() == []


def a_punch(number: int, *places: str) -> Punch:
    return Punch("udp", number.to_bytes(16, "big"), places or (OURS,))


@pytest.mark.parametrize("place", ["10.0.0.1:4000", "127.0.0.1:7771", "[fe80::1]:1", "203.0.113.7:1"])
def test_no_private_place(place: str) -> None:
    """A peer does not make us send into our own network, or any that is not public."""
    pair = Pair()
    with pytest.raises(BitDustError, match="no place in a public network"):
        pair.now(a_punch(1, place))
    assert pair.his.holes == []


def test_his_private_place_is_not_sent_to_either() -> None:
    """Nor does the one who answers."""
    pair = Pair()
    pair.his.at = "192.168.1.1:80"
    came = pair.begin()
    pair.run(1.0)
    assert came[0].check(BitDustError)
    assert pair.ours.begun == []


def test_what_is_no_place() -> None:
    """Refused, not sent to."""
    pair = Pair()
    with pytest.raises(BitDustError, match="not a place"):
        pair.now(a_punch(1, "bob.example:4000"))


def test_over_relays_only() -> None:
    """Who is there already need not come through."""
    pair = Pair()
    pair.link.direct = True
    with pytest.raises(BitDustError, match="straight"):
        pair.now(a_punch(1))


def test_so_many_rounds_and_no_more() -> None:
    """Nobody makes a cannon of us: a peer gets so many rounds in a while; the next ends the one before."""
    pair = Pair()
    for number in range(ROUNDS):
        pair.now(a_punch(number))
    assert [hole.closed for hole in pair.his.holes] == [True] * (ROUNDS - 1) + [False]
    with pytest.raises(BitDustError, match="too many"):
        pair.now(a_punch(99))
    assert len(pair.his.holes) == ROUNDS


def test_all_peers_together() -> None:
    """However many they are, few rounds are under way at once."""
    pair = Pair()
    pair.friends = {f"friend{number}" for number in range(2 * AT_ONCE)}
    agreed = 0
    for number, friend in enumerate(sorted(pair.friends)):
        pair.by(friend)
        agreed += pair.lets_in(number, f"11.0.{number}.1:4000")
    assert agreed == AT_ONCE


def test_strangers_leave_places_to_whom_we_know() -> None:
    """T31: who makes himself many has half of the rounds; a supplier or correspondent finds one."""
    pair = Pair()
    pair.friends.add("friend")
    for number in range(AT_ONCE):
        pair.by(f"eve{number}")
        assert pair.lets_in(number, f"11.0.{number}.1:4000") is (number < WITH_STRANGERS)
    pair.by("friend")
    assert pair.lets_in(99)


@pytest.mark.parametrize("host", ["11.0.0.9:{}", "[2a00:1::{}]:4000"])
def test_many_who_name_one_host(host: str) -> None:
    """T38: whoever they are, one address or one /64 is sent as much as one peer may ask for, and no more."""
    pair = Pair()
    pair.friends.add("friend")
    agreed = 0
    for number in range(1, 5 * ROUNDS):
        pair.by(f"eve{number % 5}")
        agreed += pair.lets_in(number, "12.1.0.1:4000", host.format(number))
        pair.run(1.0)
    assert agreed <= ROUNDS + ROUNDS * 60 / IN_SECONDS
    pair.by("friend")
    assert pair.lets_in(99, host.format(1))


def test_many_who_name_many_hosts() -> None:
    """T38: what all strangers together have us send is little."""
    pair = Pair()
    agreed = 0
    for number in range(600):
        pair.by(f"eve{number}")
        agreed += pair.lets_in(number, f"11.{number % 200}.{number // 200}.1:4000")
        pair.run(0.2)
        pair.letting_in.stop()
    assert OF_STRANGERS <= agreed <= OF_STRANGERS + OF_STRANGERS * 120 / IN_SECONDS


def test_agreed_and_not_begun() -> None:
    """It waits a while, and is gone then."""
    pair = Pair()
    pair.now(a_punch(1))
    pair.run(WAITS + 0.1)
    assert pair.his.holes[0].closed
    with pytest.raises(Refused):
        pair.now(PunchNow((1).to_bytes(16, "big")))
    assert pair.clock.getDelayedCalls() == []


def test_somebody_elses_round() -> None:
    """A round is begun by who agreed to it, once."""
    pair = Pair()
    pair.now(a_punch(1))
    ours = pair.sender
    pair.sender = Sender("c" * 52, pair.link.document, pair.link)
    with pytest.raises(Refused):
        pair.now(PunchNow((1).to_bytes(16, "big")))
    with pytest.raises(BitDustError, match="in use"):
        pair.now(a_punch(1))
    pair.sender = ours
    assert pair.now(PunchNow((1).to_bytes(16, "big"))) == Ack()
    with pytest.raises(Refused):
        pair.now(PunchNow((1).to_bytes(16, "big")))
    pair.letting_in.stop()
    assert all(hole.closed for hole in pair.his.holes)


def test_a_road_that_is_switched_off() -> None:
    """Said, and nothing is begun."""
    pair = Pair()
    with pytest.raises(BitDustError, match="no road tcp"):
        pair.now(Punch("tcp", bytes(16), (OURS,)))
