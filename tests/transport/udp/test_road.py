"""Links over UDP on bad roads: lost, late and from elsewhere; on a hand-turned clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from bitdust.transport.interface import ILink, LinkLost
from bitdust.transport.udp.quic import WINDOW, Quic
from bitdust.transport.udp.road import KEEP_ALIVE
from bitdust.wire.packets import Ack, ListFiles, Priority, Retrieve
from bitdust.world import spawn
from tests.transport.conformance import ZERO, piece, whole
from tests.transport.people import person

from .air import Air, Counting, result

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")
HERE, THERE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.3"
MB = 1_000_000


@pytest.fixture
def air() -> Iterator[Air]:
    made = Air()
    yield made
    made.stop()


def two(air: Air) -> ILink:
    """A link from Alice to Bob, who answers."""
    [contact] = result(air.road(BOB, THERE).listen(air.accept))
    return air.until(air.road(ALICE, HERE).dial(contact, BOB.expected))


async def bring(link: ILink, size: int) -> str:
    exchange = link.ask(piece(size), Priority.BACKUP)
    await exchange.write(bytes(size))
    answer = await exchange.answer()
    assert isinstance(answer, Ack)
    return answer.note


def pour(link: ILink) -> None:
    """Send more than anybody will read."""
    sent = link.ask(piece(60 * MB), Priority.BACKUP).write(bytes(60 * MB))
    sent.addErrback(lambda why: why.trap(LinkLost))


async def fetch(link: ILink, count: int) -> bytes:
    exchange = link.ask(Retrieve(block=ZERO, number=0, first=0, count=count), Priority.RESTORE)
    await exchange.answer()
    return await whole(exchange)


def seconds_for(air: Air, size: int) -> float:
    """That a body of this size takes to Bob."""
    link = two(air)
    begun = air.clock.seconds()
    assert air.until(spawn(bring(link, size))) == str(size)
    return air.clock.seconds() - begun


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_overtaking_is_no_loss(seed: int) -> None:
    """Where packets overtake each other not each is taken for lost, which would keep QUIC at its slowest."""
    took = []
    for delay, jitter in ((0.055, 0.0), (0.04, 0.03)):
        air = Air(seed, delay=delay)
        air.jitter = jitter
        took.append(seconds_for(air, 2 * MB))
        air.stop()
    # Without putting them in order: twenty times.
    assert took[1] < 8 * took[0], took


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_in_a_hundred_is_lost(air: Air, seed: int) -> None:
    """With 1 % loss and 40 ms each way everything arrives whole, in both directions."""
    air._random.seed(seed)
    air.loss, air.delay = 0.01, 0.04
    link = two(air)
    assert air.until(spawn(bring(link, 2 * MB))) == str(2 * MB)
    assert air.until(spawn(fetch(link, 2))) == bytes(2**20) + b"\x01" * 2**20


def test_every_other_handshake_packet_is_lost(air: Air) -> None:
    """With 30 % loss there is a link within the ten seconds of a dial, and it works."""
    air.loss, air.delay = 0.3, 0.02
    link = two(air)
    assert air.until(spawn(bring(link, 50_000))) == "50000"


def test_another_address(air: Air) -> None:
    """The dialer's address changes in the middle of a body, up and down: the link goes on."""
    air.delay = 0.02
    link = two(air)
    up = spawn(bring(link, 4 * MB))
    air.turn(0.1)
    assert not up.called
    first = air.hop(HERE)
    assert air.until(up) == str(4 * MB)
    down = spawn(fetch(link, 4))
    air.turn(0.1)
    assert not down.called
    second = air.hop(HERE)
    assert len(air.until(down)) == 4 * 2**20
    assert air.said[first]
    assert air.said[second]
    assert len(air.links) == 1
    assert air.until(link.ping()) < 1.0


def test_what_comes_is_limited(air: Air) -> None:
    """A receive limit holds within 5 %, and of what is not read no more than a window is ever sent."""
    link = two(air)
    counting, rate = Counting(), 300_000
    air.links[0].serve(counting)
    bob = air.roads[0]
    bob.intake.set(rate)
    pour(link)
    air.turn(10.0)
    before = counting.size
    air.turn(60.0)
    assert counting.size - before == pytest.approx(60 * rate, rel=0.05)
    assert air.came[air.place(THERE)] < 1.1 * counting.size + 1.2 * WINDOW
    assert not link.closed().called
    bob.intake.set(0)


def test_nobody_is_lost_for_being_held(air: Air) -> None:
    """A limit so low that a link is not read for minutes ends no link."""
    link = two(air)
    air.roads[0].intake.set(500)
    link.ask(piece(MB), Priority.BACKUP).write(bytes(MB)).addErrback(lambda why: why.trap(LinkLost))
    over = link.closed()
    air.turn(1800.0)
    assert not over.called
    air.roads[0].intake.set(0)
    assert air.until(link.ping()) < 1.0


