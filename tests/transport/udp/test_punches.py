"""Datagrams that open routers: how few they are, and whom they reach."""

from __future__ import annotations

from collections import Counter

from twisted.internet.task import Clock

from bitdust.transport.udp.punches import EVERY, PLACES, TIMES, Punches, secret_in
from bitdust.wire.place import Place, read_place

SECRET = bytes(range(16))
HIS = [read_place(f"203.0.113.{number}:4000") for number in range(1, 8)]


class Round:
    """One end, and all that it sends and hears."""

    def __init__(self, places: list[Place]) -> None:
        self.clock = Clock()
        self.sent: list[tuple[bytes, tuple[str, int]]] = []
        self.heard: list[tuple[str, int]] = []
        self.punches = Punches(self.clock, self.sent.extend, places, SECRET, self.heard.append)

    def pass_by(self, seconds: float) -> None:
        for _ in range(round(seconds / EVERY)):
            self.clock.advance(EVERY)


def datagram(kind: int) -> bytes:
    return bytes((4, kind)) + SECRET


def test_so_many_and_no_more() -> None:
    """T38: however many places he names, all together get as many as one, in turn; then there is silence."""
    it = Round(HIS)
    it.punches.begin()
    it.pass_by(10 * EVERY * TIMES)
    each = {(str(place.host), 4000): TIMES // PLACES for place in HIS[:PLACES]}
    assert Counter(to for _, to in it.sent) == each
    assert {len(data) for data, _ in it.sent} == {18}


def test_who_names_one_place_gets_all() -> None:
    """As everybody does who means it: he is seen at one."""
    it = Round(HIS[:1])
    it.punches.begin()
    it.pass_by(10 * EVERY * TIMES)
    assert Counter(to for _, to in it.sent) == {("203.0.113.1", 4000): TIMES}
    assert it.clock.getDelayedCalls() == []


def test_what_comes_is_answered_to_where_it_came_from() -> None:
    """A router has given the peer another port than he was told: the answer goes there."""
    it = Round(HIS[:1])
    it.punches.came(datagram(0), ("203.0.113.1", 61_000))
    assert it.sent == [(datagram(1), ("203.0.113.1", 61_000))]
    assert it.heard == [("203.0.113.1", 61_000)]


def test_answers_are_not_answered() -> None:
    """Two ends do not keep each other busy."""
    it = Round(HIS[:1])
    it.punches.came(datagram(1), ("203.0.113.1", 4000))
    assert it.sent == []
    assert it.heard == [("203.0.113.1", 4000)]


def test_nobody_else_is_reached() -> None:
    """A datagram with a forged sender sends nothing to a host that the peer has not named."""
    it = Round(HIS[:1])
    it.punches.came(datagram(0), ("198.51.100.9", 4000))
    assert (it.sent, it.heard) == ([], [])


def test_no_cannon() -> None:
    """However many come, the answers are few."""
    it = Round(HIS[:1])
    for port in range(1, 2000):
        it.punches.came(datagram(0), ("203.0.113.1", port))
    assert len(it.sent) == 40


def test_after_the_end() -> None:
    """Who has stopped says nothing more."""
    it = Round(HIS[:1])
    it.punches.begin()
    it.punches.stop()
    it.punches.came(datagram(0), ("203.0.113.1", 4000))
    it.pass_by(10.0)
    assert len(it.sent) == 1


def test_what_is_none() -> None:
    """Nothing that QUIC says is taken for one, whatever its length."""
    assert secret_in(datagram(0)) == secret_in(datagram(1)) == SECRET
    for other in (b"", datagram(0)[:-1], datagram(0) + b"x", datagram(2), b"\x40" + datagram(0)[1:]):
        assert secret_in(other) is None
