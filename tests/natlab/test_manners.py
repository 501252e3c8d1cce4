"""Backups on a narrow line that others use, too: what it does to them, and the limits that are set."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.natlab.ends import End
from tests.natlab.lab import PUBLIC, Lab, Side, Weather

#: there and back 20 to 24 ms, and nothing gets lost but in a queue that overflows
NEAR = Weather(delay=0.01, jitter=0.002, loss=0.0)
#: bits a second of the line, and seconds that something is sent over it
LINE, LASTS = 1_000_000, 8.0


@contextmanager
def sender(road: str) -> Iterator[tuple[Side, End]]:
    """An end behind a router with a narrow line out, linked to one on the public side."""
    with Lab(["port"], NEAR) as lab:
        [side] = lab.sides
        lab.narrow(side, LINE)
        with End(lab.public, "observer") as observer, End(side.machine, "alice") as alice:
            [contact] = [each for each in observer.do("listen") if each.startswith(f"{road}:")]
            alice.do("ring", at=contact.replace("0.0.0.0", PUBLIC[0]), who="observer")
            yield side, alice


def ping(side: Side, seconds: float) -> float:
    """Milliseconds that one takes on average meanwhile."""
    command = ["ping", "-q", "-c", str(round(seconds / 0.1)), "-i", "0.1", PUBLIC[0]]
    said = subprocess.run(["ip", "netns", "exec", side.machine, *command], capture_output=True, text=True)
    return float(said.stdout.rpartition("= ")[2].split("/")[1])


@pytest.mark.parametrize("road", ["tcp", "udp"])
def test_t63_a_ping_beside_a_backup(road: str) -> None:
    """T63: it takes 100 ms longer at most, and the line is used all the same."""
    with sender(road) as (side, alice):
        alone = ping(side, 1.0)
        begun, size = time.monotonic(), int(LINE / 8 * LASTS)
        alice.begin("send", size=size)
        beside = ping(side, LASTS - 2.0)
        assert alice.answer() is True
        took = time.monotonic() - begun
    assert beside - alone < 100, (alone, beside)
    assert took < 1.5 * LASTS, took


@pytest.mark.parametrize("road", ["tcp", "udp"])
def test_t63_the_upload_limit(road: str) -> None:
    """T63: what goes in some seconds is the limit, one in twenty more or less."""
    limit = LINE // 8 // 2
    with sender(road) as (_, alice):
        alice.do("limit", rate=limit)
        # What may be saved up is gone before it is measured.
        assert alice.do("send", size=limit) is True
        begun = time.monotonic()
        assert alice.do("send", size=int(limit * LASTS)) is True
        took = time.monotonic() - begun
    assert 0.95 * LASTS < took < 1.05 * LASTS + 0.1, took
