"""
Blocks on their way out and what became of their pieces: seal, acknowledge, lose, move, count.

A block is *sealed* (known here only), then *committed* (in the log).  A piece at a supplier is wanted, acked,
lost or, after a recovery, unknown until the supplier has listed it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bitdust.blocks.block_format import Chunk
from bitdust.blocks.layout import piece_size
from bitdust.catalog import blocks, deletes
from bitdust.catalog.blocks import Block, NoSuchBlock
from bitdust.catalog.facts import Placed
from bitdust.catalog.ops import record
from bitdust.catalog.replay import ACKED, COMMITTED, LOST, SEALED, UNKNOWN, WANTED
from bitdust.catalog.rows import known_peer, mark, peer, raise_mark
from bitdust.catalog.schema import FOREVER
from bitdust.errors import Conflict, Usage

Connection = sqlite3.Connection

#: of a block b: fewer than k pieces are acknowledged, or not seen since a recovery
_FEW = (
    "k > (SELECT count(DISTINCT p.number) FROM placements p WHERE p.serial = b.serial AND p.state IN (1, 3))"
)
#: of a piece p of a block b: its supplier was not told, and will not be, that it may go
_WELCOME = (
    "(b.doomed = 0 OR NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.peer = p.peer AND t.block = b.id))"
)


@dataclass(frozen=True)
class Missing:
    """A piece that a supplier should have and has not acknowledged."""

    block: Block
    number: int
    fingerprint: str
    state: str
    #: it lies, or lay, with somebody else who is to be left
    moves: bool = False

    @property
    def root(self) -> bytes:
        """The root of the piece's hash tree."""
        return self.block.roots[self.number]


def seal_block(
    c: Connection,
    job: int,
    block_id: bytes,
    salt: bytes,
    size: int,
    n: int,
    k: int,
    unit: int,
    roots: Sequence[bytes],
    chunks: Iterable[Chunk],
    suppliers: Sequence[str],
    spool_name: str | None,
    sealed: bytes | None = None,
) -> int:
    """
    The block's file is durable in the spool: from here on it exists, and its pieces are wanted at `suppliers`
    (one fingerprint per piece number).  Answers its serial.

    @param sealed: `BlockWriter.sealed`.
    """
    if len(roots) != n or len(suppliers) != n or not 1 <= k <= n:
        raise Usage(f"a block of {n} pieces needs {n} roots and {n} suppliers")
    if len(set(suppliers)) != n:
        raise Usage("one supplier cannot keep two pieces of a block")
    serial = mark(c, "serial") + 1
    raise_mark(c, "serial", serial)
    try:
        c.execute(
            "INSERT INTO blocks (serial, id, salt, size, n, k, unit, roots, state, job, spool, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (serial, block_id, salt, size, n, k, unit, b"".join(roots), SEALED, job, spool_name, sealed),
        )
    except sqlite3.IntegrityError:
        raise Conflict("a block of this id is in the catalog already") from None
    c.executemany(
        "INSERT INTO chunks (serial, number, id, offset, stored, length, flags) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(serial, x.number, x.id, x.offset, x.stored, x.length, x.flags) for x in chunks],
    )
    c.executemany(
        "INSERT INTO placements (serial, number, peer, state) VALUES (?, ?, ?, ?)",
        [(serial, number, peer(c, each), WANTED) for number, each in enumerate(suppliers)],
    )
    return serial


def acked(c: Connection, serial: int, number: int, fingerprint: str) -> bool:
    """
    The supplier's receipt for the piece is verified.  False: the piece is not wanted there (any more).

    Where the piece moved from another supplier, that one's copy is queued for deletion.
    """
    at = (serial, number, known_peer(c, fingerprint))
    row = c.execute(
        "SELECT p.state, p.leaving, p.placed, b.state, b.id FROM placements p JOIN blocks b USING (serial)"
        " WHERE p.serial = ? AND p.number = ? AND p.peer = ?",
        at,
    ).fetchone()
    if row is None:
        return False
    state, leaving, placed, block_state, block_id = row
    if state == ACKED:
        return True
    c.execute("UPDATE placements SET state = ? WHERE serial = ? AND number = ? AND peer = ?", (ACKED, *at))
    if not leaving:
        old = c.execute(
            "SELECT peer, state FROM placements WHERE serial = ? AND number = ? AND peer != ?"
            " AND leaving = 1",
            at,
        ).fetchall()
        said = 0
        if block_state == COMMITTED and not placed:
            said = record(c, Placed(serial, number, fingerprint))
        for other, _ in old:
            # Also a copy thought lost is told to go: it may turn up again.
            deletes.queue(c, other, block_id, 0, said)
        c.execute("DELETE FROM placements WHERE serial = ? AND number = ? AND peer != ? AND leaving = 1", at)
    _recount(c, [serial])
    return True


