"""
What was written, by us and to us; each message once, whatever is repeated on the way.

Work on `messages.db` (see schema.py), each function within one transaction of its caller.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.errors import NoSpace
from bitdust.messaging import removal

#: most messages kept of one stranger, and of one correspondent
MOST_OF_STRANGER, MOST_OF_CORRESPONDENT = 100, 20_000
#: most bytes of all that came from strangers, and in all
BYTES_OF_STRANGERS, BYTES_IN_ALL = 16 * 1024**2, 256 * 1024**2
QUEUED, AT_MAILBOX, DELIVERED, RECEIVED = "queued", "at mailbox", "delivered", "received"


@dataclass(frozen=True)
class Row:
    """
    One message.

    @param direction: `in` or `out`.
    @param peer: the other's fingerprint; `idurl` his name.
    @param time: Unix seconds by our clock: when it was sent, or came.
    """

    number: int
    direction: str
    peer: str
    idurl: str
    id: bytes
    time: float
    text: str
    state: str


_FIELDS = "number, direction, peer, idurl, id, time, text, state"


def add_outgoing(c: sqlite3.Connection, peer: str, idurl: str, id: bytes, text: str, now: float) -> None:
    """We wrote this."""
    _insert(c, "out", peer, idurl, id, text, now, QUEUED, told=True)


def add_incoming(
    c: sqlite3.Connection, peer: str, idurl: str, id: bytes, text: str, now: float, *, known: bool
) -> bool:
    """
    This came.  False: it is here already, or was, and was deleted.

    @param known: the sender is a correspondent.
    @raise NoSpace: there is too much of his, or of all, here.
    """
    if _find(c, peer, "in", id) is not None or removal.is_deleted(c, peer, id):
        return False
    (count,) = c.execute(
        "SELECT count(*) FROM messages WHERE peer = ? AND direction = 'in'", (peer,)
    ).fetchone()
    if count >= (MOST_OF_CORRESPONDENT if known else MOST_OF_STRANGER):
        raise NoSpace("the recipient keeps no more messages of this sender")
    (size,) = c.execute("SELECT coalesce(sum(size), 0) FROM messages WHERE direction = 'in'").fetchone()
    if size + len(text.encode()) > (BYTES_IN_ALL if known else BYTES_OF_STRANGERS):
        raise NoSpace("the recipient keeps no more messages")
    _insert(c, "in", peer, idurl, id, text, now, RECEIVED, told=False)
    return True


def set_state(c: sqlite3.Connection, peer: str, id: bytes, state: str) -> bool:
    """Something became of a message of ours.  What was delivered stays so.  Answers whether it changed."""
    changed = c.execute(
        "UPDATE messages SET state = ? WHERE peer = ? AND direction = 'out' AND id = ?"
        " AND state NOT IN (?, 'delivered')",
        (state, peer, id, state),
    )
    return changed.rowcount > 0


def state_of(c: sqlite3.Connection, peer: str, id: bytes) -> str:
    """What became of a message of ours."""
    row = c.execute(
        "SELECT state FROM messages WHERE peer = ? AND direction = 'out' AND id = ?", (peer, id)
    ).fetchone()
    return str(row[0]) if row else ""


def untold(c: sqlite3.Connection) -> list[Row]:
    """Messages that came and of which nobody has been told, oldest first."""
    return [Row(*row) for row in c.execute(f"SELECT {_FIELDS} FROM messages WHERE told = 0 ORDER BY number")]  # noqa: S608


def tell(c: sqlite3.Connection, number: int) -> None:
    """Of this one somebody has been told."""
    c.execute("UPDATE messages SET told = 1 WHERE number = ?", (number,))


def listed(c: sqlite3.Connection, limit: int, since: float, peer: str | None) -> list[Row]:
    """The newest `limit` messages from `since` on, of one peer or of all; oldest of them first."""
    rows = c.execute(
        f"SELECT {_FIELDS} FROM messages WHERE time >= ? AND (? IS NULL OR peer = ?)"  # noqa: S608
        " ORDER BY number DESC LIMIT ?",
        (since, peer, peer, limit),
    ).fetchall()
    return [Row(*row) for row in reversed(rows)]


def _insert(
    c: sqlite3.Connection,
    direction: str,
    peer: str,
    idurl: str,
    id: bytes,
    text: str,
    now: float,
    state: str,
    *,
    told: bool,
) -> None:
    c.execute(
        "INSERT INTO messages (direction, peer, idurl, id, time, text, size, state, told)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (direction, peer, idurl, id, now, text, len(text.encode()), state, told),
    )


def _find(c: sqlite3.Connection, peer: str, direction: str, id: bytes) -> tuple[int] | None:
    row: tuple[int] | None = c.execute(
        "SELECT number FROM messages WHERE peer = ? AND direction = ? AND id = ?", (peer, direction, id)
    ).fetchone()
    return row
