"""The command line against real nodes: a supplier each for two pieces, an identity server, and alice."""

from __future__ import annotations

import filecmp
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitdust.demo.network import Network, Peer


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[tuple[Network, Peer]]:
    """A network, and alice with a running node and no identity."""
    with Network(tmp_path / "nodes") as network:
        network.start_identity_server()
        network.start(["bob", "carol"], {"services/customer/enabled": False})
        peer = network.prepare(
            "alice", {"services/supplier/enabled": False, "services/customer/suppliers-number": 2}
        )
        peer.start()
        peer.wait()
        yield network, peer


def bitdust(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bitdust.cli", "--home", str(home), *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_users_life(alice: tuple[Network, Peer], tmp_path: Path) -> None:
    """Be somebody, back up, look, restore, lose the machine, recover, delete: by nothing but the commands."""
    network, peer = alice
    home = peer.home
    photos = tmp_path / "photos"
    (photos / "2016").mkdir(parents=True)
    (photos / "2016" / "a b.jpg").write_bytes(bytes(range(256)) * 5000)
    (photos / "note.txt").write_text("hello")

    assert bitdust(home, "ls").returncode == 11
    created = bitdust(home, "identity", "create", "alice")
    assert created.returncode == 0, created.stderr
    assert f"{network.server}/alice.xml" in created.stdout
    assert "recovery kit is not saved yet" in created.stderr
    kit = tmp_path / "alice.kit"
    assert bitdust(home, "identity", "backup", str(kit)).returncode == 0
    assert kit.stat().st_mode & 0o777 == 0o600

    backup = bitdust(home, "--json", "backup", str(photos))
    assert backup.returncode == 0, backup.stderr
    summary = json.loads(backup.stdout.splitlines()[-1])
    assert summary["message_type"] == "summary"
    assert summary["state"] == "committed"
    assert str(photos) in bitdust(home, "ls").stdout
    assert summary["backup_id"] in bitdust(home, "versions", str(photos)).stdout
    assert bitdust(home, "status", "--check").returncode in (0, 19)
    assert len(json.loads(bitdust(home, "--json", "supplier", "list").stdout)) == 2
    assert bitdust(home, "supplier", "ping").returncode == 0
    assert "backup" in bitdust(home, "tasks").stdout
    assert "donated" in bitdust(home, "storage").stdout

    out = tmp_path / "out"
    restored = bitdust(home, "restore", str(photos), str(out))
    assert restored.returncode == 0, restored.stderr
    assert same(photos, out / str(photos).lstrip("/"))
    one = bitdust(home, "restore", f"{summary['backup_id']}:note.txt", str(tmp_path / "one"))
    assert one.returncode == 0, one.stderr
    assert (tmp_path / "one" / str(photos).lstrip("/") / "note.txt").read_text() == "hello"
    assert bitdust(home, "restore", "-y", "0/9/9").returncode == 15

    assert bitdust(home, "stop").returncode == 0
    peer.stop()
    shutil.rmtree(home)
    again = network.prepare(
        "alice-again", {"services/supplier/enabled": False, "services/customer/suppliers-number": 2}
    )
    try:
        recovered = bitdust(again.home, "recover", str(kit), "--seed", network.server)
        assert recovered.returncode == 0, recovered.stderr
        wait_until(lambda: summary["backup_id"] in bitdust(again.home, "versions").stdout)
        restored = bitdust(again.home, "restore", summary["backup_id"], str(tmp_path / "recovered"))
        assert restored.returncode == 0, restored.stderr
        assert same(photos, tmp_path / "recovered" / str(photos).lstrip("/"))
        # What is pinned, deleted and brought back.
        assert bitdust(again.home, "pin", summary["backup_id"]).returncode == 0
        assert "pinned" in bitdust(again.home, "versions").stdout
        forget = bitdust(again.home, "--json", "forget", "--keep-last", "1", "--dry-run")
        assert "pinned" in json.loads(forget.stdout)[0]["reasons"]
        assert bitdust(again.home, "config", "set", "services/backups/delete-delay", "3600").returncode == 0
        assert bitdust(again.home, "delete", "-y", summary["path_id"]).returncode == 0
        assert bitdust(again.home, "versions").stdout == ""
        assert summary["backup_id"] in bitdust(again.home, "undelete").stdout
        assert summary["backup_id"] in bitdust(again.home, "undelete", str(photos)).stdout
        assert "pinned" in bitdust(again.home, "versions").stdout
        assert bitdust(again.home, "undelete", summary["path_id"]).returncode == 17
        assert "0 bytes would be freed" in bitdust(again.home, "clean", "--dry-run").stdout
        assert bitdust(again.home, "config", "set", "services/backups/delete-delay", "0").returncode == 0
        assert bitdust(again.home, "delete", "-y", summary["path_id"]).returncode == 0
        assert bitdust(again.home, "versions").stdout == ""
    finally:
        assert bitdust(again.home, "stop").returncode == 0


def same(one: Path, other: Path) -> bool:
    compared = filecmp.cmpfiles(one, other, ["2016/a b.jpg", "note.txt"], shallow=False)
    return compared == (["2016/a b.jpg", "note.txt"], [], [])


def wait_until(holds: object) -> None:
    end = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "that took too long"
        time.sleep(0.1)
