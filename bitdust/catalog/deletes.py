"""
Tombstones on their way: which supplier is still to be told that which block may go.

A tombstone waits until the log that made it so is at enough suppliers; so no machine brought back from an
older log needs a piece that is gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bitdust.catalog.rows import known_peer, mark


@dataclass(frozen=True)
class Tombstone:
    """The block's pieces may go, not before the time `not_before` (Unix seconds)."""

    block: bytes
    not_before: int


def queue(c: sqlite3.Connection, peer: int, block: bytes, not_before: int, log_seq: int) -> None:
    """A supplier (by short number) is to be told, once the log is safe up to `log_seq` (0: at once)."""
    c.execute(
        "INSERT INTO tombstones (peer, block, not_before, log_seq) VALUES (?, ?, ?, ?) ON"
        " CONFLICT (peer, block)"
        " DO UPDATE SET not_before = excluded.not_before, log_seq = max(log_seq, excluded.log_seq), done = 0",
        (peer, block, not_before, log_seq),
    )


def due(c: sqlite3.Connection, fingerprint: str, limit: int = 512) -> list[Tombstone]:
    """What this supplier can be told now, in order of block id."""
    return [
        Tombstone(bytes(block), not_before)
        for block, not_before in c.execute(
            "SELECT block, not_before FROM tombstones WHERE peer = ? AND done = 0 AND log_seq"
            " <= ? ORDER BY block LIMIT ?",
            (known_peer(c, fingerprint), mark(c, "committed_op"), limit),
        )
    ]


def is_to_hear(c: sqlite3.Connection, fingerprint: str) -> bool:
    """Is there anything to tell this supplier now: what goes, or what stays after all?"""
    return bool(due(c, fingerprint, 1) or to_lift(c, fingerprint, 1))


def due_at(c: sqlite3.Connection) -> list[str]:
    """The suppliers who can be told something now."""
    return [
        fingerprint
        for (fingerprint,) in c.execute(
            "SELECT fingerprint FROM peers r WHERE EXISTS"
            " (SELECT 1 FROM tombstones t WHERE t.peer = r.id AND t.done = 0 AND t.log_seq <="
            " ?) ORDER BY fingerprint",
            (mark(c, "committed_op"),),
        )
    ]


def done(c: sqlite3.Connection, fingerprint: str, blocks: Iterable[bytes]) -> None:
    """He has acknowledged these tombstones."""
    peer = known_peer(c, fingerprint)
    rows = [(peer, block) for block in blocks]
    c.executemany("UPDATE tombstones SET done = 1 WHERE peer = ? AND block = ? AND done = 0", rows)
    c.executemany("DELETE FROM orphans WHERE peer = ? AND block = ?", rows)
    c.executemany(
        "DELETE FROM tombstones WHERE peer = ? AND block = ? AND done = 1"
        " AND block NOT IN (SELECT id FROM blocks)",
        rows,
    )


def lift(c: sqlite3.Connection, block: bytes) -> None:
    """The block stays after all: whoever has a piece of it, and may have been told otherwise, is told."""
    c.execute(
        "UPDATE tombstones SET done = 3 WHERE block = ? AND done IN (0, 1) AND peer IN"
        " (SELECT p.peer FROM placements p JOIN blocks b USING (serial) WHERE b.id = ?)",
        (block, block),
    )


def to_lift(c: sqlite3.Connection, fingerprint: str, limit: int = 512) -> list[bytes]:
    """Blocks of which this supplier is to be told that they stay."""
    return [
        bytes(block)
        for (block,) in c.execute(
            "SELECT block FROM tombstones WHERE peer = ? AND done = 3 ORDER BY block LIMIT ?",
            (known_peer(c, fingerprint), limit),
        )
    ]


def lifted(c: sqlite3.Connection, fingerprint: str, blocks: Iterable[bytes]) -> None:
    """He keeps them, unless they were deleted again meanwhile."""
    peer = known_peer(c, fingerprint)
    c.executemany(
        "DELETE FROM tombstones WHERE peer = ? AND block = ? AND done = 3",
        [(peer, block) for block in blocks],
    )


def forget(c: sqlite3.Connection, fingerprint: str) -> int:
    """
    He keeps nothing of ours any more and is bid farewell: nothing is left to say.  Answers how many went.

    What he was told stays known: until he has let go of us too, he would refuse these blocks.
    """
    peer = known_peer(c, fingerprint)
    c.execute("UPDATE tombstones SET done = 2 WHERE peer = ? AND done = 1", (peer,))
    return c.execute("DELETE FROM tombstones WHERE peer = ? AND done IN (0, 3)", (peer,)).rowcount


def forgiven(c: sqlite3.Connection, fingerprint: str) -> None:
    """He has let go of us, and would take again what he was told to delete."""
    c.execute("DELETE FROM tombstones WHERE peer = ? AND done = 2", (known_peer(c, fingerprint),))


def welcome(c: sqlite3.Connection, fingerprint: str) -> None:
    """He is hired, and will have to be bid farewell once more."""
    c.execute("UPDATE tombstones SET done = 1 WHERE peer = ? AND done = 2", (known_peer(c, fingerprint),))


def all_told(c: sqlite3.Connection) -> list[str]:
    """Everyone who was, or is to be, told to delete something, and has not been bid farewell since."""
    return [
        fingerprint
        for (fingerprint,) in c.execute(
            "SELECT DISTINCT fingerprint FROM tombstones t JOIN peers r ON r.id = t.peer"
            " WHERE t.done != 2 ORDER BY fingerprint"
        )
    ]


def waiting(c: sqlite3.Connection) -> int:
    """Tombstones not yet acknowledged, whether they can be sent or not."""
    (number,) = c.execute("SELECT count(*) FROM tombstones WHERE done IN (0, 3)").fetchone()
    return int(number)


def was_dropped(c: sqlite3.Connection, block: bytes) -> Tombstone | None:
    """
    The tombstone of a block this catalog once recorded and dropped: a supplier who lists it is to be told
    again.
    """
    row = c.execute("SELECT id, not_before FROM dropped WHERE id = ?", (block,)).fetchone()
    return Tombstone(bytes(row[0]), row[1]) if row else None


def tell_again(c: sqlite3.Connection, fingerprint: str, block: bytes) -> bool:
    """He still lists a block that was dropped: queue its tombstone again.  False: it never was."""
    found = was_dropped(c, block)
    peer = known_peer(c, fingerprint)
    if found is None or not peer:
        return False
    c.execute(
        "INSERT OR IGNORE INTO tombstones (peer, block, not_before, log_seq) VALUES (?, ?, ?, 0)",
        (peer, block, found.not_before),
    )
    return True
