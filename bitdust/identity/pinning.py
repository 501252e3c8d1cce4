"""
Whose word is taken for whose: the identities we have accepted, and under which names.

An identity *is* its fingerprint.  A name (IDURL) is bound to a fingerprint when the document was fetched from
that very name, never because a document claims it.  Once bound, a name keeps its fingerprint; once seen, a
revision does not fall.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bitdust.database import Database
from bitdust.errors import BadIdentity, IdentityConflict
from bitdust.events import Signal
from bitdust.identity.document import Document, check_successor, parse
from bitdust.world import Wall

State = Literal["unverified", "pinned", "verified", "conflict"]

#: documents that need not be read and verified again
KNOWN = 256
#: peers who only ever called us, with no name that we fetched: the longest silent of more than these go
MAX_STRANGERS = 10_000
#: seconds between two notes of an unchanged peer's being there
NOTE_EVERY = 86_400

SCHEMA = [
    """
    CREATE TABLE peers (
        fingerprint TEXT PRIMARY KEY,
        document BLOB NOT NULL,
        state TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX peers_by_silence ON peers (last_seen);
    CREATE TABLE names (
        idurl TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        disputed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX names_by_peer ON names (fingerprint);
    """,
    """
    CREATE TABLE addresses (
        fingerprint TEXT PRIMARY KEY REFERENCES peers ON DELETE CASCADE,
        public BLOB NOT NULL,       -- the key of his address records
        sequence INTEGER NOT NULL   -- the highest that was shown of it
    ) WITHOUT ROWID;
    """,
]


@dataclass(frozen=True)
class Pinned:
    """
    An identity we know.

    `unverified`: one source said so, or the peer himself; `pinned`: two sources agree; `verified`: a person
    gave us the fingerprint; `conflict`: sources disagree, nothing is sent to that name.  `names`: the IDURLs
    bound to it.
    """

    document: Document
    fingerprint: str
    state: State
    first_seen: int
    names: tuple[str, ...] = ()


class Pins:
    """
    The table of known identities.

    `alarm(idurl, known fingerprint, other fingerprint)`: somebody served another identity under a bound name.
    """

    def __init__(self, db: Database, wall: Wall) -> None:
        self._db = db
        self._wall = wall
        # Whoever is away for long is looked up again and again, and each time it is the same document.
        self._parse = lru_cache(KNOWN)(parse)
        self.alarm: Signal[[str, str, str]] = Signal()

    async def accept(
        self,
        raw: bytes,
        *,
        fetched_from: str | None,
        spki: bytes | None = None,
        pin: str | None = None,
        agreed: bool = False,
    ) -> Document:
        """
        Take a document in, if it may be believed.

        @param fetched_from: the IDURL it was fetched from; None: the peer himself sent it, with `spki`.
        @param spki: the SPKI hash of the device that showed it: the document must list it.
        @param pin: the fingerprint a person gave us for it: settles every doubt about the name.
        @param agreed: another source, on another server, said the same.
        @raise BadIdentity: it may not; what we know stays.
        @raise IdentityConflict: sources disagree about this name, and no person has settled it.
        """
        document = parse(raw)
        if spki is not None and spki not in document.device_spkis:
            raise BadIdentity(f"the identity of {document.idurl} does not list the device that showed it")
        if fetched_from is None and spki is None and pin is None:
            raise BadIdentity("an identity that comes from nowhere cannot be believed")
        if fetched_from is not None and fetched_from not in document.sources:
            raise BadIdentity(f"{fetched_from} served the identity of {document.idurl}")
        if pin is not None and document.fingerprint != pin:
            name = fetched_from or document.idurl
            raise BadIdentity(f"{name} is not who you mean: its fingerprint is {document.fingerprint}")
        known = await self._db(_take, document, fetched_from, pin is not None, agreed, int(self._wall()))
        if known is not None and fetched_from is not None:
            self.alarm(fetched_from, known, document.fingerprint)
            raise BadIdentity(
                f"{fetched_from} has another key than before, and the old key did not sign the change",
                hint="if its owner tells you so himself, use IDURL#fp=FINGERPRINT with the new fingerprint",
            )
        return document

    async def doorman(self, raw: bytes, spki: bytes) -> Document:
        """A peer shows his identity in HELLO, over a connection of the device `spki`: who is it?"""
        return await self.accept(raw, fetched_from=None, spki=spki)

    async def dispute(self, claims: Mapping[str, bytes]) -> None:
        """The sources of a name disagree: note every claim; names that were bound before stay as they are."""
        documents = {idurl: parse(raw) for idurl, raw in claims.items()}
        await self._db(_dispute, documents, int(self._wall()))

    async def get(self, fingerprint: str) -> Pinned | None:
        """The identity with that fingerprint, if we know it."""
        return await self._db.read(_pinned, fingerprint, self._parse)

    async def acquaintances(self, limit: int) -> list[str]:
        """Fingerprints of those we know, up to so many, whom we heard of last first."""
        return await self._db.read(_acquaintances, limit)

    async def address_shown(self, fingerprint: str, public: bytes, sequence: int) -> int:
        """
        An address record of this peer, under this key, has been verified: the highest number that was shown.

        It is kept for as long as he is known; of a stranger nothing is.
        """
        return await self._db(_address_shown, fingerprint, public, sequence)

    async def by_idurl(self, url: str) -> Pinned | None:
        """The identity that is bound to the name; its state is `conflict` where the name is disputed."""
        return await self._db.read(_by_idurl, url, self._parse)

    async def offering(self, what: str, limit: int) -> list[Document]:
        """Those whose documents offer that, the last seen first."""
        return await self._db.read(_offering, what, limit, self._parse)


def _take(
    c: sqlite3.Connection, new: Document, fetched_from: str | None, sure: bool, agreed: bool, now: int
) -> str | None:
    """Store it.  Answers the fingerprint that stands against it, if one does."""
    bound = _bound(c, fetched_from) if fetched_from is not None else None
    if bound is not None and not sure:
        known, disputed = bound
        if disputed:
            raise IdentityConflict(f"the sources of {fetched_from} disagree about whose name it is")
        if known != new.fingerprint:
            return known
    row = c.execute(
        "SELECT document, state, last_seen FROM peers WHERE fingerprint = ?", (new.fingerprint,)
    ).fetchone()
    if row is not None:
        old, state, last_seen = row
        check_successor(parse(old), new)
        state = _raised(state, sure, agreed)
        if (old, row[1]) != (new.raw, state) or now - last_seen >= NOTE_EVERY:
            c.execute(
                "UPDATE peers SET document = ?, state = ?, last_seen = ? WHERE fingerprint = ?",
                (new.raw, state, now, new.fingerprint),
            )
    else:
        _insert(c, new, _raised("unverified", sure, agreed), now)
    if fetched_from is not None and bound != (new.fingerprint, 0):
        c.execute("INSERT OR REPLACE INTO names VALUES (?, ?, 0)", (fetched_from, new.fingerprint))
    return None


def _raised(state: State, sure: bool, agreed: bool) -> State:
    # Only a person ends a conflict, and nothing takes a person's word back.
    if sure:
        return "verified"
    return "pinned" if agreed and state == "unverified" else state


def _insert(c: sqlite3.Connection, document: Document, state: State, now: int) -> None:
    c.execute(
        "INSERT INTO peers VALUES (?, ?, ?, ?, ?)", (document.fingerprint, document.raw, state, now, now)
    )
    (count,) = c.execute("SELECT count(*) FROM peers").fetchone()
    if count > MAX_STRANGERS:
        c.execute(
            "DELETE FROM peers WHERE fingerprint IN (SELECT fingerprint FROM peers WHERE state = 'unverified'"
            " AND fingerprint != ? AND fingerprint NOT IN (SELECT fingerprint FROM names)"
            " ORDER BY last_seen, fingerprint LIMIT ?)",
            (document.fingerprint, count - MAX_STRANGERS),
        )


def _dispute(c: sqlite3.Connection, claims: dict[str, Document], now: int) -> None:
    for idurl, document in sorted(claims.items()):
        if _bound(c, idurl) is None:
            c.execute("INSERT INTO names VALUES (?, ?, 1)", (idurl, document.fingerprint))
        exists = c.execute("SELECT 1 FROM peers WHERE fingerprint = ?", (document.fingerprint,)).fetchone()
        if exists is None:
            _insert(c, document, "conflict", now)


def _acquaintances(c: sqlite3.Connection, limit: int) -> list[str]:
    rows = c.execute("SELECT fingerprint FROM peers ORDER BY last_seen DESC, fingerprint LIMIT ?", (limit,))
    return [fingerprint for (fingerprint,) in rows]


def _address_shown(c: sqlite3.Connection, fingerprint: str, public: bytes, sequence: int) -> int:
    row = c.execute(
        "SELECT sequence FROM addresses WHERE fingerprint = ? AND public = ?", (fingerprint, public)
    ).fetchone()
    if row is not None and row[0] >= sequence:
        highest: int = row[0]
        return highest
    c.execute(
        "INSERT OR REPLACE INTO addresses SELECT fingerprint, ?, ? FROM peers WHERE fingerprint = ?",
        (public, sequence, fingerprint),
    )
    return sequence


def _bound(c: sqlite3.Connection, idurl: str) -> tuple[str, int] | None:
    row: tuple[str, int] | None = c.execute(
        "SELECT fingerprint, disputed FROM names WHERE idurl = ?", (idurl,)
    ).fetchone()
    return row


def _offering(
    c: sqlite3.Connection, what: str, limit: int, read: Callable[[bytes], Document]
) -> list[Document]:
    # As `document.build` writes it: whoever writes it otherwise has no valid document.
    written = b"offer=" + base64.b64encode(what.encode())
    rows = c.execute(
        "SELECT document FROM peers WHERE instr(document, ?) AND state != 'conflict'"
        " ORDER BY last_seen DESC, fingerprint LIMIT ?",
        (written, limit),
    )
    return [document for (raw,) in rows if what in (document := read(raw)).offers]


def _by_idurl(c: sqlite3.Connection, idurl: str, read: Callable[[bytes], Document]) -> Pinned | None:
    bound = _bound(c, idurl)
    return None if bound is None else _pinned(c, bound[0], read, disputed=bool(bound[1]))


def _pinned(
    c: sqlite3.Connection, fingerprint: str, read: Callable[[bytes], Document], *, disputed: bool = False
) -> Pinned | None:
    row = c.execute(
        "SELECT document, state, first_seen FROM peers WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if row is None:
        return None
    names = c.execute(
        "SELECT idurl FROM names WHERE fingerprint = ? AND disputed = 0 ORDER BY idurl", (fingerprint,)
    ).fetchall()
    state: State = "conflict" if disputed else row[1]
    return Pinned(read(row[0]), fingerprint, state, row[2], tuple(name for (name,) in names))
