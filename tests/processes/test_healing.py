"""Must show 4 of part 4: suppliers are lost for good, and nobody lifts a hand; all is whole again."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import (
    SUPPLIER,
    again,
    back_up,
    customer,
    gone,
    hashes,
    hired,
    make_files,
    restore,
    rows,
    until,
)

#: everything that takes hours in life takes seconds here
HASTE: dict[str, object] = {
    "services__employer__critically_offline_seconds": 5,
    "services__employer__roll_call_seconds": 1,
    "services__employer__audit_seconds": 1,
    "services__backups__round_seconds": 1,
    "services__backups__block_size": "256 KB",
    "services__backups__max_block_size": "256 KB",
}


def on_disk(alice: Peer, shelves: list[Peer]) -> dict[bytes, set[int]]:
    """Which pieces of which block lie on the shelves: a row counts if its file is there, whole."""
    found: dict[bytes, set[int]] = {
        block: set() for (block,) in rows(alice.home / "catalog.db", "SELECT id FROM blocks")
    }
    for peer in shelves:
        query = "SELECT block, number, path, size FROM pieces WHERE damaged = 0"
        for block, number, path, size in rows(peer.home / "shelf.db", query):
            file = peer.home / "customers" / path
            if block in found and file.is_file() and file.stat().st_size >= size:
                found[block].add(number)
    return found


def whole(alice: Peer, shelves: list[Peer], n: int) -> bool:
    """Every block has all its pieces on the shelves, and the customer knows it."""
    if alice.client.call("process_health")["state"] != "safe":
        return False
    return all(len(numbers) == n for numbers in on_disk(alice, shelves).values())


def wipe(peer: Peer) -> None:
    """Everything that customers keep there is gone from the disk, the ledger is not."""
    for path in (peer.home / "customers").iterdir():
        if path.name != "incoming":
            shutil.rmtree(path)


def test_one_is_killed_for_good_and_two_shelves_are_wiped(net: Network, tmp_path: Path) -> None:
    """
    4 of 7: one supplier dies with his disk, one loses his pieces while he runs, one his whole shelf while he
    is switched off.

    Without a hand all blocks are back at 7 pieces, read from the disks, and every version restores identical.
    """
    shelves = net.start([f"sup{number}" for number in range(7)], SUPPLIER)
    [alice] = net.start(["alice"], customer(7, **HASTE))
    hired(alice)
    source = make_files(tmp_path / "src", [90_000] * 20, 1)
    versions = [(back_up(alice, source), hashes(source))]
    make_files(source / "more", [70_000] * 10, 2)
    versions.append((back_up(alice, source), hashes(source)))
    until(lambda: whole(alice, shelves, 7), 60)
    assert len(on_disk(alice, shelves)) >= 8
    spares = net.start(["spare0", "spare1"], SUPPLIER)

    dead, losing, off, *_ = shelves
    off.stop()
    shutil.rmtree(off.home / "customers")
    for file in off.home.glob("shelf.db*"):
        file.unlink()
    wipe(losing)
    gone(net, dead)
    assert {len(numbers) for numbers in on_disk(alice, shelves[3:]).values()} == {4}
    again(off)
    left = [peer for peer in (*shelves, *spares) if peer is not dead]
    until(lambda: whole(alice, left, 7), 180, 0.5)
    for number, (version, expected) in enumerate(versions):
        restore(alice, version, tmp_path / f"out{number}")
        assert hashes(Path(f"{tmp_path}/out{number}{source}")) == expected


def test_who_sleeps_for_a_while_loses_nothing(net: Network, tmp_path: Path) -> None:
    """
    T27: a customer is stopped (SIGSTOP) for longer than any absence may last, and a supplier for a while.

    After SIGCONT both are there again within a minute, and nobody was let go for it.
    """
    shelves = net.start([f"owl{number}" for number in range(4)], SUPPLIER)
    [bob] = net.start(["bob"], customer(4, **{**HASTE, "services__employer__critically_offline_seconds": 6}))
    hired(bob)
    source = make_files(tmp_path / "src", [90_000] * 5, 3)
    version = back_up(bob, source)
    until(lambda: bob.client.call("process_health")["state"] == "safe", 60)
    seats = [row["idurl"] for row in bob.client.call("suppliers_list")]
    [sleeper] = [peer for peer in net.peers.values() if f"/{peer.name}.xml" in seats[0]]
    for asleep, seconds in ((bob, 9.0), (sleeper, 3.0)):
        assert asleep.process is not None
        asleep.process.send_signal(signal.SIGSTOP)
        # The one wait that is not for something: this is how long it sleeps.
        time.sleep(seconds)
        asleep.process.send_signal(signal.SIGCONT)
    until(lambda: bob.client.call("process_health")["suppliers_online"] == 4, 60)
    assert [row["idurl"] for row in bob.client.call("suppliers_list")] == seats
    assert [row["doubt"] for row in bob.client.call("suppliers_list")] == [""] * 4
    assert sleeper in shelves
    restore(bob, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)
