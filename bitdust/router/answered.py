"""
Op ids: what was asked once has its effect once.

A packet with an op id is answered once; the answer is kept for longer than the seven days a peer may repeat
himself, and given again.  The memory follows the effect: a crash in between lets a repeated question through
once more, so handlers do nothing that cannot bear that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred

from bitdust.crypto import digest
from bitdust.database import Database
from bitdust.errors import Conflict
from bitdust.wire.codec import decode, encode
from bitdust.wire.packets import Fail, Packet
from bitdust.world import Wall

#: seconds an answer is remembered: a day more than promised, for clocks that differ
REMEMBERED = 8 * 86400.0
#: most answers kept for one sender; beyond it his oldest are forgotten, so many at once
MOST_OF_ONE, AT_ONCE = 20_000, 1_000
#: codes of answers that promise nothing: the same question may be tried again
PASSING = frozenset(
    {"failed", "tempfail", "timeout", "offline", "link_lost", "reset", "cancelled", "no_space"}
)


class Answered:
    """The answers this node gave to packets with an op id."""

    def __init__(self, db: Database, wall: Wall) -> None:
        self._db = db
        self._wall = wall
        self._running: dict[tuple[str, bytes], list[Deferred[None]]] = {}

    async def once(
        self, sender: str, op_id: bytes, packet: Packet, work: Callable[[], Awaitable[Packet]]
    ) -> Packet:
        """
        The answer to this question: remembered, or that of the same question now at work, or of `work`.

        @raise Conflict: the sender gave this op id to another question before.
        """
        key = (sender, op_id)
        while key in self._running:
            turn: Deferred[None] = Deferred()
            self._running[key].append(turn)
            await turn
        self._running[key] = []
        try:
            return await self._once(sender, op_id, packet, work)
        finally:
            for turn in self._running.pop(key):
                if not turn.called:
                    turn.callback(None)

    async def _once(
        self, sender: str, op_id: bytes, packet: Packet, work: Callable[[], Awaitable[Packet]]
    ) -> Packet:
        asked = digest(encode(packet), "op")
        known = await self._db.read(_recall, sender, op_id)
        if known is not None:
            if known[0] != asked:
                raise Conflict("this op id was given to another question before")
            return decode(known[1])
        answer = await work()
        if not (isinstance(answer, Fail) and answer.code in PASSING):
            await self._db(_remember, sender, op_id, asked, encode(answer), self._wall())
        return answer


def _recall(c: sqlite3.Connection, sender: str, op_id: bytes) -> tuple[bytes, bytes] | None:
    row = c.execute(
        "SELECT question, answer FROM answered WHERE sender = ? AND op_id = ?", (sender, op_id)
    ).fetchone()
    return None if row is None else (row[0], row[1])


def _remember(
    c: sqlite3.Connection, sender: str, op_id: bytes, question: bytes, answer: bytes, now: float
) -> None:
    c.execute("DELETE FROM answered WHERE time < ?", (now - REMEMBERED,))
    (count,) = c.execute("SELECT count(*) FROM answered WHERE sender = ?", (sender,)).fetchone()
    if count >= MOST_OF_ONE:
        # Who asks that much loses the memory of his own oldest questions, and nobody is locked out.
        c.execute(
            "DELETE FROM answered WHERE sender = ? AND op_id IN"
            " (SELECT op_id FROM answered WHERE sender = ? ORDER BY time LIMIT ?)",
            (sender, sender, AT_ONCE),
        )
    c.execute(
        "INSERT INTO answered (sender, op_id, question, answer, time) VALUES (?, ?, ?, ?, ?)",
        (sender, op_id, question, answer, now),
    )
