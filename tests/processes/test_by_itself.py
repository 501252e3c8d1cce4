"""What begins by itself, with real files, the real inotify and real commands."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import SUPPLIER, again, customer, hired, until


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    net.start(["bob", "carol"], SUPPLIER)
    [alice] = net.start(
        ["alice"],
        customer(2, services__backups__change_quiet_seconds=1, services__backups__max_copies=0),
    )
    hired(alice)
    return alice


def count(peer: Peer, item: str) -> int:
    rows = peer.client.call("backups_id_list")
    return sum(row["backupid"].startswith(f"{item}/F") for row in rows)


def quiet(peer: Peer) -> bool:
    return not peer.client.call("backups_running") and not peer.client.call("backups_queue")


def test_watched(alice: Peer, tmp_path: Path) -> None:
    """A change, one in a folder that is new, one after SIGKILL: a version each; none for what is left out."""
    source = tmp_path / "source"
    (source / "cache").mkdir(parents=True)
    (source / "a").write_bytes(b"1")
    call = alice.client.call
    item = call("schedule_set", str(source), "on change")["path_id"]
    call("policy_set", item, excludes=["cache/"])
    until(lambda: count(alice, item) == 1)
    (source / "b" / "c").mkdir(parents=True)
    (source / "b" / "c" / "d").write_bytes(b"2")
    until(lambda: count(alice, item) == 2)
    (source / "b" / "c" / "d").write_bytes(b"3")
    until(lambda: count(alice, item) == 3)
    os.rename(source / "b", source / "e")
    until(lambda: count(alice, item) == 4)
    alice.kill()
    (source / "a").write_bytes(b"4")
    again(alice)
    until(lambda: count(alice, item) == 5)
    (source / "e" / "c" / "d").unlink()
    until(lambda: count(alice, item) == 6)
    # Told in the order in which it happens: when the last has its version, the first has caused none.
    (source / "cache" / "x").write_bytes(b"5")
    (source / "a").read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    second = call("schedule_set", str(other), "on change")["path_id"]
    until(lambda: count(alice, second) == 1)
    (other / "y").write_bytes(b"6")
    until(lambda: count(alice, second) == 2)
    assert count(alice, item) == 6
    call("schedule_remove", item)
    call("schedule_remove", second)


def test_commands(alice: Peer, tmp_path: Path) -> None:
    """The one before makes what is backed up, the one after knows how it went; with the node they end."""
    source = tmp_path / "db"
    source.mkdir()
    out, mark = tmp_path / "out", tmp_path / "mark"
    call = alice.client.call
    before = ["sh", "-c", 'echo "$BITDUST_ITEM" > "$BITDUST_PATH/dump"']
    after = ["sh", "-c", f'echo "$BITDUST_RESULT $BITDUST_VERSION $BITDUST_ERROR" > {out}']
    item = call("policy_set", str(source), before, after)["path_id"]
    call("backup_start_id", item)
    until(lambda: count(alice, item) == 1 and out.exists() and out.read_text().endswith("\n"))
    [row] = [row for row in call("backups_id_list") if row["backupid"].startswith(f"{item}/F")]
    assert out.read_text().split() == ["committed", row["backupid"].rpartition("/")[2]]
    [found] = call("versions_find", "dump", row["backupid"])["found"]
    assert found["size"] == len(item) + 1
    call("policy_set", item, ["sh", "-c", "echo no room >&2; exit 3"])
    call("backup_start_id", item)

    def failed() -> Any:
        return [task for task in call("tasks_list") if task["path_id"] == item and task["state"] == "failed"]

    [task] = until(failed)
    assert task["error"] == "hook_failed"
    assert task["message"] == "the `before` command ended with 3: no room"
    until(lambda: out.read_text().startswith("failed "))
    call("policy_set", item, ["sh", "-c", f"sleep 1000 & echo $! > {mark}; wait"])
    call("backup_start_id", item)
    until(lambda: mark.exists() and mark.read_text().strip())
    assert alice.process is not None
    alice.process.send_signal(signal.SIGTERM)
    assert alice.process.wait(10) == 0
    sleeper = Path(f"/proc/{mark.read_text().strip()}")
    until(lambda: not sleeper.exists() or " Z " in (sleeper / "stat").read_text())