def lost(c: Connection, serial: int, number: int, fingerprint: str) -> bool:
    """The supplier does not have the piece, or has it damaged.  False: it was not placed there."""
    at = (serial, number, known_peer(c, fingerprint))
    changed = c.execute(
        "UPDATE placements SET state = ? WHERE serial = ? AND number = ? AND peer = ?", (LOST, *at)
    ).rowcount
    _recount(c, [serial])
    return changed > 0


def lost_all(c: Connection, fingerprint: str) -> int:
    """
    Everything this supplier had is lost: it lost its disk or ended the contract.  Answers how many pieces.
    """
    who = known_peer(c, fingerprint)
    serials = [
        s for (s,) in c.execute("SELECT serial FROM placements WHERE peer = ? AND state != ?", (who, LOST))
    ]
    c.execute("UPDATE placements SET state = ? WHERE peer = ?", (LOST, who))
    _recount(c, serials)
    return len(serials)


def _recount(c: Connection, serials: Iterable[int]) -> None:
    c.executemany(
        "UPDATE blocks SET acked = (SELECT count(DISTINCT number) FROM placements p"
        " WHERE p.serial = blocks.serial AND p.state = 1) WHERE serial = ?",
        [(serial,) for serial in serials],
    )


def replace_supplier(c: Connection, old: str, new: str) -> int:
    """
    Every piece at `old` is wanted at `new`; until it is there, the old copy is *leaving*: still a source,
    still counted.

    A block of which `new` already has a piece, or was told to delete one, stays as it is.  The set of
    suppliers itself changes by `epochs.begin`.  Answers how many pieces move.
    """
    if old == new:
        raise Usage("a supplier cannot be replaced by himself")
    was, now = peer(c, old), peer(c, new)
    # He may come back to what he was leaving.
    c.execute(
        "UPDATE placements SET leaving = 0 WHERE peer = ? AND leaving = 1 AND EXISTS"
        " (SELECT 1 FROM placements q WHERE q.serial = placements.serial AND q.number = placements.number"
        " AND q.peer = ? AND q.leaving = 0)",
        (now, was),
    )
    # A tombstone outlives its piece: he would refuse a block he was told to delete.  Not yet told, he is not.
    of_his = (
        "peer = ? AND block IN (SELECT b.id FROM blocks b JOIN placements p USING (serial) WHERE p.peer = ?)"
    )
    c.execute(f"DELETE FROM tombstones WHERE done = 0 AND {of_his}", (now, was))  # noqa: S608
    rows = c.execute(
        "SELECT serial, number, p.state, placed FROM placements p JOIN blocks b USING (serial)"
        " WHERE p.peer = :was AND leaving = 0"
        " AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.peer = :now AND t.block = b.id)"
        " AND NOT EXISTS (SELECT 1 FROM placements q"
        " WHERE q.serial = p.serial AND q.peer = :now AND q.number != p.number) ORDER BY serial",
        {"was": was, "now": now},
    ).fetchall()
    c.executemany(
        "INSERT OR IGNORE INTO placements (serial, number, peer, state) VALUES (?, ?, ?, ?)",
        [(serial, number, now, WANTED) for serial, number, _, _ in rows],
    )
    never = [(s, i, was) for s, i, state, placed in rows if state == WANTED and not placed]
    c.executemany("DELETE FROM placements WHERE serial = ? AND number = ? AND peer = ?", never)
    c.executemany(
        "UPDATE placements SET leaving = 1 WHERE serial = ? AND number = ? AND peer = ?",
        [(s, i, was) for s, i, _, _ in rows],
    )
    return len(rows)


