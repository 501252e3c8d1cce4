"""What must be true of a customer and his suppliers whenever nothing is under way, to the byte."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bitdust.backup.inside import TEMPORARY
from bitdust.blocks.layout import piece_size
from bitdust.catalog import blocks, deletes, holdings, log, ops, removal, rows, snapshot, versions, waste
from tests.catalog import sample
from tests.world import House, World


def settle(world: World, alice: House, within: float = 4000.0, *, tidy: bool = True) -> None:
    """Let time pass until nothing is under way at anybody's; `tidy`: nor anything left to clean."""
    seated = world.seated(alice)

    def quiet() -> bool:
        return (
            not alice.customer.queue.running()
            and not alice.customer.queue.waiting()
            and not alice.customer.restores.running()
            and not _spooled(alice)
            and alice.read(deletes.waiting) == 0
            and not alice.read(removal.garbage, 1)
            and (not tidy or alice.read(waste.is_tidy))
            and not alice.customer.repacker.is_busy
            and alice.read(log.unsent) == 0
            and not any(alice.read(log.unsent_to, house.fingerprint) for house in seated)
            and all(not at_rest(house) for house in seated)
        )

    world.until(lambda: world.staffed(alice, len(seated)), within)
    alice.until_safe(within)
    try:
        world.until(quiet, within)
    except AssertionError as late:
        found = {house.name: at_rest(house) for house in seated}
        raise AssertionError(
            f"spool {_spooled(alice)}, tombstones {alice.read(deletes.waiting)}, {found}\n{late}"
        ) from None


def at_rest(house: House) -> list[Any]:
    """What a supplier has begun and not finished."""
    return select(
        house,
        "SELECT 'arriving', path FROM arrivals UNION ALL SELECT 'going', path FROM going"
        " UNION ALL SELECT 'buried', hex(block) FROM tombstones WHERE done = 0 AND not_before <= ?",
        house.world.wall(),
    )


def select(house: House, query: str, *values: object) -> list[Any]:
    """Rows of a supplier's ledger."""
    work = house.service.shelf.db.read(lambda c: c.execute(query, values).fetchall())
    found: list[Any] = house.world.wait(work)
    return found


def _spooled(alice: House) -> list[str]:
    return sorted(os.listdir(alice.home / "backups"))


def balanced(world: World, alice: House) -> None:
    """
    O1, O2 and the space: the customer's catalog and the shelves say the same of every piece and every byte,
    and the disks hold that and nothing else; what the log says is what the tables say.
    """
    me = alice.fingerprint
    kept = alice.read(_pieces)
    used = 0
    for house in world.seated(alice):
        there = select(house, "SELECT block, number, size FROM pieces WHERE customer = ? AND damaged = 0", me)
        has, should = {(bytes(b), n, size) for b, n, size in there}, kept.get(house.fingerprint, set())
        promised = _promised(house, alice)
        has = {piece for piece in has if piece in should or piece[0] not in promised}
        assert has == should, f"{house.name}: too many {has - should}, too few {should - has}"
        used += sum(size for _, _, size in has)
        listed = select(house, "SELECT path, charge FROM pieces UNION ALL SELECT path, charge FROM segments")
        root = house.home / "customers"
        files = {str(p.relative_to(root)): p.stat().st_size for p in root.rglob("*") if p.is_file()}
        assert set(files) == {path for path, _ in listed}, f"{house.name}: files and ledger differ"
        charged = sum(-(-size // 4096) * 4096 for size in files.values())
        ((counted, number),) = select(house, "SELECT sum(used), sum(files) FROM customers")
        assert (counted, number) == (charged, len(files)), f"{house.name} miscounts"
        ((numbers,),) = select(
            house, "SELECT group_concat(number) FROM (SELECT number FROM segments ORDER BY 1)"
        )
        assert numbers == alice.read(_needed_segments), f"{house.name}: the log"
    assert alice.read(holdings.used_bytes) == used
    assert alice.customer.spool.used == 0
    assert _spooled(alice) == []
    # Every block is needed by a version, and every chunk by an entry's block.
    needed = {s for v in alice.read(versions.list_all) for s in alice.read(versions.blocks_of, v.item, v.seq)}
    needed |= alice.read(_in_trash)
    assert {block.serial for block in alice.blocks()} == needed, "blocks that no version needs"
    for table in ("jobs", "pending", "pins", "orphans"):
        assert alice.read(lambda c, t=table: c.execute(f"SELECT count(*) FROM {t}").fetchone()) == (0,), table
    alice.read(_replays, alice.node.as_somebody().identity.keys)


def _promised(house: House, alice: House) -> set[bytes]:
    """
    Blocks that she let go for good, and he keeps until a time that he was told before: nobody can hurry a
    deletion by changing his mind.  Those whose time has come are `at_rest`'s.
    """
    waiting = select(
        house, "SELECT block FROM tombstones WHERE done = 0 AND not_before > ?", house.world.wall()
    )
    dropped = {
        bytes(block) for (block,) in alice.read(lambda c: c.execute("SELECT id FROM dropped").fetchall())
    }
    return {bytes(block) for (block,) in waiting} & dropped


def _in_trash(c: Any) -> set[int]:
    """Blocks of versions that can be brought back."""
    query = "SELECT u.serial FROM trash t JOIN uses u ON u.item = t.item AND since <= seq AND until > seq"
    return {serial for (serial,) in c.execute(query)}


def _pieces(c: Any) -> dict[str, set[tuple[bytes, int, int]]]:
    found: dict[str, set[tuple[bytes, int, int]]] = {}
    for serial, number, who in c.execute(
        "SELECT serial, number, fingerprint FROM placements JOIN peers ON id = peer WHERE state = 1"
    ).fetchall():
        block = blocks.get(c, serial)
        found.setdefault(who, set()).add((block.id, number, piece_size(block.size, block.k, block.unit)))
    return found


def _needed_segments(c: Any) -> str | None:
    first = rows.mark(c, "first_segment")
    (numbers,) = c.execute(
        "SELECT group_concat(number) FROM (SELECT number FROM segments WHERE number >= ? ORDER BY 1)",
        (first,),
    ).fetchone()
    return None if numbers is None else str(numbers)


def _replays(c: Any, keys: Any) -> None:
    other = sample.open_catalog()
    try:
        first = rows.mark(c, "first_segment")
        for (number,) in c.execute(
            "SELECT number FROM segments WHERE number >= ? ORDER BY number", (first,)
        ).fetchall():
            kept = log.segment(c, number)
            assert kept is not None
            for said in log.open_segment(keys, kept.data)[1]:
                ops.apply(other, ops.decode(said))
        for (said,) in c.execute(
            "SELECT op FROM log WHERE seq > ? ORDER BY seq", (rows.mark(c, "sealed_op"),)
        ):
            ops.apply(other, ops.decode(said))
        # The first fact counts serials: those of blocks that were never committed are local.
        assert list(snapshot.dump(other))[1:] == list(snapshot.dump(c))[1:], "the log is not the tables"
    finally:
        other.close()


def temporaries(folder: Path) -> list[Path]:
    """What a restore has left behind."""
    return [path for path in folder.rglob("*") if TEMPORARY.fullmatch(os.fsencode(path.name))]
