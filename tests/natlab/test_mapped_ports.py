"""A router is asked for ports, and keeps none that is not needed any more."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.natlab.ends import ROOT
from tests.natlab.igd import Igd
from tests.natlab.lab import HERE, Lab, run

pytest.importorskip("libtorrent")


def test_natpmp() -> None:
    """Both ports are promised; those of libtorrent's own sockets are given back, and in the end all."""
    with Lab(["port"]) as lab:
        [side] = lab.sides
        gateway = f"{side.inner.rpartition('.')[0]}.1"
        enter = ["ip", "netns", "exec"]
        inside = [*enter, side.machine, sys.executable, "-m", "tests.natlab.mapping", side.inner]
        at_router = [*enter, side.router, sys.executable, str(HERE / "natpmp.py"), gateway]
        with subprocess.Popen(at_router, stdout=subprocess.PIPE, text=True) as router:
            try:
                assert router.stdout is not None
                assert router.stdout.readline() == "ready\n"
                with subprocess.Popen(
                    inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
                ) as node:
                    assert node.stdout is not None
                    assert node.stdin is not None
                    while (told := json.loads(node.stdout.readline())) != {"tcp": 8771, "udp": 8772}:
                        assert told.items() <= {"tcp": 8771, "udp": 8772}.items()
                    node.stdin.close()
                    assert json.loads(node.stdout.readline()) == {}
                    assert node.wait(20) == 0
            finally:
                router.kill()
            said = [line.split() for line in router.stdout.read().splitlines()]
        open_ = {(protocol, port) for protocol, port, _ in said}
        assert {("tcp", "7771"), ("udp", "7772")} <= open_
        last = {(protocol, port): seconds for protocol, port, seconds in said}
        assert set(last.values()) == {"0"}


LISTENS = """
import socket
door = socket.create_server(("0.0.0.0", 7771))
print("ready", flush=True)
while True:
    door.accept()[0].sendall(b"inside")
"""
COMES_IN = """
import socket, sys, time
until = time.monotonic() + float(sys.argv[2])
while True:
    try:
        with socket.create_connection((sys.argv[1], 7771), 2) as line:
            print(line.recv(100).decode())
        break
    except OSError:
        if time.monotonic() > until:
            raise
        time.sleep(0.1)
"""


@pytest.mark.skipif(shutil.which("miniupnpd") is None, reason="miniupnpd is not installed")
def test_a_real_router(tmp_path: Path) -> None:
    """
    `miniupnpd` opens both ports, whoever is outside comes in there, also after it was started again, and in
    the end none is left open.
    """
    with Lab(["port"]) as lab, Igd(lab.sides[0], tmp_path / "igd") as igd:
        [side] = lab.sides
        enter = ["ip", "netns", "exec"]
        inside = [*enter, side.machine, sys.executable, "-m", "tests.natlab.mapping", side.inner]
        outside = [*enter, lab.public, sys.executable, "-c", COMES_IN, side.outer]
        with (
            subprocess.Popen(
                [*enter, side.machine, sys.executable, "-c", LISTENS], stdout=subprocess.PIPE, text=True
            ) as door,
            subprocess.Popen(
                inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            ) as node,
        ):
            try:
                assert door.stdout is not None
                assert door.stdout.readline() == "ready\n"
                assert node.stdout is not None
                assert node.stdin is not None
                while json.loads(node.stdout.readline()) != {"tcp": 7771, "udp": 7772}:
                    continue
                assert run(*outside, "5") == "inside\n"
                igd.restart()
                assert run(*outside, "20") == "inside\n"
                node.stdin.close()
                while json.loads(node.stdout.readline()):
                    continue
                assert node.wait(20) == 0
            finally:
                door.kill()
                node.kill()
        ruleset = run(*enter, side.router, "nft", "list", "table", "inet", "filter")
        assert "dnat" not in ruleset
