"""
Letters that are not received yet.

One stays here until its receipt has come; a receipt, until it was handed over or left at a mailbox.  The row
goes in the same transaction in which the message becomes `delivered`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.errors import NoSpace
from bitdust.messaging.letter import Kind

#: most letters that wait for one recipient, and in all
MOST_TO_ONE, MOST_IN_ALL = 200, 5_000
#: receipts that could not be told for so many seconds are forgotten: the sender asks again
RECEIPT_TERM = 30 * 86400.0


@dataclass(frozen=True)
class Waiting:
    """
    A letter to `peer` (a fingerprint).

    @param left_at: fingerprints of the mailboxes that have it, since `left_when` (Unix seconds).
    """

    number: int
    peer: str
    idurl: str
    kind: Kind
    id: bytes
    letter: bytes
    left_at: tuple[str, ...]
    left_when: float


def put(
    c: sqlite3.Connection, peer: str, idurl: str, kind: Kind, id: bytes, letter: bytes, now: float
) -> None:
    """
    Send it; where the same one waits already, that is enough.  Receipts above the limit are not sent: whoever
    misses one asks again.

    @raise NoSpace: too many are waiting.
    """
    (to_one,) = c.execute(
        "SELECT count(*) FROM outgoing WHERE peer = ? AND kind = ?", (peer, kind)
    ).fetchone()
    (in_all,) = c.execute("SELECT count(*) FROM outgoing WHERE kind = ?", (kind,)).fetchone()
    if to_one >= MOST_TO_ONE or in_all >= MOST_IN_ALL:
        if kind == "receipt":
            return
        raise NoSpace(
            f"{to_one} messages to {idurl} are waiting to be delivered, and {in_all} in all",
            hint="wait until the recipient is there",
        )
    c.execute(
        "INSERT OR IGNORE INTO outgoing (peer, idurl, kind, id, letter, written) VALUES (?, ?, ?, ?, ?, ?)",
        (peer, idurl, kind, id, letter, now),
    )


def peers(c: sqlite3.Connection) -> list[str]:
    """Those for whom something waits."""
    return [peer for (peer,) in c.execute("SELECT DISTINCT peer FROM outgoing ORDER BY peer")]


def waiting(c: sqlite3.Connection, peer: str, now: float) -> list[Waiting]:
    """What waits for him, oldest first; receipts that are too old go."""
    c.execute(
        "DELETE FROM outgoing WHERE peer = ? AND kind = 'receipt' AND written < ?", (peer, now - RECEIPT_TERM)
    )
    rows = c.execute(
        "SELECT number, idurl, kind, id, letter, left_at, left_when FROM outgoing WHERE peer = ?"
        " ORDER BY number",
        (peer,),
    ).fetchall()
    return [
        Waiting(number, peer, idurl, kind, id, letter, tuple(left_at.split()), left_when)
        for number, idurl, kind, id, letter, left_at, left_when in rows
    ]


def is_waiting(c: sqlite3.Connection, number: int) -> bool:
    """Is it still to be brought?  It may have been deleted meanwhile."""
    return c.execute("SELECT 1 FROM outgoing WHERE number = ?", (number,)).fetchone() is not None


def left(c: sqlite3.Connection, number: int, mailboxes: tuple[str, ...], now: float) -> None:
    """These mailboxes have it."""
    c.execute(
        "UPDATE outgoing SET left_at = ?, left_when = ? WHERE number = ?", (" ".join(mailboxes), now, number)
    )


def remove(c: sqlite3.Connection, peer: str, kind: Kind, id: bytes) -> None:
    """It arrived."""
    c.execute("DELETE FROM outgoing WHERE peer = ? AND kind = ? AND id = ?", (peer, kind, id))
