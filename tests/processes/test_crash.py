"""Must show 5: SIGKILL at any moment loses nothing that was promised, and asks nobody for help."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from bitdust.errors import BitDustError, Conflict
from tests.processes.nodes import (
    SUPPLIER,
    again,
    back_up,
    committed,
    customer,
    died,
    gone,
    hashes,
    hired,
    make_files,
    restore,
    rows,
    start_dying,
    until,
)

KILLS = 20
#: pieces on their way to one supplier at a time (`data_sender.WINDOW`)
IN_FLIGHT = 2
#: what pieces a supplier keeps: (block, number), when it was stored, and in which file
PIECES = "SELECT block, number, time, path FROM pieces"
ACKED = "SELECT b.id, p.number FROM placements p JOIN blocks b USING (serial) WHERE p.state = 1"


@pytest.fixture(scope="module")
def suppliers(net: Network) -> list[Peer]:
    return net.start(["sup0", "sup1", "sup2", "sup3"], SUPPLIER)


def shelves(suppliers: list[Peer]) -> dict[tuple[str, bytes, int], tuple[int, str]]:
    """Every piece that is kept: where, and since when in which file."""
    return {
        (peer.name, block, number): (time, path)
        for peer in suppliers
        for block, number, time, path in rows(peer.home / "shelf.db", PIECES)
    }


def count(suppliers: list[Peer]) -> int:
    """Pieces that are kept."""
    return sum(rows(peer.home / "shelf.db", "SELECT count(*) FROM pieces")[0][0] for peer in suppliers)


def begun(suppliers: list[Peer]) -> int:
    """Bodies that suppliers ever began to take: their reservations are numbered."""
    query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'arrivals'"
    return sum(rows(peer.home / "shelf.db", query)[0][0] for peer in suppliers)


def segments(suppliers: list[Peer]) -> int:
    """Segments of the catalog's log are reserved like pieces."""
    return sum(rows(peer.home / "shelf.db", "SELECT count(*) FROM segments")[0][0] for peer in suppliers)