def moving(c: Connection, gone: Iterable[str], doubted: Iterable[str]) -> set[str]:
    """
    Suppliers of whose pieces one at least is on its way to somebody else: it can be made again without those
    who are `gone`, and who is to have it is not `doubted` himself.
    """
    lost, poor = (",".join(str(known_peer(c, one)) for one in who) for who in (gone, doubted))
    rows = c.execute(
        "SELECT fingerprint FROM peers r WHERE EXISTS (SELECT 1 FROM placements p"  # noqa: S608
        " JOIN blocks b USING (serial) WHERE p.peer = r.id AND p.leaving = 1"
        " AND EXISTS (SELECT 1 FROM placements q WHERE q.serial = p.serial AND q.number = p.number"
        f" AND q.leaving = 0 AND q.state IN (0, 2) AND q.peer NOT IN ({poor}))"
        " AND (b.spool IS NOT NULL OR b.k <= (SELECT count(DISTINCT s.number) FROM placements s"
        f" WHERE s.serial = p.serial AND s.state = 1 AND s.peer NOT IN ({lost}))))"
    )
    return {fingerprint for (fingerprint,) in rows}


def missing(
    c: Connection, fingerprint: str | None = None, limit: int = 100, spooled: bool | None = None
) -> list[Missing]:
    """
    Pieces wanted or lost, of the most endangered block first; of one supplier, or of all.

    @param spooled: True: only of blocks whose file lies in the spool; False: only of others.
    """
    where, who = "", list[int]()
    if fingerprint is not None:
        where, who = "p.peer = ? AND", [known_peer(c, fingerprint)]
    if spooled is not None:
        where += " b.spool IS NOT NULL AND" if spooled else " b.spool IS NULL AND"
    rows = c.execute(
        f"SELECT p.number, r.fingerprint, p.state, {blocks.COLUMNS} FROM placements p"  # noqa: S608
        f" JOIN blocks b ON b.serial = p.serial JOIN peers r ON r.id = p.peer"
        f" WHERE {where} p.leaving = 0 AND p.state IN (0, 2) AND {_WELCOME}"
        " ORDER BY b.acked - b.k, p.serial, p.number LIMIT ?",
        (*who, limit),
    ).fetchall()
    return [Missing(blocks.block(row[3:]), row[0], row[1], blocks.STATES[row[2]]) for row in rows]


def errands(c: Connection, fingerprint: str, limit: int = 100, held: Iterable[int] = ()) -> list[Missing]:
    """
    Pieces wanted or lost at this supplier whose block lies in the spool: of each job as many bytes as of any
    other, and the most endangered of each first.  What is no job's is one more of them.

    @param held: jobs whose blocks stay here for now.
    """
    resting = sorted(held)
    rows = c.execute(
        "SELECT p.number, r.fingerprint, p.state, EXISTS (SELECT 1 FROM placements q"  # noqa: S608
        " WHERE q.serial = p.serial AND q.number = p.number AND q.leaving = 1),"
        f" {blocks.COLUMNS} FROM placements p"
        " JOIN blocks b ON b.serial = p.serial JOIN peers r ON r.id = p.peer"
        " WHERE p.peer = ? AND b.spool IS NOT NULL AND p.leaving = 0 AND p.state IN (0, 2)"
        f" AND (b.job IS NULL OR b.job NOT IN ({','.join('?' * len(resting))}))"
        " ORDER BY sum(b.size) OVER (PARTITION BY b.job ORDER BY b.acked - b.k, p.serial, p.number) - b.size,"
        " b.acked - b.k, p.serial, p.number LIMIT ?",
        (known_peer(c, fingerprint), *resting, limit),
    ).fetchall()
    return [
        Missing(blocks.block(row[4:]), row[0], row[1], blocks.STATES[row[2]], bool(row[3])) for row in rows
    ]