def test_what_goes_is_limited(air: Air) -> None:
    """A send limit holds within 5 %."""
    link = two(air)
    counting, rate = Counting(), 300_000
    air.links[0].serve(counting)
    alice = air.roads[1]
    alice.pace.set(rate)
    pour(link)
    air.turn(10.0)
    before = counting.size
    air.turn(60.0)
    assert counting.size - before == pytest.approx(60 * rate, rel=0.05)
    alice.pace.set(0)


def test_an_idle_link_stays_open_in_routers(air: Air) -> None:
    """A dialer is heard every 25 seconds, and says little: an hour of silence later all works."""
    link = two(air)
    air.turn(60.0)
    air.said.clear()
    air.turn(3600.0)
    times = air.said[air.place(HERE)]
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert max(pauses) < KEEP_ALIVE + 1
    assert len(times) < 2.5 * 3600 / KEEP_ALIVE
    assert air.until(spawn(bring(link, 1000))) == "1000"


def test_who_vanishes_is_missed(air: Air) -> None:
    """Who is not heard any more is given up within minutes, by both ends, and everybody who waits is told."""
    link = two(air)
    asked = link.ask(ListFiles(), Priority.CONTROL).answer()
    air.loss = 1.0
    over = [link.closed(), air.links[0].closed()]
    air.turn(600.0)
    assert all(each.called for each in over)
    with pytest.raises(LinkLost):
        result(asked)


def test_t62_what_is_sent_and_never_heard(air: Air) -> None:
    """T62: a road that a router has forgotten is dead within seconds to who sends, not minutes."""
    link = two(air)
    link.ask(ListFiles(), Priority.CONTROL)
    air.loss = 1.0
    over = link.closed()
    air.turn(20.0)
    assert "no sign of life" in result(over)


def test_closing_is_heard_at_once(air: Air) -> None:
    """The reason comes before the end, and the other end is over as soon as it has heard."""
    link = two(air)
    theirs = air.links[0].closed()
    link.close("enough")
    air.turn(0.1)
    assert "enough" in result(theirs)


def fails(*_: object) -> NoReturn:
    raise ValueError("nobody foresaw this")


@pytest.mark.parametrize(
    "what", ["receive_many_datagrams", "next_event", "datagrams_to_send", "handle_timer", "get_timer"]
)
def test_a_fault_ends_one_road_alone(air: Air, caught_failures: list[Any], what: str) -> None:
    """Where the library fails in a link, that link ends; what came for others in that turn arrives."""
    [contact] = result(air.road(BOB, THERE).listen(air.accept))
    alice = air.until(air.road(ALICE, HERE).dial(contact, BOB.expected))
    carol = air.until(air.road(CAROL, ELSEWHERE).dial(contact, BOB.expected))
    air.turn(1.0)
    bob = air.roads[0]
    road = bob._outlet.routes.all()[0]
    over = [each.closed() for each in (air.links[0], alice)]
    setattr(road._quic, what, fails)
    brought = [spawn(bring(link, 50_000)) for link in (alice, carol)]
    brought[0].addErrback(lambda why: why.trap(LinkLost))
    assert air.until(brought[1], 1.0) == "50000"
    air.turn(60.0)
    assert all(each.called for each in over)
    assert bob._outlet.routes.all() != []
    assert road not in bob._outlet.routes.all()
    assert len(bob.links) == 1
    assert caught_failures or what == "receive_many_datagrams"
    assert air.until(spawn(bring(carol, 1000))) == "1000"


@pytest.mark.parametrize("dialer", [False, True])
@pytest.mark.parametrize("what", ["numbers", "binding"])
def test_a_fault_in_a_handshake(
    air: Air, monkeypatch: pytest.MonkeyPatch, caught_failures: list[Any], what: str, dialer: bool
) -> None:
    """Where what is needed of a handshake is not there, at either end, there is no link; the next is made."""
    usual = getattr(Quic, what)

    def broken(quic: Quic) -> Any:
        return fails() if quic.configuration.is_client == dialer else usual(quic)

    [contact] = result(air.road(BOB, THERE).listen(air.accept))
    with monkeypatch.context() as patch:
        patch.setattr(Quic, what, broken)
        dialing = air.road(ALICE, HERE).dial(contact, BOB.expected)
        with pytest.raises(LinkLost):
            air.until(dialing)
    air.turn(60.0)
    assert len(air.roads[0].links) == 0
    assert caught_failures
    link = air.until(air.roads[1].dial(contact, BOB.expected))
    assert air.until(spawn(bring(link, 1000))) == "1000"
