"""T34: whatever strangers do a million times, the log stays readable and small."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import Clock
from twisted.logger import Logger, LogLevel, LogPublisher

from bitdust.daemon.flood import BURST, MOST, Flood
from bitdust.daemon.logfile import NodeLog


def lines(path: Path) -> list[str]:
    return (path / "bitdust.log").read_text().splitlines()


def test_a_million_bad_requests(tmp_path: Path) -> None:
    """Some lines of the flood, how many were left out, and all else that happened meanwhile: a few KiB."""
    clock = Clock()
    log = NodeLog(tmp_path, clock.seconds)
    logger = Logger(namespace="bitdust.x", observer=LogPublisher(log))
    for number in range(1_000_000):
        logger.info("{address} refused: {why}", address=f"198.51.100.{number % 250}", why="noise" * 10)
        if number % 100_000 == 0:
            logger.warn("something else happened {number} times", number=number)
    told = lines(tmp_path)
    assert sum("refused" in line for line in told) == BURST
    assert sum("something else" in line for line in told) == 10
    clock.advance(10)
    for _ in range(20):
        logger.info("{address} refused: {why}", address="198.51.100.1", why="noise")
    log.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 100 * 1024
    more = lines(tmp_path)[len(told) :]
    assert len(more) == 10
    assert more[0].endswith(
        f"198.51.100.1 refused: noise ({1_000_000 - int(BURST)} more like this were left out)"
    )
    assert "left out" not in more[1]


def test_many_kinds_are_forgotten() -> None:
    """Formats that are made of what comes from outside cost no memory."""
    told: list[object] = []
    flood = Flood(told.append, Clock().seconds)
    for number in range(5 * MOST):
        flood({"log_namespace": "bitdust.x", "log_format": f"format {number}"})
    assert len(told) == 5 * MOST
    assert len(flood._kinds) == MOST


def test_failures_are_told_like_all_else() -> None:
    """An event without a format is a kind of its own."""
    told: list[object] = []
    flood = Flood(told.append, Clock().seconds)
    for _ in range(2 * int(BURST)):
        flood({"log_namespace": "bitdust.x"})
    assert len(told) == BURST


def test_what_was_asked_for_is_never_left_out() -> None:
    """Whoever switches on the log of calls, or of every step, gets all of it."""
    told: list[object] = []
    flood = Flood(told.append, Clock().seconds)
    for _ in range(5 * int(BURST)):
        flood({"log_namespace": "bitdust.x", "log_format": "step", "asked_for": True})
        flood({"log_namespace": "bitdust.x", "log_format": "detail", "log_level": LogLevel.debug})
    assert len(told) == 10 * BURST
