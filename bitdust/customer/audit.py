"""
Audits: each supplier shows, at times and places nobody can foretell, what he keeps.

An audit is a read like any other: a leaf of a piece with its path to the root, in haste.  A supplier cannot
tell it from a restore, so he cannot answer it from anything but the piece.  Seven leaves a day find one who
has lost every tenth piece within a week in 99 of 100 cases: 1 - 0.9^44.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.background import Rounds, put_off
from bitdust.blocks.layout import LEAF, piece_size
from bitdust.catalog.rows import known_peer
from bitdust.customer import owing, standing
from bitdust.customer.block_reader import GONE, SLOWEST, BlockPlan, BlockReader, plan_of
from bitdust.customer.owing import Challenge
from bitdust.customer.standing import DAY, Audit
from bitdust.database import Database
from bitdust.errors import BitDustError, Damaged, Refused
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.world import Rng, Wall, spawn

#: leaves of one audit, and of a second one when the first was not clean
LEAVES, SECOND = 7, 20
#: pieces with a bad one among the second that are too many: a tenth
TOO_MANY = 2
#: seconds between two looks at whose turn it is; seconds between two audits of one supplier, at least
LOOK, REST = 1800.0, DAY / 2
#: seconds within which a leaf must be shown: at half the rate that is enough for a restore, since the line
#: may be in use
WITHIN = 10.0 + 2 * LEAF / SLOWEST
#: seconds for which one may owe every leaf, though he is there and this node runs, before he is let go
OWING = float(DAY)


class Auditor:
    """
    One for the whole node.

    @param catalog: where the pieces should be.
    @param db: `standing.SCHEMA`.
    @param connected: fingerprints of those who can be asked now.
    @param look: seconds between two looks at whose turn it is.
    @param rest: seconds between two audits of one supplier, at least.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        catalog: Database,
        db: Database,
        reader: BlockReader,
        machines: Machines,
        connected: Callable[[], Collection[str]],
        look: float = LOOK,
        rest: float = REST,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._rng = rng
        self._catalog = catalog
        self._db = db
        self._reader = reader
        self._machines = machines
        self._connected = connected
        self._look = look
        self._least_rest = rest
        #: when each of those who are there is asked next, and when each was asked last, in this run
        self._due: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._began = clock.seconds()
        #: those who have shown something to others here since they were asked last: a busy line is no silence
        self._shown: set[str] = set()
        reader.shown.listen(self._shown.add)
        self._busy = False
        self._rounds = Rounds(clock, self._begin, look)
        #: (fingerprint, a sentence why): he has lost, or spoiled, or does not show, too much
        self.failed: Signal[[str, str]] = Signal()

    def start(self) -> None:
        """Ask from now on."""
        self._began = self._clock.seconds()
        self._rounds.start()

    def stop(self) -> None:
        """Ask no more."""
        self._rounds.stop()

    def _begin(self) -> None:
        spawn(self.look()).addErrback(put_off(self._log, "an audit"))

    async def look(self) -> None:
        """Audit those whose turn it is."""
        if self._busy:
            return
        self._busy = True
        try:
            now = self._clock.seconds()
            here = sorted(self._connected())
            # Who comes back, perhaps with another contract, is asked when it is his turn by what is on disk.
            self._due = {
                who: self._due[who] if who in self._due else now + await self._first_rest(who) for who in here
            }
            for supplier in here:
                if now >= self._due[supplier]:
                    await self.audit(supplier)
        finally:
            self._busy = False

    async def _first_rest(self, supplier: str) -> float:
        """Seconds until he who has not been asked in this run is: as if it had gone on."""
        if await self._db.read(owing.owed, supplier):
            return 0.0
        past = await self._db.read(standing.audits, supplier, int(self._wall()))
        since = self._wall() - past[0].at if past else DAY
        return max(0.0, self._rest() - max(0.0, since))

    def _rest(self) -> float:
        return self._least_rest * (1.0 + int.from_bytes(self._rng(4), "big") / 2**32)

    async def audit(self, supplier: str) -> Audit:
        """Ask him now; what he owes from the last time comes first."""
        row = self._machines.begin(f"auditor({supplier[:8]})", "Asking")
        try:
            asked = await self._db.read(owing.owed, supplier) or await self._draw(supplier, LEAVES)
            outcome, owed, bad = await self._ask(supplier, asked)
            if outcome.bad:
                self._machines.report(row, "Asking more")
                past = await self._db.read(standing.audits, supplier, outcome.at)
                more, still, too = await self._ask(supplier, await self._draw(supplier, SECOND))
                owed += still
                if len(too) >= TOO_MANY or len(bad | too) > TOO_MANY:
                    self.failed(supplier, f"he could not show {len(bad | too)} pieces")
                elif past and past[0].bad:
                    # Who keeps few pieces has no more of them to show.
                    self.failed(supplier, "he could not show a piece, two audits in a row")
                outcome = Audit(
                    outcome.at,
                    outcome.good + more.good,
                    outcome.bad + more.bad,
                    outcome.silent + more.silent,
                )
        finally:
            self._machines.forget(row)
        now = self._clock.seconds()
        ran = now - max(self._began, self._asked.get(supplier, self._began))
        self._asked[supplier] = now
        has_shown = outcome.good > 0 or supplier in self._shown
        self._shown.discard(supplier)
        self._due[supplier] = now + (self._look if owed else self._rest())
        silent = await self._db(owing.owes, supplier, owed, has_shown, ran, 2 * self._look, int(self._wall()))
        if silent >= OWING:
            self.failed(supplier, f"he is there, and has shown nothing for {OWING / 3600:.0f} hours")
        if outcome.asked:
            await self._db(standing.audited, supplier, outcome)
        return outcome

    async def _draw(self, supplier: str, number: int) -> list[Challenge]:
        """So many leaves of his by chance, each from a piece by chance; fewer when he has none."""
        chances = [int.from_bytes(self._rng(8), "big") for _ in range(2 * number)]
        return await self._catalog.read(_challenges, supplier, chances)

    async def _ask(
        self, supplier: str, asked: list[Challenge]
    ) -> tuple[Audit, list[Challenge], set[tuple[int, int]]]:
        """
        What came of these, which of them he owes, and of which pieces (serial, number) one was bad.

        Those that are not kept at his any more, because they were given up or moved, do not matter.
        """
        good = bad = 0
        spoiled: set[tuple[int, int]] = set()
        owed: list[Challenge] = []
        for challenge in asked:
            plan = await self._catalog.read(_kept, supplier, challenge)
            if plan is None:
                continue
            shown = await self._show(plan, supplier, challenge)
            if shown:
                good += 1
            elif await self._catalog.read(_kept, supplier, challenge) is None:
                continue
            elif shown is None:
                owed.append(challenge)
            else:
                bad += 1
                spoiled.add((challenge.serial, challenge.number))
                self._reader.bad(challenge.serial, challenge.number, supplier)
        return Audit(int(self._wall()), good, bad, len(owed)), owed, spoiled

    async def _show(self, plan: BlockPlan, supplier: str, challenge: Challenge) -> bool | None:
        """Whether he shows this leaf; None: not in time."""
        try:
            await self._reader.prove(plan, challenge.number, supplier, challenge.leaf).addTimeout(
                WITHIN, self._clock
            )
        except Damaged as error:
            self._log.warn("{who} failed an audit: {error}", who=supplier, error=error)
            return False
        except Refused as error:
            self._log.warn("{who} failed an audit: {error}", who=supplier, error=error)
            return False if error.code in GONE else None
        except (BitDustError, TimeoutError) as error:
            self._log.info("{who} owes a leaf: {error}", who=supplier, error=error)
            return None
        return True


