"""Is the lab what it says?  Its routers' kinds, seen from outside; its weather; what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.natlab.lab import PUBLIC, Lab, Weather, namespaces, sweep
from tests.natlab.nat import KINDS, Kind

#: asks each place from one socket and prints the answers; then for each line the next that comes within 0.3 s
_ASKS = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 4000)); s.settimeout(5)
for host in sys.argv[1:]:
    s.sendto(b"?", (host, 5000)); print(s.recv(99).decode(), flush=True)
s.settimeout(0.3)
for line in sys.stdin:
    try: print(s.recv(99).decode(), flush=True)
    except TimeoutError: print("nothing", flush=True)
"""
#: tells everybody where he is
_ANSWERS = """
import select, socket
sockets = []
for host in ("203.0.113.1", "203.0.113.2"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((host, 5000)); sockets.append(s)
print("ready", flush=True)
while True:
    for s in select.select(sockets, [], [])[0]:
        _, (host, port) = s.recvfrom(99); s.sendto(f"{host}:{port}".encode(), (host, port))
"""
_SAYS = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], int(sys.argv[2])))
s.sendto(b"hello", (sys.argv[3], int(sys.argv[4])))
"""
_IS_KILLED = """
import os, time
from tests.natlab.lab import Lab
lab = Lab(["port"]).__enter__(); print(os.getpid(), flush=True); time.sleep(99)
"""


def python(namespace: str, script: str, *words: str) -> subprocess.Popen[str]:
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", script, *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: Kind) -> None:
    """One outer port for all or one for each, and who is let in there."""
    with Lab([kind]) as lab:
        [side] = lab.sides
        answers = python(lab.public, _ANSWERS)
        try:
            assert line(answers) == "ready"
            asks = python(side.machine, _ASKS, PUBLIC[0])
            seen = line(asks)
            host, _, port = seen.partition(":")
            assert host == side.outer
            # Two that were not asked: another port of who was, and another address.
            let_in = []
            for source in PUBLIC:
                says = python(lab.public, _SAYS, source, "5001", host, port)
                assert says.wait(10) == 0
                ended(says)
                assert asks.stdin is not None
                asks.stdin.write("\n")
                asks.stdin.flush()
                let_in.append(line(asks) == "hello")
            ended(asks)
            both = python(side.machine, _ASKS, *PUBLIC)
            same = line(both) == line(both)
            ended(both)
        finally:
            ended(answers)
    assert same == (kind != "symmetric")
    assert let_in == {"full": [True, True], "restricted": [True, False]}.get(kind, [False, False])


def test_weather() -> None:
    """What comes, comes later, and not everything does."""
    with Lab(["port"], Weather(delay=0.02, jitter=0.01, loss=0.3)) as lab:
        [side] = lab.sides
        ping = ["ping", "-q", "-c", "50", "-i", "0.01", "-W", "1", PUBLIC[0]]
        said = subprocess.run(
            ["ip", "netns", "exec", side.machine, *ping], capture_output=True, text=True
        ).stdout
        received = int(said.split(" received")[0].split()[-1])
        # One in two of both ways arrives: fewer than 10 or more than 40 of 50 is one run in 100,000.
        assert 10 <= received <= 40
        assert float(said.rpartition("= ")[2].split("/")[0]) >= 40


def test_nothing_stays() -> None:
    """A lab whose process was killed is removed by the next one, and only that."""
    root = Path(__file__).parents[2]
    other = subprocess.Popen([sys.executable, "-c", _IS_KILLED], stdout=subprocess.PIPE, text=True, cwd=root)
    with Lab(["full"]) as lab:
        pid = line(other)
        try:
            assert any(name.startswith(f"bitdust-{pid}-") for name in namespaces())
        finally:
            os.kill(other.pid, signal.SIGKILL)
            other.communicate()
        sweep()
        assert not any(name.startswith(f"bitdust-{pid}-") for name in namespaces())
        assert lab.public in namespaces()
    assert lab.public not in namespaces()
