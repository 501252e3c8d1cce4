"""T18, T62 and must show 2 of part 5: relays as real processes, honest, hostile, and killed."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from bitdust.errors import BitDustError
from tests.processes.nodes import (
    SUPPLIER,
    back_up,
    committed,
    customer,
    hashes,
    hired,
    listing,
    make_files,
    restore,
    rows,
    start_odd,
    until,
)

RELAY: dict[str, object] = SUPPLIER | {"services/proxy-server/enabled": True}
#: an address of this machine at which nobody listens
ELSEWHERE: dict[str, object] = {
    "services/tcp-connections/host": "127.0.0.99",
    "services/udp-transport/enabled": False,
}
MARKER = b"nobody but the owner reads this line\n"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """An identity server."""
    with Network(tmp_path / "n") as network:
        network.start_identity_server()
        yield network


def idurl(peer: Peer) -> str:
    return str(peer.client.call("identity_get")["idurl"])


def walled_in(net: Network, name: str, options: dict[str, object]) -> Peer:
    """A node that nobody can dial."""
    peer = net.prepare(name, ELSEWHERE | options)
    start_odd(peer, "walled_in.py")
    peer.wait()
    peer.client.call("identity_create", name)
    return peer


def reached_over(net: Network, name: str, *relays: Peer) -> Peer:
    """A supplier that nobody can dial, once it has its places at these relays."""
    peer = walled_in(
        net,
        name,
        SUPPLIER
        | {
            "services/proxy-transport/receiving-enabled": True,
            "services/proxy-transport/preferred-routers": " ".join(map(idurl, relays)),
        },
    )
    until(lambda: len(contacts(peer)) == len(relays), 100)
    return peer


def contacts(peer: Peer) -> list[str]:
    found = peer.client.call("identity_get")["contacts"]
    return [contact for contact in found if contact.startswith("proxy://")]


def road(peer: Peer, other: Peer) -> str:
    """The road of a ping; "" when it does not come back."""
    try:
        return str(peer.client.call("ping", idurl(other), timeout=5)["transport"])
    except BitDustError:
        return ""


def hostile_relay(net: Network) -> Peer:
    """A relay that does what its file `mood` says."""
    peer = net.prepare("rita", RELAY)
    (peer.home / "mood").write_text("honest")
    start_odd(peer, "hostile.py")
    peer.wait()
    peer.client.call("identity_create", "rita")
    return peer


def test_a_hostile_relay_learns_and_changes_nothing(net: Network, tmp_path: Path) -> None:
    """
    T18: a relay that flips, drops, repeats, exchanges and records bytes: each time TLS ends the link, another
    is made, what was backed up comes back, and nothing readable was carried.
    """
    rita = hostile_relay(net)
    sam = reached_over(net, "sam", rita)
    alice = walled_in(net, "alice", customer(2))
    hired(alice)
    assert road(alice, sam) == "relay"
    folder = make_files(tmp_path / "files", [700_000, 1000], seed=18)
    (folder / "secret.txt").write_bytes(MARKER * 1000)
    version = back_up(alice, folder)
    for mood in ("flip", "drop", "replay", "reorder"):
        (rita.home / "mood").write_text(mood)
        assert road(alice, sam) == "", mood
        # Not once, but at each try.
        assert (rita.home / "done").read_text().count(mood) >= 2, mood
        (rita.home / "mood").write_text("honest")
        until(lambda: road(alice, sam) == "relay", 60)
    restore(alice, version, tmp_path / "back")
    assert hashes(tmp_path / "back" / str(folder).lstrip("/")) == hashes(folder)
    captured = (rita.home / "captured").read_bytes()
    assert len(captured) > 350_000
    for readable in (
        MARKER.strip(),
        b"secret.txt",
        b"<identity>",
        idurl(alice).encode(),
        b"memory",
        b"HELLO",
    ):
        assert readable not in captured
    for peer in (alice, sam):
        assert "Traceback" not in (peer.home / "logs" / "bitdust.log").read_text()


def test_a_transfer_through_a_hostile_relay(net: Network, tmp_path: Path) -> None:
    """T18: bytes are flipped in the middle of a backup: what lies at the supplier is right all the same."""
    rita = hostile_relay(net)
    reached_over(net, "sam", rita)
    alice = walled_in(net, "alice", customer(2, services__backups__block_size="1 MB"))
    hired(alice)
    folder = make_files(tmp_path / "files", [6_000_000], seed=19)
    item = alice.client.call("backup_start_path", str(folder))["result"].split()[1]
    until(lambda: (rita.home / "captured").stat().st_size > 500_000, 60)
    (rita.home / "mood").write_text("flip")
    until(lambda: (rita.home / "done").exists(), 60)
    (rita.home / "mood").write_text("honest")
    version = until(lambda: committed(alice, item), 120)
    restore(alice, version, tmp_path / "back")
    assert hashes(tmp_path / "back" / str(folder).lstrip("/")) == hashes(folder)
    # The pieces at the relay's own shelf are gone; those that came through it are enough.
    shutil.rmtree(rita.home / "customers")
    restore(alice, version, tmp_path / "again")
    assert hashes(tmp_path / "again" / str(folder).lstrip("/")) == hashes(folder)


def test_a_relay_killed_in_a_transfer(net: Network, tmp_path: Path) -> None:
    """T62: SIGKILL for the relay: within 30 s it goes on over the other, and no piece lies there twice."""
    relays = net.start(["rita", "ron"], RELAY)
    sam = reached_over(net, "sam", *relays)
    [otto] = net.start(["otto"], SUPPLIER)
    limit: dict[str, Any] = {"services/network/send-limit": "1 MB", "services/backups/block-size": "1 MB"}
    alice = walled_in(net, "alice", customer(4) | limit)
    hired(alice)
    folder = make_files(tmp_path / "files", [8_000_000], seed=62)
    item = alice.client.call("backup_start_path", str(folder))["result"].split()[1]
    until(lambda: pieces(sam), 60)
    carrier = next(relay for relay in relays if carries(relay))
    carrier.kill()
    killed, had = time.monotonic(), len(pieces(sam))
    until(lambda: len(pieces(sam)) > had, 30)
    assert time.monotonic() - killed < 30
    version = until(lambda: committed(alice, item), 120)
    restore(alice, version, tmp_path / "back")
    assert hashes(tmp_path / "back" / str(folder).lstrip("/")) == hashes(folder)
    until(lambda: len(pieces(sam)) == len(pieces(otto)), 60)
    # Not a file more than the ledger has, which has each piece once.
    until(lambda: kept(sam) == sorted([*pieces(sam), *segments(sam)]), 60)


def pieces(peer: Peer) -> list[str]:
    """The file of every piece that lies whole at a supplier."""
    return [path for (path,) in rows(peer.home / "shelf.db", "SELECT path FROM pieces WHERE damaged = 0")]


def segments(peer: Peer) -> list[str]:
    """The files of others' catalogs there."""
    return [path for (path,) in rows(peer.home / "shelf.db", "SELECT path FROM segments")]


def kept(peer: Peer) -> list[str]:
    """Every file there."""
    found = listing(peer.home / "customers")
    return sorted(path for path, (mode, _) in found.items() if stat.S_ISREG(mode))


def carries(relay: Peer) -> bool:
    """Is a circuit open there?"""
    return bool(relay.client.call("relay_status")["circuits"])
