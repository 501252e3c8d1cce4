"""
What is written down of seats beside the sets themselves: who is to lose his, and who has none yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from bitdust.catalog import epochs
from bitdust.catalog.rows import note, set_note

#: the notes in the catalog of those who are to be replaced, and of those who wait for a set to begin
VACATED, SIGNED = "vacated", "signed"


def vacated(c: sqlite3.Connection) -> list[str]:
    """Who is to lose his seat in the present set, and keeps it there until somebody else has it."""
    return (note(c, VACATED) or b"").decode().split()


def set_vacated(c: sqlite3.Connection, fingerprints: Collection[str]) -> None:
    """They, and nobody else."""
    set_note(c, VACATED, " ".join(sorted(fingerprints)).encode())


def vacate(c: sqlite3.Connection, fingerprint: str) -> None:
    """He is one of them, if he is in the present set at all."""
    if fingerprint in epochs.current(c).fingerprints:
        set_vacated(c, {*vacated(c), fingerprint})


def keep_seat(c: sqlite3.Connection, fingerprint: str) -> None:
    """He is none of them any more."""
    set_vacated(c, set(vacated(c)) - {fingerprint})


def signed(c: sqlite3.Connection) -> dict[str, str]:
    """
    Whose contract is for a set that has not begun, in the order in which they signed: fingerprint -> IDURL.
    """
    words = (note(c, SIGNED) or b"").decode().split()
    return dict(zip(words[::2], words[1::2], strict=True))


def sign(c: sqlite3.Connection, fingerprint: str, idurl: str) -> None:
    """He has a contract, and is in no set yet."""
    _set_signed(c, {**signed(c), fingerprint: idurl})


def unsign(c: sqlite3.Connection, fingerprints: Collection[str]) -> None:
    """They are in a set, or were told that nothing comes of it."""
    kept = {who: idurl for who, idurl in signed(c).items() if who not in fingerprints}
    if len(kept) < len(signed(c)):
        _set_signed(c, kept)


def _set_signed(c: sqlite3.Connection, found: dict[str, str]) -> None:
    set_note(c, SIGNED, " ".join(word for pair in found.items() for word in pair).encode())
