"""The node's log is bounded, private, and as talkative as asked."""

from pathlib import Path

from twisted.logger import Logger, LogPublisher

from bitdust.daemon import logfile
from bitdust.daemon.logfile import NodeLog


def test_levels(tmp_path: Path) -> None:
    """`logs/debug-level` decides what is written, at once when it changes."""
    log = NodeLog(tmp_path, lambda: 0.0)
    ours = Logger(namespace="bitdust.x", observer=LogPublisher(log))
    theirs = Logger(namespace="twisted.internet", observer=LogPublisher(log))
    ours.debug("one")
    ours.info("two")
    theirs.info("three")
    log.set_level(20)
    ours.debug("four")
    theirs.info("five")
    log.set_level(1)
    ours.warn("six")
    ours.error("seven")
    log.close()
    ours.error("eight")
    text = (tmp_path / "bitdust.log").read_text()
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    assert [word for word in words if word in text] == ["two", "four", "five", "seven"]
    assert (tmp_path / "bitdust.log").stat().st_mode & 0o777 == 0o600


def test_bounded(tmp_path: Path, monkeypatch: object) -> None:
    """T34: old news make room: the files never outgrow their number and size."""
    monkeypatch.setattr(logfile, "ROTATE_AT", 1000)  # type: ignore[attr-defined]
    log = NodeLog(tmp_path, lambda: 0.0)
    logger = Logger(namespace="bitdust.x", observer=LogPublisher(log))
    for number in range(200):
        # Of one format there would be less.
        logger.info(f"{number} " + "x" * 100)
    log.close()
    files = list(tmp_path.iterdir())
    assert len(files) == 1 + logfile.KEEP
    assert sum(file.stat().st_size for file in files) < 6 * 1200
