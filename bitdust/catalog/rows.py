"""How the catalog names things inside: sort keys of paths, numbers of peers, counters."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from bitdust.errors import Damaged


def key_of(path: bytes) -> bytes:
    """The sort key of a path: a folder comes before what is in it, and that before the next name."""
    return path.strip(b"/").replace(b"/", b"\0")


def path_of(key: bytes) -> bytes:
    """The relative path of a sort key."""
    return key.replace(b"\0", b"/")


def below(key: bytes) -> tuple[bytes, bytes]:
    """The keys of all that lies below `key`: first <= it < second."""
    return (key + b"\0", key + b"\1") if key else (b"\0", b"\xff" * 300)


def item_row(c: sqlite3.Connection, path_id: str) -> int:
    """The row of an item."""
    row = c.execute("SELECT id FROM items WHERE path_id = ?", (path_id,)).fetchone()
    if row is None:
        raise Damaged(f"the catalog's log speaks of item {path_id or '(root)'}, which it never added")
    return int(row[0])


def peer(c: sqlite3.Connection, fingerprint: str) -> int:
    """The short number of a fingerprint, given on first use."""
    row = c.execute("SELECT id FROM peers WHERE fingerprint = ?", (fingerprint,)).fetchone()
    if row is not None:
        return int(row[0])
    made = c.execute("INSERT INTO peers (fingerprint) VALUES (?)", (fingerprint,)).lastrowid
    assert made is not None
    return made


def known_peer(c: sqlite3.Connection, fingerprint: str) -> int:
    """The short number of a fingerprint; 0 when it has none."""
    row = c.execute("SELECT id FROM peers WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return int(row[0]) if row else 0


def peers(c: sqlite3.Connection, fingerprints: Iterable[str]) -> list[int]:
    """Their short numbers, in order."""
    return [peer(c, each) for each in fingerprints]


def mark(c: sqlite3.Connection, name: str) -> int:
    """The counter of that name; 0 at first."""
    row = c.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def set_mark(c: sqlite3.Connection, name: str, value: int) -> None:
    """From now on the counter says this."""
    c.execute(
        "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def raise_mark(c: sqlite3.Connection, name: str, value: int) -> None:
    """From now on the counter says at least this."""
    c.execute(
        "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (name, value),
    )


def soiled(c: sqlite3.Connection) -> None:
    """Entries went: blocks may be mostly dead now (see `waste`)."""
    set_mark(c, "dirt", mark(c, "dirt") + 1)


def note(c: sqlite3.Connection, name: str) -> bytes | None:
    """The bytes kept under that name."""
    row = c.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def set_note(c: sqlite3.Connection, name: str, value: bytes) -> None:
    """Keep these bytes under that name."""
    c.execute(
        "INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