def test_the_customer_is_killed_twenty_times(net: Network, suppliers: list[Peer], tmp_path: Path) -> None:
    """
    T20, must show 5: SIGKILL at 20 random moments of one backup.

    It completes by itself and restores identical; no acknowledged piece is lost, none is sent twice beyond
    what was in flight.
    """
    seed = int(time.time())
    print(f"seed {seed}")
    dice = random.Random(seed)
    source = make_files(tmp_path / "src", [dice.randrange(1, 400_000) for _ in range(200)], seed)
    total = sum(path.stat().st_size for path in source.iterdir())
    [alice] = net.start(
        ["alice"],
        customer(4, services__backups__block_size="256 KB", services__backups__max_block_size="256 KB"),
    )
    hired(alice)
    before_pieces, before_begun = count(suppliers), begun(suppliers) - segments(suppliers)
    # 2 of 4: a piece for every half of a block.
    expected = 4 * total // (256 * 1024)
    item = alice.client.call("backup_start_path", str(source))["result"].split()[1]

    kept: dict[Any, Any] = {}
    promised: set[tuple[bytes, int]] = set()
    in_flight = IN_FLIGHT * len(suppliers)
    for kill in range(KILLS):
        # So many more pieces are to arrive before the next kill; or it comes after so long, whatever happens.
        wanted = count(suppliers) + dice.randrange(0, expected // 25)
        until_then = time.monotonic() + dice.uniform(0.1, 4.0)
        while count(suppliers) < wanted and time.monotonic() < until_then:
            time.sleep(0.002)
        alice.kill()
        now = shelves(suppliers)
        assert kept.items() <= now.items(), "a piece was lost, or stored anew"
        arrived = {(block, number) for _, block, number in now.keys() - kept.keys()}
        kept = now
        acked = set(rows(alice.home / "catalog.db", ACKED))
        assert promised <= acked, f"kill {kill}: the catalog has forgotten a receipt"
        promised = acked
        assert promised <= {(block, number) for _, block, number in kept}, "a receipt without a piece"
        # Kept, and its receipt not: on its way at this kill, or at the one before and read out since.
        assert len(arrived - promised) <= 2 * in_flight
        alice.start()
    alice.wait()
    version = until(lambda: committed(alice, item), 60)
    until(lambda: alice.client.call("process_health")["state"] == "safe")

    after = shelves(suppliers)
    assert kept.items() <= after.items()
    # Each piece is at one supplier alone, and each block has all four.
    assert set(Counter((block, number) for _, block, number in after).values()) == {1}
    assert set(Counter(block for _, block, _ in after).values()) == {4}
    # Whatever was begun and not kept was in flight when the other end died.
    again_sent = (begun(suppliers) - segments(suppliers) - before_begun) - (count(suppliers) - before_pieces)
    print(f"{count(suppliers) - before_pieces} pieces, {again_sent} begun in vain")
    assert again_sent <= KILLS * (in_flight + len(suppliers))
    # Over all its lives each piece was signed for once.
    sent = sum(task["sent"] for task in alice.client.call("tasks_list") if task["kind"] == "backup")
    body = (256 * 1024 + 256 * 1024) // 2
    assert sent <= len(after) * body

    restore(alice, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)
    assert committed(alice, item) == version
    # Nothing is left in the spool.
    until(lambda: not [path for path in (alice.home / "backups").rglob("*") if path.is_file()])
    alice.stop()


STORING = [
    "bitdust.supplier.piece_file:PieceWriter.after:2:before",
    "bitdust.supplier.shelf:pieces.enter:3:before",
    "bitdust.supplier.shelf:pieces.enter:3:after",
    "bitdust.supplier.shelf:Shelf._receipt:2:before",
    "bitdust.supplier.service:SupplierService.data:4:after",
]


@pytest.mark.parametrize("spot", STORING)
def test_a_supplier_dies_between_write_and_ack(
    net: Network, suppliers: list[Peer], tmp_path: Path, spot: str
) -> None:
    """T22: if the receipt was sent the piece is there; else it is sent again, and the backup completes."""
    victim = suppliers[0]
    victim.stop()
    start_dying(victim, spot)
    victim.wait()
    [bob] = net.start([f"bob{STORING.index(spot)}"], customer(4, services__backups__block_size="256 KB"))
    hired(bob)
    source = make_files(tmp_path / "src", [300_000] * 12, 7)
    item = bob.client.call("backup_start_path", str(source))["result"].split()[1]
    died(victim)
    receipts = set(rows(bob.home / "catalog.db", ACKED))
    assert receipts <= {(block, number) for _, block, number in shelves(suppliers)}
    again(victim)
    until(lambda: committed(bob, item))
    until(lambda: bob.client.call("process_health")["state"] == "safe", 60)
    held = {(block, number) for _, block, number in shelves(suppliers)}
    assert set(rows(bob.home / "catalog.db", ACKED)) <= held
    # What is in the ledger is on the disk, what is on the disk is in the ledger, and nothing else.
    until(lambda: not list((victim.home / "customers" / "incoming").iterdir()))
    customers = victim.home / "customers"
    listed = {path for _, (_, path) in shelves([victim]).items()}
    listed |= {path for (path,) in rows(victim.home / "shelf.db", "SELECT path FROM segments")}
    assert listed == {str(path.relative_to(customers)) for path in customers.rglob("*") if path.is_file()}
    restore(bob, committed(bob, item), tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)
    bob.stop()


@pytest.mark.parametrize("size", [10_000, 3_000_000])
def test_a_machine_lost_right_after_committed(
    net: Network, suppliers: list[Peer], tmp_path: Path, size: int
) -> None:
    """
    Must show 5: as soon as the node says *committed* the machine is killed and its disk is gone.

    The kit, made before the backup, brings the version back on another machine.
    """
    name = f"carol{size}"
    carol = net.prepare(name, customer(4))
    again(carol)
    carol.client.call("identity_create", name)
    kit = tmp_path / "kit"
    carol.client.call("identity_backup", str(kit))
    source = make_files(tmp_path / "src", [size], size)
    item = carol.client.call("backup_start_path", str(source))["result"].split()[1]
    version = until(lambda: committed(carol, item), every=0.002)
    gone(net, carol)

    other = net.prepare(f"{name}-new", customer(4))
    again(other)
    other.client.call("identity_recover", str(kit), [net.server])
    assert other.client.call("identity_get")["name"] == name
    until(lambda: committed(other, item) == version)
    restore(other, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)
    # It is the owner now: it backs up on.
    (source / "more").write_bytes(b"more")
    assert back_up(other, source) != version
    other.stop()


CREATION = [
    "bitdust.node.own_identity:write_file:2:before",
    "bitdust.node.own_identity:write_key_file:1:after",
    "bitdust.directory.identity_client:IdentityClient.publish:1:after",
    "bitdust.node.own_identity:sync_folder:1:before",
    "bitdust.node.people:People.remember:1:before",
    "bitdust.node.own_identity:OwnIdentity.renew:1:before",
    "bitdust.node.own_identity:OwnIdentity.renew:1:after",
]


@pytest.mark.parametrize("spot", CREATION)
def test_killed_while_an_identity_is_made(net: Network, spot: str) -> None:
    """T23: started again it has one key or none; asked again it finishes; the name belongs to that key."""
    name = f"dora{CREATION.index(spot)}"
    dora = net.prepare(name, SUPPLIER)
    start_dying(dora, spot)
    dora.wait()
    with pytest.raises(BitDustError):
        dora.client.call("identity_create", name)
    died(dora)
    again(dora)
    if dora.client.call("process_health")["state"] == "needs setup":
        assert dora.client.call("identity_create", name)["name"] == name
    check_one_key(net, dora, name)
    fingerprint = dora.client.call("identity_get")["fingerprint"]
    dora.stop()
    again(dora)
    assert dora.client.call("identity_get")["fingerprint"] == fingerprint
    dora.stop()


def check_one_key(net: Network, peer: Peer, name: str) -> None:
    """One key in the folder, and the identity server knows that one, with this node's device, by the name."""
    assert [str(path.relative_to(peer.home)) for path in peer.home.rglob("*.key")] == ["identity/master.key"]

    def published() -> bool:
        [served] = rows(
            net.folder / "ids" / "identities.db", "SELECT document FROM names WHERE name = ?", name
        )
        return bool(served[0].decode() == peer.client.call("identity_get")["document"])

    until(published)


RECOVERY = [
    "bitdust.node.own_identity:write_key_file:1:before",
    "bitdust.node.registration:write_file:1:after",
    "bitdust.node.own_identity:sync_folder:1:before",
    "bitdust.node.people:People.remember:1:before",
    "bitdust.backup.recovery:Recovery._one:1:before",
    "bitdust.backup.recovery:Recovery._fetch:1:after",
    "bitdust.node.somebody:Somebody.recover:1:after",
    "bitdust.node.registration:remove_file:1:after",
]


@pytest.fixture(scope="module")
def lost(net: Network, suppliers: list[Peer], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Somebody whose machine is gone: his kit, his folder, and the item it was backed up as."""
    folder = tmp_path_factory.mktemp("lost")
    [eve] = net.start(["eve"], customer(4))
    hired(eve)
    source = make_files(folder / "src", [100_000] * 5, 5)
    version = back_up(eve, source)
    eve.client.call("identity_backup", str(folder / "kit"))
    gone(net, eve)
    return folder / "kit", source, version


@pytest.mark.parametrize("spot", RECOVERY)
def test_killed_while_recovering(net: Network, lost: Any, tmp_path: Path, spot: str) -> None:
    """T23: a recovery cut off anywhere goes on by itself, or is asked for again; in the end all is back."""
    kit, source, version = lost
    name = f"eve{RECOVERY.index(spot)}"
    eve = net.prepare(name, customer(4))
    start_dying(eve, spot)
    eve.wait()
    with pytest.raises(BitDustError):
        eve.client.call("identity_recover", str(kit), [net.server])
    died(eve)
    again(eve)
    if eve.client.call("process_health")["state"] == "needs setup":
        eve.client.call("identity_recover", str(kit), [net.server])
    until(lambda: eve.client.call("process_health")["state"] in ("safe", "empty"), 60)
    check_one_key(net, eve, "eve")
    restore(eve, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)
    gone(net, eve)


def test_a_recovery_once_begun_is_finished(net: Network, lost: Any) -> None:
    """T23: who was killed in the middle of becoming the old one is him at the next start, and nobody else."""
    kit, _, _ = lost
    peer = net.prepare("halfway", customer(4))
    start_dying(peer, "bitdust.node.own_identity:sync_folder:1:before")
    peer.wait()
    # Something is in the way of the last step.
    (peer.home / "identity").touch()
    with pytest.raises(BitDustError):
        peer.client.call("identity_recover", str(kit), [net.server])
    (peer.home / "identity").unlink()
    peer.kill()
    assert (peer.home / "recovering").exists()
    again(peer)
    with pytest.raises(Conflict):
        peer.client.call("identity_create", "fred")
    until(lambda: peer.client.call("process_health")["state"] in ("safe", "empty"), 60)
    check_one_key(net, peer, "eve")
    gone(net, peer)


def test_two_at_once_make_one_identity(net: Network) -> None:
    """Two who ask for an identity at the same moment do not make two keys."""
    peer = net.prepare("twins", SUPPLIER)
    again(peer)

    def ask(_: int) -> str:
        try:
            return str(peer.client.call("identity_create", "twins")["fingerprint"])
        except Conflict:
            return ""

    with ThreadPoolExecutor(8) as pool:
        made = [one for one in pool.map(ask, range(8)) if one]
    assert made == [peer.client.call("identity_get")["fingerprint"]]
    check_one_key(net, peer, "twins")
    peer.stop()


RESTORING = [
    "bitdust.backup.replant:Replant._place:2:after",
    "bitdust.backup.replant:Replant.finish:1:before",
]


@pytest.fixture(scope="module")
def owner(net: Network, suppliers: list[Peer], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Somebody with a safe version of a folder, the folder and the version."""
    [owner] = net.start(["olga"], customer(4, services__backups__block_size="256 KB"))
    hired(owner)
    source = make_files(tmp_path_factory.mktemp("owner") / "src", [150_000] * 6, 11)
    version = back_up(owner, source)
    until(lambda: owner.client.call("process_health")["state"] == "safe", 60)
    return owner, source, version


@pytest.mark.parametrize("spot", RESTORING)
def test_killed_while_restoring(owner: Any, tmp_path: Path, spot: str) -> None:
    """T20: no file is half there under its own name; asked again all comes back, and nothing else stays."""
    olga, source, version = owner
    olga.stop()
    start_dying(olga, spot)
    olga.wait()
    hired(olga)
    out = tmp_path / "out"
    olga.client.call("restore_single", version, str(out))
    died(olga)
    expected = hashes(source)
    there = hashes(Path(f"{out}{source}"))
    assert all(expected[name] == there[name] for name in there if not name.startswith(".bitdust-"))
    again(olga)
    hired(olga)
    restore(olga, version, out)
    assert hashes(Path(f"{out}{source}")) == expected


#: who dies: the customer, or the first of his suppliers
DELETING = [
    ("customer", "bitdust.catalog.removal:collect:1:after"),
    ("supplier", "bitdust.supplier.pieces:take_away:1:before"),
]


@pytest.mark.parametrize(("who", "spot"), DELETING)
def test_killed_while_deleting(
    owner: Any, suppliers: list[Peer], tmp_path: Path, who: str, spot: str
) -> None:
    """T20, T22: a version goes whole or stays whole; its space is free at every supplier, to the byte."""
    olga, source, version = owner
    held = count(suppliers)
    (source / "more").write_bytes(random.Random(spot).randbytes(300_000))
    newer = back_up(olga, source)
    until(lambda: olga.client.call("process_health")["state"] == "safe", 60)
    (source / "more").unlink()
    assert count(suppliers) > held
    victim = olga if who == "customer" else suppliers[0]
    victim.stop()
    start_dying(victim, spot)
    victim.wait()
    hired(olga)
    with suppress(BitDustError):
        olga.client.call("backup_delete_id", newer)
    died(victim)
    again(victim)
    hired(olga)
    if newer in {row["backupid"] for row in olga.client.call("backups_id_list")}:
        olga.client.call("backup_delete_id", newer)
    until(lambda: count(suppliers) == held and not going(suppliers), 60)
    balanced(suppliers)
    restore(olga, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)


#: nothing is switched yet; all is switched, and nothing is deleted yet
REPACKING = ["bitdust.catalog.waste:switch:1:after", "bitdust.backup.repacker:Repacker._pass:1:after"]


@pytest.mark.parametrize("spot", REPACKING)
def test_killed_while_repacking(owner: Any, suppliers: list[Peer], tmp_path: Path, spot: str) -> None:
    """T20: what a mostly dead block still holds comes back; its space is free everywhere, to the byte."""
    olga, source, _ = owner
    for name in range(10):
        (source / f"many{name}").write_bytes(random.Random(f"{spot} {name}").randbytes(20_000))
    full = back_up(olga, source)
    for name in range(1, 10):
        (source / f"many{name}").unlink()
    version = back_up(olga, source)
    until(lambda: olga.client.call("process_health")["state"] == "safe", 60)
    olga.stop()
    start_dying(olga, spot)
    olga.wait()
    hired(olga)
    olga.client.call("backup_delete_id", full)
    died(olga)
    again(olga)
    hired(olga)
    until(lambda: olga.client.call("backups_clean", True)["bytes_freed"] == 0, 60)
    until(lambda: not going(suppliers) and not any((olga.home / "backups").glob("*.block")), 60)
    balanced(suppliers)
    restore(olga, version, tmp_path / "out")
    assert hashes(Path(f"{tmp_path}/out{source}")) == hashes(source)


def balanced(suppliers: list[Peer]) -> None:
    """Soon: the files of each shelf are those of its ledger, and take what the customers are charged."""
    until(lambda: all(map(_is_balanced, suppliers)), 60)


def _is_balanced(peer: Peer) -> bool:
    root = peer.home / "customers"
    try:
        files = {str(p.relative_to(root)): p.stat().st_size for p in root.rglob("*") if p.is_file()}
    except FileNotFoundError:
        # It went while we looked.
        return False
    listed = {path for _, (_, path) in shelves([peer]).items()}
    listed |= {path for (path,) in rows(peer.home / "shelf.db", "SELECT path FROM segments")}
    [(used,)] = rows(peer.home / "shelf.db", "SELECT sum(used) FROM customers")
    return set(files) == listed and used == sum(-(-size // 4096) * 4096 for size in files.values())


def going(suppliers: list[Peer]) -> list[Any]:
    """What suppliers have still to remove."""
    query = "SELECT path FROM going UNION ALL SELECT hex(block) FROM tombstones WHERE done = 0"
    return [row for peer in suppliers for row in rows(peer.home / "shelf.db", query)]