def of_job(c: Connection, job: int) -> tuple[int, dict[str, int]]:
    """
    Bytes of all pieces of the blocks that the job has sealed, and how many of them which supplier has
    acknowledged.
    """
    total = sum(
        n * piece_size(size, k, unit)
        for size, n, k, unit in c.execute("SELECT size, n, k, unit FROM blocks WHERE job = ?", (job,))
    )
    sent: dict[str, int] = {}
    for fingerprint, size, k, unit in c.execute(
        "SELECT r.fingerprint, b.size, b.k, b.unit FROM blocks b JOIN placements p USING (serial)"
        " JOIN peers r ON r.id = p.peer WHERE b.job = ? AND p.state = 1",
        (job,),
    ):
        sent[fingerprint] = sent.get(fingerprint, 0) + piece_size(size, k, unit)
    return total, sent


def count_missing(c: Connection, of_jobs: bool = True) -> int:
    """
    How many pieces are wanted or lost, at whomever.

    @param of_jobs: also those of blocks of backups under way, most of which go out for the first time.
    """
    (number,) = c.execute(
        "SELECT count(*) FROM placements p JOIN blocks b USING (serial)"  # noqa: S608
        f" WHERE leaving = 0 AND p.state IN (0, 2) AND (? OR b.job IS NULL) AND {_WELCOME}",
        (of_jobs,),
    ).fetchone()
    return int(number)


def counts(c: Connection, serial: int) -> dict[str, int]:
    """How many of the block's pieces are in which state."""
    found = dict.fromkeys(("wanted", "acked", "lost", "leaving", "unknown"), 0)
    for placement in blocks.placements(c, serial):
        found[placement.state] += 1
    return found


def held_by(
    c: Connection, fingerprint: str, after: tuple[bytes, int] | None = None, limit: int = 512
) -> list[tuple[bytes, int, bytes, int, str]]:
    """
    What should be at this supplier, in the order of his ListFiles answers, from behind (block id, number):
    (block id, piece number, root, serial, state).
    """
    block_id, number = after if after is not None else (b"", -1)
    return [
        (bytes(id_), at, bytes(roots[32 * at : 32 * at + 32]), serial, blocks.state_name(state, leaving))
        for id_, at, roots, serial, state, leaving in c.execute(
            "SELECT b.id, p.number, b.roots, b.serial, p.state, p.leaving FROM blocks b"
            " CROSS JOIN placements p ON p.serial = b.serial"
            " WHERE b.id >= ? AND (b.id > ? OR p.number > ?) AND p.peer = ? ORDER BY b.id, p.number LIMIT ?",
            (block_id, block_id, number, known_peer(c, fingerprint), limit),
        )
    ]


def signed_for(c: Connection, fingerprint: str) -> list[tuple[bytes, int, bytes]] | None:
    """
    (block id, number, root) of the pieces that this supplier should list, in the order of his list.

    None: there are some of which nobody knows, and only his list can tell.
    """
    who = known_peer(c, fingerprint)
    (unseen,) = c.execute(
        "SELECT EXISTS (SELECT 1 FROM placements WHERE peer = ? AND state = ?)", (who, UNKNOWN)
    ).fetchone()
    if unseen:
        return None
    return [
        (id_, number, roots[32 * number : 32 * number + 32])
        for id_, number, roots in c.execute(
            "SELECT b.id, p.number, b.roots FROM placements p JOIN blocks b USING (serial)"
            " WHERE p.peer = ? AND p.state = ? ORDER BY b.id, p.number",
            (who, ACKED),
        )
    ]


def used_at(c: Connection, fingerprint: str) -> tuple[int, int]:
    """Pieces acknowledged by this supplier, and the bytes of their bodies."""
    pieces = bytes_ = 0
    for size, k, unit in c.execute(
        "SELECT b.size, b.k, b.unit FROM placements p JOIN blocks b USING (serial) WHERE p.peer"
        " = ? AND p.state = 1",
        (known_peer(c, fingerprint),),
    ):
        pieces, bytes_ = pieces + 1, bytes_ + piece_size(size, k, unit)
    return pieces, bytes_


def used_bytes(c: Connection) -> int:
    """Bytes of all pieces that are known to be at suppliers."""
    return sum(
        pieces * piece_size(size, k, unit)
        for size, k, unit, pieces in c.execute("SELECT size, k, unit, acked FROM blocks")
    )


