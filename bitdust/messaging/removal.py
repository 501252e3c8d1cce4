"""
Deleting what was written.

Of a message that came its sender and number are kept, without a word of it: when it comes again, it is known
and acknowledged, and not shown.  A message of ours that still waits here is not brought any more; a copy
that lies at a mailbox, or is being brought at this moment, is out of reach.

Work on `messages.db` (see schema.py), each function within one transaction of its caller.
"""

from __future__ import annotations

import sqlite3

from bitdust.errors import Conflict, NotFound, Usage
from bitdust.identity.idurl import parse_idurl
from bitdust.messaging import correspondents, outgoing

#: least characters of a message's number by which it can be named
SHORTEST = 8

_HINT = "`bitdust message list` shows what there is"


def person(c: sqlite3.Connection, who: str) -> str:
    """
    The fingerprint of somebody who is known here, without asking the network.

    @param who: a correspondent's nickname, or an IDURL as the list of messages shows it.
    @raise NotFound: nobody here is called so.  @raise Conflict: several people were called so.
    """
    if "://" not in who:
        known = correspondents.by_nickname(c, who)
        if known is None:
            raise NotFound(f"no correspondent is called {who!r}", hint=_HINT)
        return known.fingerprint
    name = parse_idurl(who)
    if name.fingerprint is not None:
        return name.fingerprint
    known = correspondents.by_idurl(c, name.url)
    if known is not None:
        return known.fingerprint
    found = [peer for (peer,) in c.execute("SELECT DISTINCT peer FROM messages WHERE idurl = ?", (name.url,))]
    if len(found) > 1:
        raise Conflict(
            f"several people have been {name.url}", hint="write IDURL#fp=FINGERPRINT for the one you mean"
        )
    if not found:
        raise NotFound(f"there is nothing written by or to {who}", hint=_HINT)
    return str(found[0])


def delete_one(c: sqlite3.Connection, id: str, peer: str | None) -> int:
    """
    Delete the message of this number; how many rows it was (two, when it came back under its own number).

    @param id: in hexadecimal, or its first characters, `SHORTEST` or more.
    @param peer: only with this one.
    @raise Usage: that is no number.  @raise NotFound: there is none.  @raise Conflict: several begin so.
    """
    start = id.lower()
    if not SHORTEST <= len(start) <= 32 or set(start) - set("0123456789abcdef"):
        raise Usage(
            f"not the id of a message: {id[:40]!r}",
            hint=f"it has 32 digits of 0-9 and a-f; the first {SHORTEST} are enough",
        )
    rows = c.execute(
        "SELECT number, peer, id FROM messages"
        " WHERE lower(substr(hex(id), 1, ?)) = ? AND (? IS NULL OR peer = ?)",
        (len(start), start, peer, peer),
    ).fetchall()
    if not rows:
        raise NotFound(f"there is no message {id}", hint=_HINT)
    if len({(his, full) for _, his, full in rows}) > 1:
        raise Conflict(
            f"several messages are called {id}", hint="write more of the id, or whom it is from or to"
        )
    return _delete(c, [number for number, _, _ in rows])


def delete_all(c: sqlite3.Connection, peer: str) -> int:
    """
    Delete the whole conversation with him; how many messages it was.

    @raise NotFound: there is none.
    """
    numbers = [number for (number,) in c.execute("SELECT number FROM messages WHERE peer = ?", (peer,))]
    if not numbers:
        raise NotFound("nothing is written by or to him", hint=_HINT)
    return _delete(c, numbers)


def is_deleted(c: sqlite3.Connection, peer: str, id: bytes) -> bool:
    """Was this message here, and deleted?"""
    return c.execute("SELECT 1 FROM deleted WHERE peer = ? AND id = ?", (peer, id)).fetchone() is not None


def _delete(c: sqlite3.Connection, numbers: list[int]) -> int:
    # What was deleted is overwritten in the file, and not only forgotten in its index.
    c.execute("PRAGMA secure_delete = ON")
    for number in numbers:
        direction, peer, id = c.execute(
            "SELECT direction, peer, id FROM messages WHERE number = ?", (number,)
        ).fetchone()
        if direction == "in":
            c.execute("INSERT OR IGNORE INTO deleted (peer, id) VALUES (?, ?)", (peer, id))
        else:
            outgoing.remove(c, peer, "text", id)
        c.execute("DELETE FROM messages WHERE number = ?", (number,))
    return len(numbers)
