"""
Orphans: pieces that a supplier keeps for us and that this catalog does not know.

They come of a machine that was lost between the receipt of a piece and the commit of its version.  Nobody can
say what is in them without reading them, so they are kept for a while, and freed only when nothing has
claimed them since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from bitdust.catalog import deletes
from bitdust.catalog.rows import known_peer, peer

#: seconds an orphan is kept from when it was first seen: 30 days
KEPT = 30 * 86400


def seen(c: sqlite3.Connection, fingerprint: str, blocks: Iterable[bytes], now: int) -> None:
    """
    This supplier lists pieces of these blocks, which the catalog does not know.  Those he is
    about to be told to delete are none: they were given up here.
    """
    who = peer(c, fingerprint)
    c.executemany(
        "INSERT OR IGNORE INTO orphans SELECT :who, :block, :now WHERE NOT EXISTS"
        " (SELECT 1 FROM tombstones WHERE peer = :who AND block = :block)",
        [{"who": who, "block": block, "now": now} for block in blocks],
    )


def count(c: sqlite3.Connection) -> int:
    """How many are known of, at all suppliers."""
    (number,) = c.execute("SELECT count(*) FROM orphans").fetchone()
    return int(number)


def free(c: sqlite3.Connection, fingerprint: str, now: int) -> int:
    """
    Queue tombstones for what this supplier has kept long enough, unless the catalog knows the block by now.
    To be called only while the catalog is the newest there is.  Answers how many that were.
    """
    who = known_peer(c, fingerprint)
    due = [
        bytes(block)
        for (block,) in c.execute(
            "SELECT block FROM orphans WHERE peer = ? AND first_seen <= ? ORDER BY block", (who, now - KEPT)
        )
    ]
    freed = 0
    for block in due:
        if c.execute("SELECT 1 FROM blocks WHERE id = ?", (block,)).fetchone() is None:
            deletes.queue(c, who, block, 0, 0)
            freed += 1
    c.execute("DELETE FROM orphans WHERE peer = ? AND first_seen <= ?", (who, now - KEPT))
    return freed
