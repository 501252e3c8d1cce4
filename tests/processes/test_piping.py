"""With a real node and the real command: what is piped in comes back, and a drill finds it so."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import SUPPLIER, customer, hired, restore

MIB = 2**20


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    net.start(["sup1", "sup2"], SUPPLIER)
    [alice] = net.start(["alice"], customer(2))
    hired(alice)
    return alice


def bitdust(peer: Peer, *words: str, feed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    line: Sequence[str] = [sys.executable, "-m", "bitdust.cli", "--home", str(peer.home), "--json", *words]
    return subprocess.run(line, input=feed, capture_output=True, check=False, timeout=120)


def test_a_pipe(alice: Peer, tmp_path: Path) -> None:
    """Some MiB through standard input, through a command, and half of them from one that fails."""
    data = random.Random(5).randbytes(7 * MIB + 11)
    (tmp_path / "source").write_bytes(data)
    name = str(tmp_path / "dump.sql")
    done = bitdust(alice, "backup", "--stdin", name, feed=data)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["bytes"], summary["state"]) == (len(data), "committed")

    done = bitdust(alice, "backup", "--stdin", name, "--", "cat", str(tmp_path / "source"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["bytes_sent"] < MIB
    broken = bitdust(
        alice, "backup", "--stdin", name, "--", "sh", "-c", f"head -c 3000000 {tmp_path}/source; exit 4"
    )
    assert broken.returncode != 0
    assert b"sh ended with code 4" in broken.stderr

    versions = [row for row in alice.client.call("backups_id_list") if row["path"] == name]
    assert len(versions) == 2
    restore(alice, versions[0]["backupid"], tmp_path / "out")
    back = Path(f"{tmp_path}/out{name}").read_bytes()
    assert hashlib.sha256(back).digest() == hashlib.sha256(data).digest()


def test_a_drill(alice: Peer, tmp_path: Path) -> None:
    """All of it comes from the suppliers, however much more is asked for, and status says so."""
    (tmp_path / "file").write_bytes(bytes(range(256)) * 9000)
    assert bitdust(alice, "backup", str(tmp_path / "file"), "--safe").returncode == 0
    done = bitdust(alice, "verify", str(tmp_path / "file"), "--all")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["bytes"] == 256 * 9000
    status = json.loads(bitdust(alice, "status").stdout)
    assert (status["verified"]["files"], status["verified"]["wrong"]) == (1, 0)
