"""start, stop, restart of a real node by the real command."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitdust.client import Client
from bitdust.config.settings import Settings
from bitdust.daemon.lock import running_in


@pytest.fixture
def alone(home: Path) -> Iterator[Path]:
    """A folder whose node listens on a port of the system's choice, and is gone at the end."""
    home.mkdir(mode=0o700)
    Settings(home / "bitdust.toml").set("interface/api/port", 0)
    yield home
    number = running_in(home)
    if number:
        os.kill(number, signal.SIGKILL)


def bitdust(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bitdust.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_start_restart_stop(alone: Path) -> None:
    """The whole life: in the background, a second one refused, anew at the same address, ended."""
    started = bitdust("--json", "start", "--detach")
    assert started.returncode == 0, started.stderr
    told = json.loads(started.stdout)
    number = running_in(alone)
    assert told == {"result": "started", "url": told["url"], "home": str(alone), "process": number}
    token = (alone / "api-token").read_text()
    assert stat.S_IMODE((alone / "api-token").stat().st_mode) == 0o600
    assert stat.S_IMODE((alone / "api.sock").stat().st_mode) == 0o600

    begun = time.monotonic()
    second = bitdust("start")
    assert second.returncode == 17
    assert time.monotonic() - begun < 4
    assert "already running" in second.stderr
    assert bitdust("start", "--detach").returncode == 17

    restarted = bitdust("restart")
    assert restarted.stdout == "restarted\n"
    assert running_in(alone) == number
    assert (alone / "api-url").read_text().strip() == told["url"]
    assert (alone / "api-token").read_text() == token
    assert bitdust("--url", told["url"], "--json", "automat").returncode == 0
    assert bitdust("identity").returncode == 11

    stopped = bitdust("stop")
    assert stopped.stdout == "stopped\n"
    assert running_in(alone) is None
    assert bitdust("stop").returncode == 10


def test_start_in_the_foreground(alone: Path) -> None:
    """`bitdust start` becomes the node; after SIGKILL it starts again at once; SIGTERM ends it with 0."""
    for which, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
        with subprocess.Popen(
            [sys.executable, "-m", "bitdust.cli", "--quiet", "start"], stderr=subprocess.DEVNULL
        ) as process:
            try:
                end = time.monotonic() + 30
                while not (running_in(alone) == process.pid and (alone / "api-url").exists()):
                    assert time.monotonic() < end
                    time.sleep(0.02)
                assert Client(alone).call("process_health")["state"] == "needs setup"
                process.send_signal(which)
                assert process.wait(20) == code
            finally:
                process.kill()
