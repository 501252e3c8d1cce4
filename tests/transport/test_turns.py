"""Who goes first when a link is full."""

from __future__ import annotations

from collections import Counter

from bitdust.transport.stream import Stream
from bitdust.transport.turns import Turns
from bitdust.wire.frames import MAX_PAYLOAD
from bitdust.wire.packets import ListFiles, Priority


def stream(priority: Priority) -> Stream:
    """A stream that always has something to send."""
    return Stream(True, ListFiles(), priority, out_size=2**40, out_credit=2**40)


def served(turns: Turns, frames: int, size: int = MAX_PAYLOAD) -> list[Stream]:
    """Who sends the next frames."""
    found = []
    for _ in range(frames):
        one = turns.next()
        assert one is not None
        turns.sent(one, size)
        found.append(one)
    return found


def test_weights() -> None:
    """Messages, restores, backups and repairs share 8:4:2:1, in bytes."""
    for size in (MAX_PAYLOAD, 1000):
        turns = Turns()
        for priority in list(Priority)[1:]:
            turns.add(stream(priority))
        rounds = 15 * MAX_PAYLOAD // size * 4
        shares = Counter(one.priority for one in served(turns, rounds, size))
        for priority, weight in zip(list(Priority)[1:], (8, 4, 2, 1), strict=True):
            assert abs(shares[priority] / rounds - weight / 15) < 0.02


def test_control_goes_first() -> None:
    """A control stream is never kept waiting."""
    turns = Turns()
    for priority in reversed(Priority):
        turns.add(stream(priority))
    assert {one.priority for one in served(turns, 50)} == {Priority.CONTROL}


def test_nobody_is_starved_by_equals() -> None:
    """Streams of one class take turns frame by frame."""
    turns = Turns()
    streams = [stream(Priority.BACKUP) for _ in range(5)]
    for one in streams:
        turns.add(one)
    assert served(turns, 10) == streams * 2


def test_alone_it_gets_all() -> None:
    """A lone repair uses the whole link, and a dropped stream is forgotten."""
    turns = Turns()
    one = stream(Priority.REPAIR)
    turns.add(one)
    turns.add(one)
    assert served(turns, 100) == [one] * 100
    turns.drop(one)
    turns.drop(one)
    assert turns.next() is None
