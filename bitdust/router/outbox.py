"""
Packets that must arrive: kept on disk and repeated until the peer has answered.

Those to one peer go one after the other, in the order they were put, so that a later word never overtakes an
earlier one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.database import Database
from bitdust.errors import BitDustError, Refused, RemoteFault, Timeout
from bitdust.events import Signal
from bitdust.router.answered import PASSING
from bitdust.router.pauses import Pauses
from bitdust.wire.codec import decode, encode
from bitdust.wire.packets import Packet
from bitdust.world import Rng, Wall, spawn

R = TypeVar("R")

#: seconds one try may take, the link included
TRY = 30.0
#: seconds between two tries at most: who is gone for good is written to for half a year
LONGEST = 6 * 3600.0


@dataclass(frozen=True)
class _Letter:
    id: int
    packet: bytes
    deadline: float


class Outbox:
    """
    Durable packets, repeated with growing pauses, and at once when the peer comes.

    A packet that changes something carries an op id, the same in every try: so it takes effect once.

    @param ask: `Router.ask`.
    @param came: `Router.came`.
    @param db: its tables are `tables.SCHEMA`.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        ask: Callable[..., Awaitable[Packet]],
        came: Signal[[str]],
        db: Database,
    ) -> None:
        #: (id, the answer).  After a crash the same id may be told again.
        self.delivered: Signal[[int, Packet]] = Signal()
        #: (id, why): past its deadline (Timeout), or the peer said no (Refused)
        self.gave_up: Signal[[int, BitDustError]] = Signal()
        #: (fingerprint, the packet, its answer): what `delivered` tells, by name
        self.answered: Signal[[str, Packet, Packet]] = Signal()
        self._clock = clock
        self._wall = wall
        self._ask = ask
        self._db = db
        self._pauses = Pauses(rng, longest=LONGEST)
        self._busy: set[str] = set()
        self._working: dict[Deferred[None], str] = {}
        self._resting: dict[str, Deferred[None]] = {}
        self._stop_listening = came.listen(self._came)
        self._news: set[str] = set()
        self._stopped = False

    async def start(self) -> None:
        """Take up what was not delivered when the node last ended."""
        for fingerprint in await self._db.read(_peers):
            self._carry(fingerprint)

    async def stop(self) -> None:
        """Let everything rest until the next start."""
        self._stopped = True
        self._stop_listening()
        for work in tuple(self._working):
            work.cancel()

    async def put(self, fingerprint: str, packet: Packet, deadline_seconds: float) -> int:
        """
        Durably kept when this answers; answers the id that `delivered` or `gave_up` will name.

        @param deadline_seconds: from now; past it, it is given up.
        """
        if packet.body_size:
            raise ValueError("a packet with a body cannot be kept in the outbox")
        id = await self._db(_put, fingerprint, encode(packet), self._wall() + deadline_seconds)
        self._carry(fingerprint)
        return id

    async def withdraw(self, fingerprint: str, kind: type[Packet]) -> int:
        """Packets of this type shall not reach this peer any more; answers how many there were."""
        letters = await self._db.read(_letters, fingerprint)
        gone = [letter.id for letter in letters if isinstance(decode(letter.packet), kind)]
        if gone:
            # One of them may wait for a link at this moment.
            for work, peer in tuple(self._working.items()):
                if peer == fingerprint:
                    work.cancel()
            for id in gone:
                await self._db(_remove, id)
            self._carry(fingerprint)
        return len(gone)

    async def waiting(self) -> int:
        """How many packets are still to be delivered."""
        return await self._db.read(_count)

    def _came(self, fingerprint: str) -> None:
        resting = self._resting.pop(fingerprint, None)
        if resting is not None:
            resting.callback(None)

    def _carry(self, fingerprint: str) -> None:
        """See that somebody is at work for this peer."""
        self._news.add(fingerprint)
        if self._stopped or fingerprint in self._busy:
            return

        def ended(why: Failure) -> None:
            if not isinstance(why.value, CancelledError):
                self._log.failure("the outbox for {peer} failed", why, peer=fingerprint)

        self._busy.add(fingerprint)
        work = spawn(self._deliver_all(fingerprint)).addErrback(ended)
        self._working[work] = fingerprint
        work.addBoth(lambda _: self._working.pop(work, None))

    async def _deliver_all(self, fingerprint: str) -> None:
        attempt = 0
        try:
            while fingerprint in self._news:
                self._news.discard(fingerprint)
                while (first := await self._first(fingerprint)) is not None:
                    attempt += 1
                    if await self._delivered(fingerprint, first) or await self._rest(fingerprint, attempt):
                        attempt = 0
        finally:
            self._busy.discard(fingerprint)

    async def _first(self, fingerprint: str) -> _Letter | None:
        """The oldest packet for this peer that is not past its deadline; those that are, are given up."""
        for letter in await self._db.read(_late, fingerprint, self._wall()):
            await self._over(letter, self.gave_up, Timeout("the peer did not answer before the deadline"))
        return await self._db.read(_oldest, fingerprint)

    async def _delivered(self, fingerprint: str, letter: _Letter) -> bool:
        """One try.  Is there an answer?"""
        within = min(TRY, letter.deadline - self._wall())
        packet = decode(letter.packet)
        try:
            answer = await self._ask(fingerprint, packet, within=within)
        except (Refused, RemoteFault) as why:
            if isinstance(why, Refused) and why.code in PASSING:
                return False
            await self._over(letter, self.gave_up, why)
        except BitDustError as why:
            self._log.debug("no answer of {peer} yet: {why}", peer=fingerprint, why=why)
            return False
        else:
            self.answered(fingerprint, packet, answer)
            await self._over(letter, self.delivered, answer)
        return True

    async def _over(self, letter: _Letter, signal: Signal[[int, R]], outcome: R) -> None:
        # Told before it is forgotten: a crash in between tells it again rather than never.
        signal(letter.id, outcome)
        await self._db(_remove, letter.id)

    async def _rest(self, fingerprint: str, attempt: int) -> bool:
        """A pause, no longer than to the next deadline.  Was it ended by the peer's coming?"""
        deadline = await self._db.read(_soonest, fingerprint)
        seconds = min(self._pauses(attempt), max(0.0, deadline - self._wall()))
        resting: Deferred[None] = Deferred()
        self._resting[fingerprint] = resting
        try:
            await resting.addTimeout(seconds, self._clock)
        except TimeoutError:
            return False
        finally:
            self._resting.pop(fingerprint, None)
        return True


