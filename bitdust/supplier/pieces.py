"""
The ledger of pieces, and the tombstones of those that went.

A piece is what (customer, block, number) names, and its root says which bytes it is.  A tombstone of a block
outlives the pieces: whatever comes late for it is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bitdust.errors import Conflict, NoSpace, NotFound
from bitdust.supplier import quota
from bitdust.supplier.quota import Going
from bitdust.wire.held import digest_of
from bitdust.wire.packets import Data, Held, Tombstone
from bitdust.wire.receipts import TERM_DAYS

#: seconds after which a contract ends by silence
TERM = TERM_DAYS * 86400
#: most tombstones that are remembered for one customer
MAX_TOMBSTONES = 1_000_000


class Gone(Conflict):
    """The customer has deleted this block."""

    id = "gone"


@dataclass(frozen=True)
class Piece:
    """One row: a piece that was acknowledged."""

    customer: str
    block: bytes
    number: int
    root: bytes
    size: int
    k: int
    n: int
    unit: int
    block_size: int
    time: int
    damaged: int
    path: str
    charge: int

    def is_that_of(self, data: Data) -> bool:
        """Are these the bytes that `data` offers?"""
        return (self.root, self.size) == (data.root, data.size)


def find(c: sqlite3.Connection, customer: str, block: bytes, number: int) -> Piece:
    """
    The piece.

    @raise NotFound: this customer has no such piece here.
    """
    piece = look(c, customer, block, number)
    if piece is None:
        raise NotFound("no such piece of yours is here")
    return piece


def look(c: sqlite3.Connection, customer: str, block: bytes, number: int) -> Piece | None:
    """The piece, if it is here."""
    row = c.execute(
        "SELECT * FROM pieces WHERE customer = ? AND block = ? AND number = ?", (customer, block, number)
    ).fetchone()
    return Piece(*row) if row else None


def have(c: sqlite3.Connection, customer: str, data: Data) -> Piece | None:
    """
    The piece that `data` offers, if it is here and whole.

    @raise Gone: there is a tombstone of the block.
    @raise Conflict: another piece is here under the same block and number.
    """
    if c.execute(
        "SELECT 1 FROM tombstones WHERE customer = ? AND block = ?", (customer, data.block)
    ).fetchone():
        raise Gone()
    piece = look(c, customer, data.block, data.number)
    if piece is None:
        return None
    if not piece.is_that_of(data):
        raise Conflict("another piece of yours is here under the same block and number")
    return None if piece.damaged else piece


def enter(c: sqlite3.Connection, piece: Piece) -> None:
    """The piece is durable: write it into the ledger, in place of a damaged one."""
    damaged = look(c, piece.customer, piece.block, piece.number)
    if damaged is not None:
        take_away(c, [damaged])
    c.execute(
        "INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            piece.customer, piece.block, piece.number, piece.root, piece.size, piece.k, piece.n, piece.unit,
            piece.block_size, piece.time, piece.damaged, piece.path, piece.charge,
        ),
    )  # fmt: skip


def spoiled(c: sqlite3.Connection, piece: Piece) -> None:
    """What lies there is not what was written: it is not listed any more, and may be sent again."""
    c.execute("UPDATE pieces SET damaged = 1 WHERE path = ?", (piece.path,))


def listing(c: sqlite3.Connection, customer: str, after: tuple[bytes, int], limit: int) -> list[Held]:
    """The customer's whole pieces in order of (block, number), from behind `after`."""
    rows = c.execute(
        """SELECT block, number, root, size FROM pieces
           WHERE customer = ? AND (block, number) > (?, ?) AND damaged = 0
           ORDER BY block, number LIMIT ?""",
        (customer, *after, limit),
    )
    return [Held(*row) for row in rows]


def digest(c: sqlite3.Connection, customer: str) -> tuple[int, bytes]:
    """What the customer's whole pieces come to."""
    return digest_of(
        c.execute(
            """SELECT block, number, root FROM pieces WHERE customer = ? AND damaged = 0
               ORDER BY block, number""",
            (customer,),
        )
    )


def count(c: sqlite3.Connection, customer: str) -> int:
    """How many whole pieces of his are here."""
    (number,) = c.execute(
        "SELECT count(*) FROM pieces WHERE customer = ? AND damaged = 0", (customer,)
    ).fetchone()
    return int(number)


