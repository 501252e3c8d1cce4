"""What tests with real processes need: waiting, looking into folders and memory, nodes that die on cue."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bitdust.demo.network import Network, Peer

T = TypeVar("T")

#: seconds between two looks
LOOK = 0.02
#: the options of who only stores, and of who only backs up
SUPPLIER: dict[str, object] = {"services/customer/enabled": False}


def customer(suppliers: int, **more: object) -> dict[str, object]:
    """The options of one who only backs up, to so many suppliers; `a__b_c` stands for `a/b-c`."""
    further = {key.replace("__", "/").replace("_", "-"): value for key, value in more.items()}
    return {
        "services/supplier/enabled": False,
        "services/customer/suppliers-number": suppliers,
        **further,
    }


def until(look: Callable[[], T], within: float = 30.0, every: float = LOOK) -> T:
    """Wait until it is true; answers what it was then."""
    end = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < end, f"not within {within:.0f} s"
        time.sleep(every)
    return found


def hired(peer: Peer) -> None:
    """Wait until every supplier is there."""

    def all_online() -> bool:
        health = peer.client.call("process_health")
        # A node that has just begun wants nobody yet.
        return bool(0 < health["suppliers_online"] == health["suppliers_wanted"])

    until(all_online)


def back_up(peer: Peer, path: Path, within: float = 60.0) -> str:
    """Back it up, to the end; the backup ID."""
    before = {row["backupid"] for row in peer.client.call("backups_id_list")}
    item = peer.client.call("backup_start_path", str(path))["result"].split()[1]

    def done() -> str:
        version = committed(peer, item)
        return "" if version in before else version

    return until(done, within)


def committed(peer: Peer, item: str) -> str:
    """The newest committed version of the item; "" while there is none."""
    for row in peer.client.call("backups_id_list"):
        if row["backupid"].startswith(f"{item}/F"):
            return str(row["backupid"])
    return ""


def restore(peer: Peer, what: str, to: Path, within: float = 60.0) -> None:
    """Restore to a folder, to the end."""
    before = {task["id"] for task in peer.client.call("tasks_list")}
    peer.client.call("restore_single", what, str(to))

    def ended() -> dict[str, Any] | None:
        for task in peer.client.call("tasks_list"):
            if task["id"] not in before and task["kind"] == "restore" and task["state"] in ENDED:
                return dict(task)
        return None

    task = until(ended, within)
    assert task["state"] == "done", task


ENDED = ("done", "failed", "cancelled", "committed")


def hashes(folder: Path) -> dict[str, str]:
    """Every file below, by its relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def make_files(folder: Path, sizes: list[int], seed: int) -> Path:
    """Files of random bytes, always the same for one seed."""
    folder.mkdir(parents=True)
    numbers = random.Random(seed)
    for index, size in enumerate(sizes):
        (folder / f"file-{index:04}").write_bytes(numbers.randbytes(size))
    return folder


# -- looking from outside


def rows(database: Path, query: str, *values: object) -> list[Any]:
    """What a database of a running node holds, read beside it."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Everything below a folder: mode and size of each."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            status = os.lstat(os.path.join(parent, name))
            size = status.st_size if name in files else 0
            found[os.path.relpath(os.path.join(parent, name), folder)] = (status.st_mode, size)
    return found


def forget_peak(peer: Peer) -> None:
    """Let the peak of the memory be counted from now on."""
    assert peer.process is not None
    Path(f"/proc/{peer.process.pid}/clear_refs").write_text("5")


def memory(peer: Peer, field: str) -> int:
    """`VmRSS` or `VmHWM` of a node, in bytes."""
    assert peer.process is not None
    status = Path(f"/proc/{peer.process.pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def listens_at(pid: int) -> set[tuple[str, int]]:
    """(address, port) of every TCP socket on which a process listens, as `ss -ltnp` shows them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue  # closed since they were listed
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                four = ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
                found.add((four if table == "tcp" else address, int(port, 16)))
    return found


# -- dying


def start_dying(peer: Peer, spot: str) -> subprocess.Popen[bytes]:
    """Begin a node that kills itself at a spot, see `dying.py`."""
    return start_odd(peer, "dying.py", spot)


def start_odd(peer: Peer, script: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin a node that a script beside this file makes of the program."""
    path = Path(__file__).with_name(script)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITDUST_")}
    with (peer.home / "console.log").open("ab") as log:
        peer.process = subprocess.Popen(
            [sys.executable, str(path), *arguments, "--home", str(peer.home), "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    return peer.process


def died(peer: Peer, within: float = 30.0) -> None:
    """Wait until a node has killed itself."""
    process = peer.process
    assert process is not None
    assert process.wait(within) == -9
    peer.process = None


def again(peer: Peer) -> None:
    """Start it, and wait until it answers."""
    peer.start()
    peer.wait()


def gone(net: Network, peer: Peer) -> None:
    """SIGKILL, and the disk is lost with it."""
    import shutil

    peer.kill()
    shutil.rmtree(peer.home)
    del net.peers[peer.name]