def _put(c: sqlite3.Connection, fingerprint: str, packet: bytes, deadline: float) -> int:
    row = c.execute(
        "INSERT INTO outbox (fingerprint, packet, deadline) VALUES (?, ?, ?)", (fingerprint, packet, deadline)
    )
    return int(row.lastrowid or 0)


def _peers(c: sqlite3.Connection) -> list[str]:
    return [name for (name,) in c.execute("SELECT DISTINCT fingerprint FROM outbox ORDER BY fingerprint")]


def _count(c: sqlite3.Connection) -> int:
    (count,) = c.execute("SELECT count(*) FROM outbox").fetchone()
    return int(count)


def _late(c: sqlite3.Connection, fingerprint: str, now: float) -> list[_Letter]:
    rows = c.execute(
        "SELECT id, packet, deadline FROM outbox WHERE fingerprint = ? AND deadline <= ? ORDER BY id",
        (fingerprint, now),
    )
    return [_Letter(*row) for row in rows]


def _letters(c: sqlite3.Connection, fingerprint: str) -> list[_Letter]:
    rows = c.execute(
        "SELECT id, packet, deadline FROM outbox WHERE fingerprint = ? ORDER BY id", (fingerprint,)
    )
    return [_Letter(*row) for row in rows]


def _oldest(c: sqlite3.Connection, fingerprint: str) -> _Letter | None:
    row = c.execute(
        "SELECT id, packet, deadline FROM outbox WHERE fingerprint = ? ORDER BY id LIMIT 1", (fingerprint,)
    ).fetchone()
    return _Letter(*row) if row is not None else None


def _soonest(c: sqlite3.Connection, fingerprint: str) -> float:
    (deadline,) = c.execute(
        "SELECT min(deadline) FROM outbox WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    return float(deadline or 0.0)


def _remove(c: sqlite3.Connection, id: int) -> None:
    c.execute("DELETE FROM outbox WHERE id = ?", (id,))
