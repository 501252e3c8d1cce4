"""A router is asked for ports, and keeps none that is not needed any more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.natlab.ends import ROOT
from tests.natlab.lab import HERE, Lab

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
