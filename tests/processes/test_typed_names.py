"""The real command and a real node: whatever a file is called, its name can be typed, and looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import SUPPLIER, customer, hired

NAMES = (b"bad\xff\xfename", b"esc\x1b[31mred", b"cr\rname", b"new\nline", b"it's", b"c1\xc2\x9bx")


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    net.start(["sup1", "sup2"], SUPPLIER)
    [alice] = net.start(["alice"], customer(2))
    hired(alice)
    return alice


def bitdust(peer: Peer, *words: bytes) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, b"-m", b"bitdust.cli", b"--home", bytes(peer.home), *words]
    return subprocess.run(line, capture_output=True, check=False, timeout=120)


def test_any_name_can_be_typed(alice: Peer, tmp_path: Path) -> None:
    """Each file comes back by its own name, a folder of such a name, too, and no terminal is harmed."""
    folder = bytes(tmp_path) + b"/dir\xff"
    os.mkdir(folder)
    for name in NAMES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(name)
    said = [bitdust(alice, b"backup", folder)]
    assert said[0].returncode == 0, said[0].stderr
    for name in NAMES:
        one = bitdust(alice, b"cat", os.path.join(folder, name))
        assert (one.returncode, one.stdout) == (0, name), one.stderr
    path = os.path.join(folder, NAMES[2])
    said += [bitdust(alice, b"restore", path, bytes(tmp_path) + b"/out")]
    with open(bytes(tmp_path) + b"/out" + path, "rb") as file:
        assert file.read() == NAMES[2]
    said += [
        bitdust(alice, *words) for words in ((b"ls",), (b"ls", folder), (b"versions", folder), (b"tasks",))
    ]
    said += [bitdust(alice, b"ls", b"--inside", folder), bitdust(alice, b"find", b"*", b"--in", folder)]
    assert not [each.stderr for each in said if each.returncode]
    said += [bitdust(alice, b"cat", path + b"/no"), bitdust(alice, b"backup", folder + b"/no")]
    assert [each.returncode for each in said[-2:]] == [15, 15]
    for each in said:
        text = (each.stdout + each.stderr).decode()
        assert not set(text) & {"\x1b", "\r", "\x9b"}, text
    inside = bitdust(alice, b"ls", b"--inside", folder).stdout.decode()
    shown = [line.partition(" $'")[2] for line in inside.splitlines() if " $'" in line]
    words = " ".join(f"$'{each}" for each in shown)
    printed = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {words}"], stdout=subprocess.PIPE, check=True, timeout=30
    )
    assert set(printed.stdout.split(b"\0")[:-1]) == {name for name in NAMES if name != b"it's"}
    deleted = bitdust(alice, b"delete", b"-y", folder)
    assert deleted.returncode == 0, deleted.stderr
