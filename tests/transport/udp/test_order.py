"""Packets that overtake each other: who waits, for how long, and who does not."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from bitdust.transport.udp.order import ASTRAY, FIRST, FORGOTTEN, FULL, MOST, REMEMBERED, UNKNOWN, Order

WHERE = ("192.0.2.1", 1)
#: when it is known that a road keeps its order
KNOWN = UNKNOWN + 1.0


def read(packets: Sequence[bytes], _: int) -> list[int | None]:
    return [int(packet) if packet.isdigit() else None for packet in packets]


class Reader:
    """What comes and what is shown, by numbers."""

    def __init__(self) -> None:
        self.order = Order(read, 0.0)
        self.shown: list[int] = []

    def come(self, at: float, *numbers: int) -> list[int]:
        return self._show([data for data, _ in self.order.take([(b"%d" % n, WHERE) for n in numbers], at)])

    def wait(self, until: float) -> list[int]:
        """Let time pass, as a timer does."""
        found: list[int] = []
        while (due := self.order.due()) is not None and due <= until:
            found += self._show([data for data, _ in self.order.overdue(due)])
        return found

    def _show(self, packets: Sequence[bytes]) -> list[int]:
        numbers = [int(packet) for packet in packets]
        self.shown += numbers
        return numbers


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_in_order_nothing_waits(reader: Reader) -> None:
    assert reader.come(0.0, 0, 1) == [0, 1]
    assert reader.come(KNOWN, 2) == [2]
    assert reader.come(KNOWN, 3, 4, 5) == [3, 4, 5]
    assert reader.order.due() is None


def test_a_loss_holds_up_nobody_where_order_is_kept(reader: Reader) -> None:
    reader.come(KNOWN, 0, 1)
    assert reader.come(KNOWN, 3) == [3]
    assert reader.come(KNOWN, 5, 6) == [5, 6]
    assert reader.order.due() is None


def test_at_first_order_is_not_relied_on(reader: Reader) -> None:
    reader.come(0.0, 0)
    assert reader.come(0.01, 2, 3) == []
    assert reader.come(0.02, 1) == [1, 2, 3]
    assert reader.come(0.03, 5) == []
    assert reader.order.due() == pytest.approx(0.03 + FIRST, abs=0.02)
    assert reader.wait(0.2) == [5]


def test_one_who_comes_late_is_waited_for_from_then_on(reader: Reader) -> None:
    reader.come(KNOWN, 0)
    assert reader.come(KNOWN, 2) == [2]
    assert reader.come(KNOWN + 0.02, 1) == [1]
    assert reader.come(KNOWN + 0.03, 4) == []
    assert reader.come(KNOWN + 0.05, 3) == [3, 4]


def test_and_not_any_more_when_none_has_come_late_for_long(reader: Reader) -> None:
    reader.come(KNOWN, 0)
    reader.come(KNOWN, 2)
    reader.come(KNOWN + 0.02, 1)
    later = KNOWN + REMEMBERED + 0.1
    assert reader.come(later, 4) == [4]


def test_who_does_not_come_is_given_up(reader: Reader) -> None:
    reader.come(0.0, 0)
    assert reader.come(0.0, 2) == []
    assert reader.come(0.01, 3, 5) == []
    # As soon as 2 has waited long enough, all that follows it without a gap goes, too.
    assert reader.wait(FIRST + 0.001) == [2, 3]
    assert reader.wait(FIRST + 0.011) == [5]


def test_within_a_turn_they_are_sorted(reader: Reader) -> None:
    assert reader.come(KNOWN, 2, 0, 1) == [0, 1, 2]
    assert reader.come(KNOWN, 5, 3, 4, 7, 6) == [3, 4, 5, 6, 7]


def test_twice_is_shown_once_while_it_waits(reader: Reader) -> None:
    reader.come(0.0, 0)
    assert reader.come(0.001, 2) == []
    assert reader.come(0.002, 2) == []
    assert reader.come(0.003, 1) == [1, 2]
    # What was shown before is QUIC's to know.
    assert reader.come(0.004, 2) == [2]


def test_nobody_waits_for_long(reader: Reader) -> None:
    """However late some come: by others' malice, or on two roads at once."""
    at, number = 0.0, 0
    for _ in range(200):
        reader.come(at, number + 1)
        at += FORGOTTEN * 0.9
        reader.wait(at)
        reader.come(at, number)
        number += 2
    reader.come(at, number + 1)
    due = reader.order.due()
    assert due is not None
    assert due - at <= MOST


def test_so_many_wait_at_most(reader: Reader) -> None:
    reader.come(0.0, 0)
    for number in range(2, FULL + 10):
        reader.come(0.001, number)
    assert len(reader.shown) >= FULL
    # Somebody far ahead is shown at once, and changes nothing.
    assert reader.come(0.002, 10 * FULL) == [10 * FULL]
    assert reader.come(0.002, FULL + 10) == [FULL + 10]


def test_what_has_no_number_is_shown_at_once(reader: Reader) -> None:
    reader.come(0.0, 0)
    reader.come(0.001, 2)
    assert [*reader.order.take([(b"long", WHERE)], 0.002)] == [(b"long", WHERE)]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_gets_lost_or_comes_twice(seed: int) -> None:
    """Whatever the road does: each that comes is shown once, and soon."""
    chance, reader = random.Random(seed), Reader()
    jitter, loss = chance.choice([0.0, 0.01, 0.05, 0.3]), chance.choice([0.0, 0.05])
    sent = [n for n in range(2000) if chance.random() >= loss]
    coming = sorted((n * 0.002 + jitter * chance.random(), n) for n in sent)
    while coming:
        at = coming[0][0]
        reader.wait(at)
        turn = [n for when, n in coming[:20] if when <= at + 0.003]
        reader.come(at, *turn)
        coming = coming[len(turn) :]
        due = reader.order.due()
        assert due is None or due <= at + MOST
    reader.wait(1e9)
    assert sorted(reader.shown) == sent
    if not jitter:
        assert reader.shown == sent


def test_the_first_is_not_waited_for(reader: Reader) -> None:
    """Numbers before it came with the handshake."""
    assert reader.come(0.0, 1, 2) == [1, 2]
    assert reader.order.due() is None


def test_false_numbers_cost_little(reader: Reader) -> None:
    """They are read before anybody has proved that they are true."""
    reader.come(0.0, 0)
    for jump in range(1, 1000):
        reader.come(0.0001 * jump, jump * FULL)
    assert len(reader.order._missing) <= FULL
    assert len(reader.order._waiting) <= FULL + 1


def test_who_is_far_ahead_begins_anew(reader: Reader) -> None:
    """One that is out of reach is wrong; when they come behind each other it is we who were left behind."""
    reader.come(KNOWN, 0, 1)
    far = 100 * FULL
    assert reader.come(KNOWN, far) == [far]
    assert reader.come(KNOWN, 2) == [2]
    assert reader.come(KNOWN, *range(far + 1, far + 1 + ASTRAY)) == [*range(far + 1, far + 1 + ASTRAY)]
    reader.come(KNOWN, far + 10)
    reader.come(KNOWN + 0.02, far + 9)
    assert reader.come(KNOWN + 0.03, far + 12) == []
    assert reader.come(KNOWN + 0.04, far + 11) == [far + 11, far + 12]
