"""What arrives is handed to its thread in stretches of bounded size."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from twisted.internet.defer import Deferred, succeed

from bitdust.errors import Damaged
from bitdust.supplier.arrival import MOST_PARTS, STRETCH, Budget, receive
from bitdust.world import inline, spawn

MIB = 2**20


class Noted:
    """A writer that remembers what it was given."""

    def __init__(self) -> None:
        self.stretches: list[list[bytes]] = []
        self.steps: list[str] = []

    def begin(self) -> None:
        self.steps.append("begin")

    def write(self, stretch: Sequence[bytes]) -> None:
        self.stretches.append(list(stretch))

    def finish(self) -> None:
        self.steps.append("finish")

    def give_up(self) -> None:
        self.steps.append("give up")


def arrive(body: bytes, step: int, size: int | None = None) -> Noted:
    """Send a body in parts of `step` bytes."""
    parts = [body[at : at + step] for at in range(0, len(body), step)]

    def read() -> Deferred[bytes]:
        return succeed(parts.pop(0) if parts else b"")

    writer = Noted()
    failed: list[BaseException] = []
    size = len(body) if size is None else size
    done = spawn(receive(read, size, writer, inline, Budget()))
    done.addErrback(lambda failure: failed.append(failure.value))
    if failed:
        raise failed[0]
    return writer


def test_a_body_is_written_in_stretches() -> None:
    """A body is written in stretches and what remains, in its order."""
    body = bytes(range(256)) * 4096 * 3 + b"end.."
    writer = arrive(body, 100_000)
    lengths = [sum(map(len, stretch)) for stretch in writer.stretches]
    assert b"".join(part for stretch in writer.stretches for part in stretch) == body
    assert all(STRETCH <= length < STRETCH + 100_000 for length in lengths[:-1])
    assert writer.steps == ["begin", "finish"]


def test_parts_are_not_copied() -> None:
    """Parts of the usual size are handed on as they came."""
    writer = arrive(bytes(4 * MIB), 256 * 1024)
    assert [len(stretch) for stretch in writer.stretches] == [8, 8, 0]


def test_a_trickle_is_gathered() -> None:
    """Who sends byte by byte makes no long lists."""
    writer = arrive(bytes(10_000), 1)
    assert sum(len(part) for part in writer.stretches[0]) == 10_000
    assert max(len(stretch) for stretch in writer.stretches) <= MOST_PARTS


@pytest.mark.parametrize("size", [9_999, 10_001])
def test_another_length_than_announced(size: int) -> None:
    """A body that is longer or shorter than announced is given up."""
    with pytest.raises(Damaged):
        arrive(bytes(10_000), 1000, size)
