"""
The roads beside each other: one link between two processes, four bodies at a time, up and down; on loopback,
and (for root) over a wire between two network namespaces that delays and loses.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.measure import MB, Figures, alone
from tests.bench.peers import missing

SCHEMES, RELAYED = ("tcp", "udp"), "proxy"
#: name, seconds of delay in each direction, up to so many more for each frame, loss, bytes
WIRES = (
    ("plain", None, 0.0, 0.0, 400 * MB),
    ("wire", 0.0, 0.0, 0.0, 64 * MB),
    ("delay", 0.04, 0.0, 0.0, 32 * MB),
    ("loss", 0.0, 0.0, 0.01, 16 * MB),
    ("both", 0.04, 0.0, 0.01, 2 * MB),
    ("disorder", 0.04, 0.03, 0.0, 4 * MB),
    ("storm", 0.04, 0.03, 0.05, 2 * MB),
)
_ONE, _TWO = "bench-one", "bench-two"
_HERE, _THERE = "10.77.0.1", "10.77.0.2"


def run(figures: Figures, name: str, run: int) -> None:
    """Every road on every wire."""
    for wire, delay, jitter, loss, size in WIRES:
        try:
            with contextlib.ExitStack() as stack:
                stack.enter_context(alone())
                if delay is not None:
                    stack.enter_context(_wire(run, delay, jitter, loss))
                # A relay is a third process, on this machine only.
                for scheme in (*SCHEMES, RELAYED) if delay is None else SCHEMES:
                    told = _measure(scheme, size, delay is not None)
                    for key, value in told.items():
                        unit = "s" if key == "ping" else "MB/s" if key.endswith("rate") else "s/GB"
                        figures.add(name, f"road_{scheme}_{wire}_{key}", value, unit, run)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            missing(figures, f"roads-{wire}", run, str(error)[-200:])


def _measure(scheme: str, size: int, apart: bool) -> dict[str, float]:
    inside, host = (["ip", "netns", "exec", _TWO], _THERE) if apart else ([], "127.0.0.1")
    outside = ["ip", "netns", "exec", _ONE] if apart else []
    end = [sys.executable, "-m", "tests.bench.road_end"]
    with contextlib.ExitStack() as stack:
        if scheme == RELAYED:
            scheme = stack.enter_context(_speaking([*end, "carry", host]))
        contact = stack.enter_context(_speaking([*inside, *end, "listen", scheme, host]))
        dialer = subprocess.run(
            [*outside, *end, "dial", contact, str(size)],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    if not dialer.stdout:
        raise RuntimeError(dialer.stderr)
    told: dict[str, float] = json.loads(dialer.stdout)
    return told


@contextlib.contextmanager
def _speaking(command: list[str]) -> Iterator[str]:
    """The first line that a process says, which lives on as long as this."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _wire(seed: int, delay: float, jitter: float, loss: float) -> Iterator[None]:
    if os.geteuid():
        raise PermissionError("a wire between network namespaces is for root")
    for namespace in (_ONE, _TWO):
        _ip("netns", "add", namespace)
    wire = None
    try:
        wire = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.wire", *map(str, (seed, delay, jitter, loss)), _ONE, _TWO],
            stdout=subprocess.PIPE,
        )
        assert wire.stdout is not None
        wire.stdout.readline()
        for namespace, host in ((_ONE, _HERE), (_TWO, _THERE)):
            _ip("-n", namespace, "addr", "add", f"{host}/24", "dev", "pub")
            _ip("-n", namespace, "link", "set", "pub", "up")
        yield
    finally:
        if wire is not None:
            wire.kill()
            wire.wait()
        for namespace in (_ONE, _TWO):
            _ip("netns", "del", namespace)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