def _kept(c: sqlite3.Connection, supplier: str, challenge: Challenge) -> BlockPlan | None:
    """
    Where the block of this leaf lies; None: its piece is not kept at this supplier's (any more), or he has
    been told that it may go.
    """
    row = c.execute("SELECT doomed FROM blocks WHERE serial = ?", (challenge.serial,)).fetchone()
    if row is None or row[0]:
        return None
    plan = plan_of(c, challenge.serial)
    return plan if supplier in plan.sources.get(challenge.number, ()) else None


def _challenges(c: sqlite3.Connection, supplier: str, chances: list[int]) -> list[Challenge]:
    who = known_peer(c, supplier)
    (count,) = c.execute("SELECT count(*) FROM placements WHERE peer = ? AND state = 1", (who,)).fetchone()
    found = []
    for which, where in zip(chances[::2], chances[1::2], strict=True):
        if not count:
            break
        serial, number, size, k, unit, doomed = c.execute(
            "SELECT p.serial, p.number, b.size, b.k, b.unit, b.doomed"
            " FROM placements p JOIN blocks b USING (serial)"
            " WHERE p.peer = ? AND p.state = 1 ORDER BY p.serial LIMIT 1 OFFSET ?",
            (who, which % count),
        ).fetchone()
        if doomed:
            continue
        leaves = -(-piece_size(size, k, unit) // LEAF)
        found.append(Challenge(serial, number, where % leaves))
    return found
