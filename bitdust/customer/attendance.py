"""
Who of the suppliers is there, and since when not: the roll is called every half hour.

Absence alone is no loss: people switch their machines off.  Lost is who is away for longer than a day, and
longer than three times what is usual for him.  What this node slept through, or was switched off for, counts
as an hour at most.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.background import Rounds, put_off
from bitdust.customer import standing
from bitdust.customer.standing import DAY
from bitdust.database import Database
from bitdust.events import Signal
from bitdust.world import Wall, spawn

#: seconds between two calls
ROLL = 1800.0
#: seconds of absence that nobody is let go for, and how often his usual absence he may be away
GRACE, TIMES = float(DAY), 3.0


class Attendance:
    """
    @param suppliers: fingerprints of those who have a seat.
    @param connected: of those who can be sent to now, with a seat or without.
    @param is_heard: whether anybody else answers: asked while nobody is connected.
    @param strict: whether those who are away for too long are to be replaced.
    @param roll: seconds between two calls.
    @param grace: seconds of absence that nobody is let go for.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        db: Database,
        suppliers: Callable[[], Collection[str]],
        connected: Callable[[], Collection[str]],
        is_heard: Callable[[], Awaitable[bool]],
        strict: Callable[[], bool],
        roll: float = ROLL,
        grace: float = GRACE,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._db = db
        self._suppliers = suppliers
        self._connected = connected
        self._is_heard = is_heard
        self._strict = strict
        self._roll = roll
        self._grace = grace
        self._last = clock.seconds()
        self._rounds = Rounds(clock, self._begin, roll)
        #: (fingerprint, a sentence why): he was away for too long
        self.lost: Signal[[str, str]] = Signal()

    def start(self) -> None:
        """Call the roll from now on."""
        self._last = self._clock.seconds()
        self._rounds.start()

    def stop(self) -> None:
        """Call it no more."""
        self._rounds.stop()

    def _begin(self) -> None:
        spawn(self.look()).addErrback(put_off(self._log, "a roll call"))

    async def look(self) -> None:
        """One call."""
        now = self._clock.seconds()
        ran, self._last = max(0.0, now - self._last), now
        if not self._connected() and not (self._suppliers() and await self._is_heard()):
            # Perhaps it is we who are not there.
            return
        seated, connected = set(self._suppliers()), set(self._connected())
        here, away = seated & connected, seated - connected
        passed = await self._db(standing.passed, ran, 2 * self._roll, int(self._wall()))
        absent = await self._db(standing.looked, here, away, passed, int(self._wall()))
        for supplier, seconds in sorted(absent.items()):
            usual = await self._db.read(standing.usual_gap, supplier)
            if self._strict() and seconds > max(self._grace, TIMES * usual):
                self.lost(supplier, f"he was away for {seconds / 3600:.0f} hours")
