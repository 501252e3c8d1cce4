"""
Correspondents: people one writes to, each pinned by his fingerprint and called by a name of our own choice.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.directory.nickname import fold
from bitdust.errors import Conflict, NoSpace, NotFound

MOST = 10_000


@dataclass(frozen=True)
class Correspondent:
    """
    `doubt`: another fingerprint that was served under his IDURL since he was pinned; "" when none was.
    `vouched`: a person gave us the fingerprint.
    """

    fingerprint: str
    idurl: str
    nickname: str
    doubt: str
    vouched: int = 0


def everyone(c: sqlite3.Connection) -> list[Correspondent]:
    """All of them, by nickname."""
    return [Correspondent(*row) for row in c.execute(f"{_SELECT} ORDER BY folded")]


def by_fingerprint(c: sqlite3.Connection, fingerprint: str) -> Correspondent | None:
    """Who that is to us."""
    return _one(c, "fingerprint = ?", fingerprint)


def by_idurl(c: sqlite3.Connection, idurl: str) -> Correspondent | None:
    """The correspondent of this IDURL."""
    return _one(c, "idurl = ?", idurl)


def by_nickname(c: sqlite3.Connection, nickname: str) -> Correspondent | None:
    """The correspondent whom we call so."""
    return _one(c, "folded = ?", fold(nickname))


def put(c: sqlite3.Connection, fingerprint: str, idurl: str, nickname: str, vouched: bool) -> None:
    """
    From now on he is one, under this name; whatever doubt there was is settled.

    @raise Conflict: somebody else is called so.
    @raise NoSpace: there are too many.
    """
    folded = fold(nickname)
    namesake = _one(c, "folded = ?", folded)
    if namesake is not None and namesake.fingerprint != fingerprint and namesake.idurl != idurl:
        raise Conflict(
            f"another correspondent is called {namesake.nickname!r}: {namesake.idurl}",
            hint="choose another nickname",
        )
    # The name may have had another owner: a person has said who it is now.
    c.execute("DELETE FROM correspondents WHERE fingerprint = ? OR idurl = ?", (fingerprint, idurl))
    (count,) = c.execute("SELECT count(*) FROM correspondents").fetchone()
    if count >= MOST:
        raise NoSpace(f"there are {count} correspondents already", hint="remove some")
    c.execute(
        "INSERT INTO correspondents (fingerprint, idurl, nickname, folded, vouched) VALUES (?, ?, ?, ?, ?)",
        (fingerprint, idurl, nickname, folded, vouched),
    )


def remove(c: sqlite3.Connection, idurl: str) -> None:
    """@raise NotFound: he is none."""
    if not c.execute("DELETE FROM correspondents WHERE idurl = ?", (idurl,)).rowcount:
        raise NotFound(
            f"{idurl} is not a correspondent", hint="`bitdust contact list` shows the correspondents"
        )


def doubt(c: sqlite3.Connection, idurl: str, fingerprint: str, other: str) -> None:
    """Somebody served another identity under his name."""
    c.execute(
        "UPDATE correspondents SET doubt = ? WHERE idurl = ? AND fingerprint = ?", (other, idurl, fingerprint)
    )


_SELECT = "SELECT fingerprint, idurl, nickname, doubt, vouched FROM correspondents"


def _one(c: sqlite3.Connection, where: str, value: str) -> Correspondent | None:
    row = c.execute(f"{_SELECT} WHERE {where}", (value,)).fetchone()
    return Correspondent(*row) if row is not None else None