def survives(c: Connection, item: str | None = None, seq: int | None = None) -> int | None:
    """
    How many more pieces the worst block may lose: of one version, or of all that is committed.  None: no
    blocks.
    """
    if item is None:
        row = c.execute(
            "SELECT acked - k FROM blocks b WHERE state = 1 AND doomed = 0 AND EXISTS (SELECT 1 FROM uses u"
            " WHERE u.serial = b.serial)"
            " ORDER BY acked - k LIMIT 1"
        ).fetchone()
        return row[0] if row else None
    (worst,) = c.execute(
        "SELECT min(b.acked - b.k) FROM uses u JOIN blocks b ON b.serial = u.serial"
        " WHERE u.item = (SELECT id FROM items WHERE path_id = ?) AND u.since <= ? AND u.until > ?",
        (item, seq, seq),
    ).fetchone()
    return None if worst is None else int(worst)


def endangered(c: Connection) -> dict[int, bool]:
    """
    Blocks of which fewer than k pieces are, or may be, at suppliers: serial -> whether the spool has them.

    Those the spool does not have cannot be read, as far as is known.
    """
    return {
        serial: bool(spooled)
        for serial, spooled in c.execute(
            f"SELECT serial, spool IS NOT NULL FROM blocks b WHERE acked < n AND acked - k < 0 AND {_FEW}"  # noqa: S608
        )
    }


def lacks(c: Connection, item: str) -> list[int]:
    """The same of those that the newest entries of an item need."""
    return [
        serial
        for (serial,) in c.execute(
            "SELECT b.serial FROM blocks b WHERE acked < n AND acked - k < 0 AND EXISTS (SELECT 1 FROM uses u"  # noqa: S608
            " WHERE u.serial = b.serial AND u.item = (SELECT id FROM items WHERE path_id = ?)"
            f" AND u.until = {FOREVER}) AND {_FEW}",
            (item,),
        )
    ]


def survives_now(
    c: Connection, there: Iterable[str], staying: Iterable[str]
) -> tuple[int | None, int | None, int]:
    """
    The same of all that is committed, as far as suppliers are `there` now, and of these as far as they are
    `staying`; and how many blocks have not all their pieces at those who stay.
    """
    here, stay = (",".join(str(known_peer(c, one)) for one in who) for who in (there, staying))
    count = "(SELECT count(DISTINCT number) FROM placements p WHERE p.serial = b.serial AND state = 1 AND "
    now, later, short = c.execute(
        f"SELECT min(now - k), min(later - k), total(later < n) FROM (SELECT b.k, b.n,"  # noqa: S608
        f" {count} peer IN ({here})) AS now, {count} leaving = 0 AND peer IN ({stay})) AS later"
        " FROM blocks b WHERE b.state = 1 AND b.doomed = 0"
        " AND EXISTS (SELECT 1 FROM uses u WHERE u.serial = b.serial))"
    ).fetchone()
    return now, later, int(short)


def live(c: Connection, serials: Iterable[int], there: Iterable[str]) -> dict[int, int]:
    """How many different pieces of these blocks lie at suppliers who are `there`."""
    who = ",".join(str(known_peer(c, one)) for one in there)
    return {
        serial: int(
            c.execute(
                "SELECT count(DISTINCT number) FROM placements"  # noqa: S608
                f" WHERE serial = ? AND state = 1 AND peer IN ({who})",
                (serial,),
            ).fetchone()[0]
        )
        for serial in serials
    }


def ready(c: Connection, job: int) -> bool:
    """Whether every block the job made or found has enough acknowledged pieces to commit on."""
    return not waiting_for(c, job)


def waiting_for(c: Connection, job: int) -> list[str]:
    """The suppliers whose receipts the job still needs or could use: those a full spool says it waits for."""
    return [
        fingerprint
        for (fingerprint,) in c.execute(
            "SELECT DISTINCT r.fingerprint FROM blocks b JOIN placements p ON p.serial = b.serial"
            " JOIN peers r ON r.id = p.peer"
            " WHERE b.serial IN (SELECT serial FROM blocks WHERE job = :job UNION SELECT serial"
            " FROM pins WHERE job = :job)"
            " AND b.acked < b.k + (b.n - b.k + 1) / 2 AND p.state != 1 ORDER BY r.fingerprint",
            {"job": job},
        )
    ]


