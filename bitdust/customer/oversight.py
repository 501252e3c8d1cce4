"""
How we know that suppliers still keep what they signed for: attendance, audits, and what follows from them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.customer import repairs, standing
from bitdust.customer.attendance import GRACE, ROLL, Attendance
from bitdust.customer.audit import REST, Auditor
from bitdust.customer.block_reader import BlockReader
from bitdust.customer.doubts import ABSENT, AUDIT, ENDED, Doubts
from bitdust.customer.durability import Durability, judge
from bitdust.customer.notices import Notices
from bitdust.customer.standing import DAY, Standing
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.machines import Machines
from bitdust.world import Rng, Wall, background, give_up


class Oversight:
    """
    Attendance, Auditor, Notices and Doubts, joined.

    @param db: `standing.SCHEMA`.
    @param restart: begin a round.
    @param is_heard: whether anybody answers who is no supplier.
    @param strict: whether those who are away for too long are to be replaced.
    @param speed: bytes a second that a supplier takes, as measured lately; None: not yet.
    @param roll, grace, rest: seconds between two roll calls, of absence that nobody is let go for, and
        between two audits of one supplier.
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
        suppliers: Suppliers,
        machines: Machines,
        restart: Callable[[], None],
        is_heard: Callable[[], Awaitable[bool]],
        strict: Callable[[], bool],
        speed: Callable[[str], float | None] = lambda _: None,
        roll: float = ROLL,
        grace: float = GRACE,
        rest: float = REST,
    ) -> None:
        self._db = db
        self._wall = wall
        self._suppliers = suppliers
        self._running: list[Deferred[None]] = []
        # Seconds: until an absence is a loss, and two days until somebody was found and all is copied.
        self._repair = grace + 2.0 * DAY
        self.doubts = Doubts(db, suppliers, restart, wall, speed)
        self.notices = Notices(db, suppliers, self.doubts, wall, lambda: self._up, restart)
        self.attendance = Attendance(
            clock=clock,
            wall=wall,
            db=db,
            suppliers=self._seated,
            connected=suppliers.connected,
            is_heard=is_heard,
            strict=strict,
            roll=roll,
            grace=grace,
        )
        self.auditor = Auditor(
            clock=clock, wall=wall, rng=rng, catalog=catalog, db=db, reader=reader, machines=machines,
            connected=suppliers.connected, look=roll, rest=rest,
        )  # fmt: skip
        self.attendance.lost.listen(lambda who, why: self._later(self.doubts.accuse(who, ABSENT, why)))
        self.auditor.failed.listen(lambda who, why: self._later(self.doubts.accuse(who, AUDIT, why)))
        suppliers.changed.listen(self._changed)
        suppliers.let_go.listen(lambda _: self._later(self.doubts.act()))
        self._up = False

    def start(self) -> None:
        """Watch from now on."""
        self._up = True
        self.attendance.start()
        self.auditor.start()
        self._later(self.doubts.act())

    def stop(self) -> None:
        """Watch no more."""
        self._up = False
        self.attendance.stop()
        self.auditor.stop()
        for work in list(self._running):
            give_up(work)

    def disowned(self, supplier: str, why: str) -> None:
        """There is no contract between us, and he gives us no other."""
        self._later(self.doubts.accuse(supplier, ENDED, f"it has no contract with us any more: {why}"))

    async def of(self, supplier: str) -> Standing:
        """What is known of him."""
        return await self._db.read(standing.of, supplier, int(self._wall()))

    async def durability(self, n: int, k: int, survives: int) -> Durability:
        """How long what n suppliers keep will last, by what was measured of all suppliers so far."""
        watched, lost = await self._db.read(standing.lives)
        repair = await self._db.read(repairs.seconds, self._repair, int(self._wall()))
        return judge(n, k, survives, watched, lost, repair / DAY)

    async def ranks(self, idurls: list[str]) -> dict[str, tuple[int, float]]:
        """How those of them who were suppliers before did (`standing.ranks`)."""
        return await self._db.read(standing.ranks, frozenset(idurls), int(self._wall()))

    async def doubted(self) -> dict[str, str]:
        """IDURL of each supplier who is to be replaced -> why."""
        known = self._suppliers.known
        found = await self._db.read(standing.doubts)
        return {known[who].idurl: why for who, (_, why) in found.items() if who in known}

    async def overdrawn(self) -> list[str]:
        """IDURL of each supplier who says that he keeps more of us than was agreed on."""
        known = self._suppliers.known
        found = await self._db.read(standing.said_to_be, "full")
        return [known[who].idurl for who in found if who in known]

    def _seated(self) -> list[str]:
        return [seat.fingerprint for seat in self._suppliers.present]

    def _changed(self, supplier: str) -> None:
        if self._suppliers.is_connected(supplier):
            self._later(self.doubts.came(supplier))

    def _later(self, work: Coroutine[Deferred[Any], Any, object]) -> None:
        if not self._up:
            work.close()
            return
        running = background(
            work, lambda failure: self._log.failure("watching the suppliers failed for now", failure)
        )
        if not running.called:
            self._running.append(running)
            running.addBoth(lambda _: self._running.remove(running))
