"""
Contacts that have led to a peer: tried first the next time, also after a restart, and while no directory
answers.
"""

from __future__ import annotations

import sqlite3

from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import BitDustError
from bitdust.world import Wall, background

#: of one peer, and of all together
MOST_OF_ONE, MOST = 3, 10_000
#: seconds between two notes of the same contact, and after which it is forgotten
NOTE_EVERY, KEPT_FOR = 86_400.0, 90 * 86_400.0


class Places:
    """@param db: its tables are `tables.SCHEMA`."""

    _log = Logger()

    def __init__(self, db: Database, wall: Wall) -> None:
        self._db = db
        self._wall = wall
        #: what was noted in this life, and when
        self._noted: dict[tuple[str, str], float] = {}

    async def of(self, fingerprint: str) -> tuple[str, ...]:
        """Where he was found before, the last first."""
        try:
            return await self._db.read(_of, fingerprint)
        except BitDustError as why:
            # A dial does without.
            self._log.warn("the good contacts of a peer cannot be read: {why}", why=why)
            return ()

    def worked(self, fingerprint: str, contact: str) -> None:
        """It has led to him just now."""
        now = self._wall()
        key = (fingerprint, contact)
        if abs(now - self._noted.get(key, -NOTE_EVERY)) >= NOTE_EVERY:
            if len(self._noted) >= MOST:
                self._noted.clear()
            self._noted[key] = now
            background(self._note(fingerprint, contact, now), self._failed)

    async def _note(self, fingerprint: str, contact: str, now: float) -> None:
        try:
            await self._db(_note, fingerprint, contact, now)
        except BitDustError as why:
            self._log.warn("a good contact is not noted: {why}", why=why)

    def _failed(self, why: object) -> None:
        self._log.error("noting a good contact failed in an unforeseen way: {why}", why=why)


def _of(c: sqlite3.Connection, fingerprint: str) -> tuple[str, ...]:
    rows = c.execute(
        "SELECT contact FROM places WHERE fingerprint = ? ORDER BY time DESC, contact LIMIT ?",
        (fingerprint, MOST_OF_ONE),
    )
    return tuple(contact for (contact,) in rows)


def _note(c: sqlite3.Connection, fingerprint: str, contact: str, now: float) -> None:
    c.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", (fingerprint, contact, now))
    c.execute("DELETE FROM places WHERE time < ?", (now - KEPT_FOR,))
    c.execute(
        "DELETE FROM places WHERE fingerprint = ? AND contact NOT IN"
        " (SELECT contact FROM places WHERE fingerprint = ? ORDER BY time DESC, contact LIMIT ?)",
        (fingerprint, fingerprint, MOST_OF_ONE),
    )
    (count,) = c.execute("SELECT count(*) FROM places").fetchone()
    if count > MOST:
        c.execute(
            "DELETE FROM places WHERE (fingerprint, contact) IN"
            " (SELECT fingerprint, contact FROM places ORDER BY time, fingerprint, contact LIMIT ?)",
            (count - MOST,),
        )