def checkable(c: Connection, job: int) -> bool:
    """Whether a checkpoint of the job would say anything new: a block it made is at enough suppliers."""
    row = c.execute(
        "SELECT 1 FROM blocks WHERE job = ? AND state = ? AND acked >= k + (n - k + 1) / 2 LIMIT 1",
        (job, SEALED),
    ).fetchone()
    return row is not None


def unsafe(c: Connection, limit: int = 100) -> list[Block]:
    """
    Blocks with fewer than n acknowledged pieces, the most endangered first: what the rebuilder looks at.
    """
    return [
        blocks.block(row)
        for row in c.execute(
            f"SELECT {blocks.COLUMNS} FROM blocks b WHERE acked < n AND doomed = 0"  # noqa: S608
            " ORDER BY acked - k, serial LIMIT ?",
            (limit,),
        )
    ]


def spooled(c: Connection, after: int = 0, limit: int = 1000) -> list[Block]:
    """Blocks whose file lies in the spool, by serial from behind `after`."""
    return [
        blocks.block(row)
        for row in c.execute(
            f"SELECT {blocks.COLUMNS} FROM blocks b WHERE spool IS NOT NULL AND serial > ? ORDER"  # noqa: S608
            " BY serial LIMIT ?",
            (after, limit),
        )
    ]


def removable(
    c: Connection,
    pressed: bool = False,
    limit: int = 100,
    takers: Iterable[str] = (),
    leavers: Iterable[str] = (),
) -> list[Block]:
    """
    Spool files that may go: of blocks with n of n pieces, each where it shall be; with `pressed` also of
    committed blocks with enough to commit on.

    @param takers: suppliers who are taking pieces now: what is missing at one of them stays for him.
    @param leavers: suppliers who are about to be replaced: what they have stays for whoever comes, but not
        with `pressed`.
    """
    missing_at = (
        "EXISTS (SELECT 1 FROM placements p WHERE p.serial = b.serial AND p.leaving = 0"
        " AND p.state IN (0, 2){who})"
    )
    going = [] if pressed else [known_peer(c, each) for each in leavers]
    stays = (
        f"EXISTS (SELECT 1 FROM placements p WHERE p.serial = b.serial AND p.leaving = 0"  # noqa: S608
        f" AND p.peer IN ({','.join('?' * len(going))}))"
    )
    enough = (
        f"(acked >= n AND NOT {missing_at.format(who='')} AND NOT {stays}) OR (doomed > 0 AND acked >= k)"
    )
    busy: list[int] = []
    if pressed:
        busy = [known_peer(c, each) for each in takers]
        of_them = missing_at.format(who=f" AND p.peer IN ({','.join('?' * len(busy))})")
        enough += f" OR (state = 1 AND acked >= k + (n - k + 1) / 2 AND NOT {of_them})"
    return [
        blocks.block(row)
        for row in c.execute(
            f"SELECT {blocks.COLUMNS} FROM blocks b WHERE spool IS NOT NULL AND ({enough}) ORDER"  # noqa: S608
            " BY serial LIMIT ?",
            (*going, *busy, limit),
        )
    ]


def set_spool(c: Connection, serial: int, name: str | None) -> None:
    """The block's file lies in the spool under this name, or (None) no more: say so before it is removed."""
    if c.execute("UPDATE blocks SET spool = ? WHERE serial = ?", (name, serial)).rowcount == 0:
        raise NoSuchBlock(f"there is no block {serial} in the catalog")


def unknown(c: Connection, fingerprint: str | None = None) -> int:
    """How many pieces have not been seen since a recovery: at this supplier, or at all of them."""
    where, who = ("", []) if fingerprint is None else (" AND peer = ?", [known_peer(c, fingerprint)])
    (number,) = c.execute(
        f"SELECT count(*) FROM placements WHERE state = ?{where}",  # noqa: S608
        (UNKNOWN, *who),
    ).fetchone()
    return int(number)
