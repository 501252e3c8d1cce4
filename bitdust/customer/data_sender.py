"""
data_sender -- brings every piece of the spool to its supplier.

One lane per supplier, each at its own pace: a slow one holds nobody up.  What is still to be brought is asked
of the catalog, so nothing is forgotten over a restart and nothing that was acknowledged is sent again.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.catalog import holdings
from bitdust.customer.piece_sender import Errand, PieceSender, errand_of
from bitdust.customer.repair_pace import RepairPace
from bitdust.customer.spool import Spool
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError, Refused
from bitdust.events import Signal
from bitdust.machines import Machines, Row
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Priority
from bitdust.world import background, give_up, spawn

#: pieces on their way to one supplier at a time: while one is being signed for, the next one flows
WINDOW = 2
#: errands asked of the catalog at a time
BATCH = 16
#: seconds after which a lane looks again without being told: a net below the telling, not a part of it
LOOK_AGAIN = 3600.0
#: seconds a lane pauses after a failure: doubled each time, up to ten minutes
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
#: seconds for which a piece is stepped over that its supplier will not have: doubled each time, up to a day
FIRST_DETOUR, LONGEST_DETOUR = 60.0, 86400.0
#: what a supplier says who will not have this piece, whenever it comes; another he may take
NOT_THIS = ("gone", "conflict")


@dataclass
class _Lane:
    fingerprint: str
    row: Row
    wake: Signal[[]] = field(default_factory=Signal)
    failures: int = 0
    #: when it may go on after a failure
    until: float = 0.0
    #: (serial, number) of pieces that were refused -> how often, and until when they are stepped over
    refused: dict[tuple[int, int], tuple[int, float]] = field(default_factory=dict)
    #: there was nothing to send when it looked last
    idle: bool = False
    work: Deferred[None] | None = None
    #: told to look again while it was not waiting
    told: bool = False


class DataSender:
    """The lanes of all suppliers."""

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        db: Database,
        suppliers: Suppliers,
        sender: PieceSender,
        spool: Spool,
        machines: Machines,
        pace: RepairPace,
        held: Callable[[], Collection[int]] = tuple,
    ) -> None:
        self._clock = clock
        self._db = db
        self._suppliers = suppliers
        self._sender = sender
        self._spool = spool
        self._machines = machines
        self._held = held
        self._pace = pace
        #: what was asked of the catalog before that many changes of what is held is not sent
        self._turned = 0
        self._lanes: dict[str, _Lane] = {}
        #: what carries a piece that nobody has signed for yet
        self._carried: dict[Errand, IExchange] = {}
        #: bytes a second that each supplier took lately, both pieces that were under way counted
        self.speeds: dict[str, float] = {}
        self._stops: list[Callable[[], None]] = []
        #: (serial of the block, number, fingerprint): a piece was signed for
        self.acked: Signal[[int, int, str]] = Signal()
        #: the same, and how large it is and whose
        self.delivered: Signal[[Errand]] = Signal()
        #: (fingerprint, error): a supplier refused a piece
        self.refused: Signal[[str, Refused]] = Signal()
        #: serial of a block whose file in the spool may not be what was written
        self.doubtful: Signal[[int]] = Signal()

    def start(self) -> None:
        """Begin to send."""
        self._stops = [
            self._suppliers.changed.listen(self._changed),
            self._pace.opened.listen(self.new_data),
        ]
        for fingerprint in self._suppliers.connected():
            self._changed(fingerprint)

    def stop(self) -> None:
        """End every lane; what was on its way is sent again another time."""
        for stop in self._stops:
            stop()
        for lane in list(self._lanes.values()):
            self._close(lane)

    def takers(self) -> list[str]:
        """Suppliers to whom a piece may be sent at this moment: they are there, and not paused."""
        now = self._clock.seconds()
        return [fingerprint for fingerprint, lane in self._lanes.items() if lane.until <= now]

    def holding(self) -> list[str]:
        """Those of them for whom what they still lack stays in the spool: they have taken what came last."""
        lanes = self._lanes
        return [
            who
            for who in self.takers()
            if not lanes[who].failures and not (lanes[who].idle and lanes[who].refused)
        ]

    def handed(self, job: int) -> Counter[str]:
        """Bytes of this job's pieces that each supplier was handed, and has not signed for yet."""
        found: Counter[str] = Counter()
        for errand, exchange in self._carried.items():
            if errand.job == job:
                found[errand.fingerprint] += errand.layout.piece_size - exchange.unsent()
        return found

    def refused_by(self, fingerprint: str) -> set[tuple[int, int]]:
        """(serial, number) of pieces that he will not have for now."""
        lane = self._lanes.get(fingerprint)
        now = self._clock.seconds()
        return {key for key, (_, until) in lane.refused.items() if until > now} if lane else set()

    def new_data(self) -> None:
        """There is more to send."""
        for lane in self._lanes.values():
            lane.told = True
            lane.idle = False
            lane.wake()

    def turn(self) -> None:
        """Other jobs are held than before."""
        self._turned += 1
        self.new_data()

    def _changed(self, fingerprint: str) -> None:
        lane = self._lanes.get(fingerprint)
        if self._suppliers.is_connected(fingerprint):
            if lane is None:
                row = self._machines.begin(f"data_sender({fingerprint[:8]})", "Scanning")
                lane = self._lanes[fingerprint] = _Lane(fingerprint, row)
                lane.work = background(self._run(lane), lambda failure: self._broke(failure, lane))
        elif lane is not None:
            self._close(lane)

    def _close(self, lane: _Lane) -> None:
        self._lanes.pop(lane.fingerprint, None)
        self._machines.forget(lane.row)
        if lane.work is not None:
            give_up(lane.work)

    def _broke(self, failure: Failure, lane: _Lane) -> None:
        if self._lanes.get(lane.fingerprint) is lane:
            self._log.failure("the lane to {who} broke", failure, who=lane.fingerprint)
            self._close(lane)

    async def _run(self, lane: _Lane) -> None:
        underway: dict[tuple[int, int], Deferred[None]] = {}
        try:
            while True:
                lane.told = False
                turned = self._turned
                self._machines.report(lane.row, "Scanning")
                try:
                    errands = await self._errands(lane.fingerprint, set(underway))
                    lane.idle = not errands and not underway
                except (BitDustError, OSError) as error:
                    self._log.warn("{who} is sent nothing now: {error}", who=lane.fingerprint, error=error)
                    errands = []
                    self._failed(lane)
                for errand in errands:
                    while len(underway) >= WINDOW:
                        self._machines.report(lane.row, "Sending")
                        await lane.wake.next()
                    if turned != self._turned:
                        break
                    key = errand.serial, errand.number
                    # The spool may have let go of the block since the catalog was asked.
                    if (
                        key not in underway
                        and self._spool.has(errand.block)
                        and (self._pace.is_open() or not errand.is_repair)
                    ):
                        lane.told = True
                        underway[key] = Deferred()
                        sending = spawn(self._send(lane, errand, underway))
                        if key in underway:
                            underway[key] = sending
                if (pause := lane.until - self._clock.seconds()) > 0:
                    self._machines.report(lane.row, f"Pausing for {pause:.0f} s")
                    await self._wait(lane, pause, heed=False)
                elif underway:
                    self._machines.report(lane.row, "Sending")
                    await lane.wake.next()
                elif not lane.told:
                    self._machines.report(lane.row, "Resting")
                    await self._wait(lane, self._rest(lane), heed=True)
        finally:
            for sending in underway.values():
                give_up(sending)

    async def _errands(self, fingerprint: str, underway: set[tuple[int, int]]) -> list[Errand]:
        passed = underway | self.refused_by(fingerprint)
        rows = await self._db.read(holdings.errands, fingerprint, BATCH + len(passed), self._held())
        return [errand_of(row) for row in rows if (row.block.serial, row.number) not in passed]

    def _rest(self, lane: _Lane) -> float:
        """Seconds until a lane at rest may have something to do: a piece that was refused comes again."""
        now = self._clock.seconds()
        waits = [until - now for _, until in lane.refused.values() if until > now]
        return min([*waits, LOOK_AGAIN])

    def _failed(self, lane: _Lane) -> None:
        lane.failures += 1
        pause = min(FIRST_PAUSE * 2.0 ** min(lane.failures - 1, 30), LONGEST_PAUSE)
        lane.until = self._clock.seconds() + pause

    def _step_over(self, lane: _Lane, errand: Errand) -> None:
        key = errand.serial, errand.number
        times = lane.refused.get(key, (0, 0.0))[0] + 1
        detour = min(FIRST_DETOUR * 2.0 ** min(times - 1, 30), LONGEST_DETOUR)
        lane.refused[key] = times, self._clock.seconds() + detour

    async def _send(
        self, lane: _Lane, errand: Errand, underway: dict[tuple[int, int], Deferred[None]]
    ) -> None:
        began = self._clock.seconds()
        try:
            await self._paced(errand)
            speed = errand.layout.piece_size / max(0.001, self._clock.seconds() - began)
            known = self.speeds.get(lane.fingerprint, speed)
            self.speeds[lane.fingerprint] = 0.8 * known + 0.2 * speed
            await self._db(holdings.acked, errand.serial, errand.number, errand.fingerprint)
            lane.failures, lane.until = 0, 0.0
            lane.refused.pop((errand.serial, errand.number), None)
            self.acked(errand.serial, errand.number, errand.fingerprint)
            self.delivered(errand)
        except Refused as error:
            if error.code in NOT_THIS:
                self._step_over(lane, errand)
            if error.code != "gone":
                self._failed(lane)
            self._log.warn("{who} refused a piece: {error}", who=errand.fingerprint, error=error)
            self.refused(errand.fingerprint, error)
            if error.code == "damaged":
                # Either the way spoiled it, or it was so before.
                self.doubtful(errand.serial)
        except OSError as error:
            self._failed(lane)
            self._log.error(
                "block {block} cannot be read: {error}", block=errand.block.hex()[:16], error=error
            )
            self.doubtful(errand.serial)
        except (BitDustError, TimeoutError) as error:
            self._failed(lane)
            self._log.info("a piece did not arrive at {who}: {error}", who=errand.fingerprint, error=error)
        finally:
            self._carried.pop(errand, None)
            underway.pop((errand.serial, errand.number), None)
            lane.wake()

    async def _paced(self, errand: Errand) -> None:
        opened = partial(self._carried.__setitem__, errand)
        if not errand.is_repair:
            await self._sender.send(errand, opened)
            return
        self._pace.begin()
        try:
            await self._sender.send(errand, opened, Priority.REPAIR)
        finally:
            self._pace.end(errand.layout.piece_size)

    async def _wait(self, lane: _Lane, seconds: float, *, heed: bool) -> None:
        waiting = lane.wake.next() if heed else Deferred[None]()
        waiting.addTimeout(seconds, self._clock)
        with contextlib.suppress(TimeoutError):
            await waiting