def take_away(c: sqlite3.Connection, pieces: Iterable[Piece]) -> None:
    """Out of the ledger; their files are to be removed."""
    gone = list(pieces)
    c.executemany(
        "DELETE FROM pieces WHERE customer = ? AND block = ? AND number = ?",
        [(piece.customer, piece.block, piece.number) for piece in gone],
    )
    quota.drop(c, [Going(piece.path, piece.customer, piece.charge) for piece in gone])


def bury(
    c: sqlite3.Connection, customer: str, tombstones: Iterable[Tombstone], now: int, lived: float
) -> None:
    """
    Remember these deletions, and wait with them until their time, but no longer than a contract's term.

    @param now, lived: the time, on the wall and lived through (`lived`): they wait by both.


    The time of one that was there is never brought forward.

    @raise NoSpace: more deletions than a supplier remembers.
    """
    c.executemany(
        """INSERT INTO tombstones (customer, block, not_before, made, due_lived)
           VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (customer, block) DO UPDATE SET
             not_before = max(not_before, excluded.not_before),
             due_lived = max(due_lived, excluded.due_lived), done = 0""",
        [
            (customer, stone.block, now + wait, now, lived + max(0, wait))
            for stone in tombstones
            for wait in [min(stone.not_before - now, TERM)]
        ],
    )
    (number,) = c.execute("SELECT count(*) FROM tombstones WHERE customer = ?", (customer,)).fetchone()
    if number > MAX_TOMBSTONES:
        raise NoSpace("this supplier remembers no more deletions of yours for now")


def unbury(c: sqlite3.Connection, customer: str, blocks: Iterable[bytes]) -> None:
    """The customer wants these blocks after all: what is here stays, and what is not may come again."""
    c.executemany(
        "DELETE FROM tombstones WHERE customer = ? AND block = ?", [(customer, block) for block in blocks]
    )


def is_due(c: sqlite3.Connection, now: int, lived: float, term: int) -> bool:
    """Has `purge` anything to do, or `forget`?"""
    row = c.execute(
        """SELECT EXISTS (SELECT 1 FROM tombstones WHERE done = 0 AND not_before <= ? AND due_lived <= ?)
             OR EXISTS (SELECT 1 FROM tombstones
                        WHERE done = 1 AND made < ? AND not_before < ? AND due_lived < ?)""",
        (now, lived, now - term, now - term, lived - term),
    ).fetchone()
    return bool(row[0])


def purge(c: sqlite3.Connection, now: int, lived: float, limit: int) -> int:
    """Take away the pieces of some tombstones whose time has come; answers of how many."""
    due = c.execute(
        """SELECT customer, block FROM tombstones WHERE done = 0 AND not_before <= ? AND due_lived <= ?
           ORDER BY not_before, customer, block LIMIT ?""",
        (now, lived, limit),
    ).fetchall()
    for key in due:
        rows = c.execute("SELECT * FROM pieces WHERE customer = ? AND block = ? ORDER BY number", key)
        take_away(c, [Piece(*row) for row in rows.fetchall()])
        c.execute("UPDATE tombstones SET done = 1 WHERE customer = ? AND block = ?", key)
    return len(due)


def leave(c: sqlite3.Connection, customer: str, limit: int) -> int:
    """
    Take away some of a past customer's pieces; answers how many.

    Those that wait for the time of a tombstone wait on: the delay is there for the day when somebody else
    speaks in his name.
    """
    rows = c.execute(
        """SELECT * FROM pieces WHERE customer = :customer AND block NOT IN
             (SELECT block FROM tombstones WHERE customer = :customer AND done = 0)
           ORDER BY block, number LIMIT :limit""",
        {"customer": customer, "limit": limit},
    )
    found = [Piece(*row) for row in rows.fetchall()]
    take_away(c, found)
    return len(found)


def forgive(c: sqlite3.Connection, customer: str) -> None:
    """A customer left: should he come back, he may bring again what he had deleted."""
    c.execute("DELETE FROM tombstones WHERE customer = ? AND done = 1", (customer,))


def begin_anew(c: sqlite3.Connection, customer: str) -> None:
    """
    He comes back with a new contract, and no deletion of the last one stands: he would be refused for ever
    what he had deleted just before he left.  What is still here and nobody needs, his next list shows him.
    """
    c.execute("DELETE FROM tombstones WHERE customer = ?", (customer,))


def forget(c: sqlite3.Connection, before: int, lived: float) -> None:
    """Tombstones made, and due, before that time, by both clocks, have outlived every late packet."""
    c.execute(
        "DELETE FROM tombstones WHERE done = 1 AND made < ? AND not_before < ? AND due_lived < ?",
        (before, before, lived),
    )
