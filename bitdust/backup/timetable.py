"""
timetable -- begins the backups whose time has come.

It looks at the clock on the wall once a minute, since a machine sleeps, and its clock is set: a time that was
missed is made up once, however often it was missed, and a clock that was ahead is believed when it is right
again.  What cannot be begun, as a disk that is not plugged in, is tried at each look until it can; what was
begun and failed, some minutes later, and then more seldom, whenever its next time is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.backup.schedule import Schedule, parse, retry_in
from bitdust.catalog import policies
from bitdust.catalog.policies import ItemPolicy
from bitdust.config.spans import format_span
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, NotFound
from bitdust.events import Signal
from bitdust.world import Wall, background, either

#: seconds between two looks at the clock
LOOK_EVERY = 60.0
#: seconds that a backup may take without a word, though the next one's time has come
OVERDUE = 86400.0
#: how many of the next times are told
TOLD = 5


@dataclass(frozen=True)
class Timed:
    """
    An item that is backed up by itself.  Moments in Unix seconds; `last` is when it was begun by itself, or
    when the rule was made.  One that is backed up on change has no next time until something has changed.

    `outcome` is what became of its last backup, whoever asked for it: committed, failed or
    cancelled, at `ended`; "" and 0.0 before the first has ended.  `trouble` says why there is no version
    though its time has come: it could not be begun, it failed, or it has not ended for long; and `remedy`
    what to do about it.
    """

    path_id: str
    path: bytes
    rule: str
    last: float
    next: list[float]
    outcome: str
    ended: float
    trouble: str
    remedy: str


class Timetable:
    """
    @param begin: queues a backup of the item.
    @param watched: of an item that is backed up on change: what is wrong, and its next times.
    @param since: when the backup of the item that waits or runs was asked for (Unix seconds).
    """

    _log = Logger()

    def __init__(
        self,
        db: Database,
        clock: IReactorTime,
        wall: Wall,
        begin: Callable[[str], Awaitable[object]],
        watched: Callable[[str], tuple[str, list[float]]],
        since: Callable[[str], float | None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._wall = wall
        self._begin = begin
        self._watched = watched
        self._since = since
        #: other schedules hold than before
        self.changed: Signal[[]] = Signal()
        self._troubles: dict[str, str] = {}
        self._work: Deferred[None] | None = None

    def start(self) -> None:
        """Begin to look at the clock."""
        self._work = background(self._keep(), self._broke)

    def stop(self) -> None:
        """Nothing begins by itself any more."""
        if self._work is not None:
            self._work.cancel()
            self._work = None

    async def set(self, path_id: str, rule: str) -> Timed:
        """
        The item is backed up by this rule from now on.

        @raise Usage: it is no rule.  @raise NotFound: it is no item.
        """
        schedule, now = parse(rule), self._wall()
        await self._db(policies.schedule, path_id, schedule.text, now)
        self._troubles.pop(path_id, None)
        self.changed()
        return next(each for each in await self.all() if each.path_id == path_id)

    async def remove(self, path_id: str) -> None:
        """It is backed up when it is asked for, and only then.  @raise NotFound: it has no schedule."""
        if not await self._db(policies.unschedule, path_id):
            raise NotFound(f"item {path_id} has no schedule", hint="`bitdust schedule list` shows them")
        self._troubles.pop(path_id, None)
        self.changed()

    async def all(self) -> list[Timed]:
        """Each item that has a schedule."""
        now = self._wall()
        found = []
        for row in await self._db.read(policies.planned):
            schedule = parse(row.rule)
            if schedule.on_change:
                trouble, times = self._watched(row.item)
            else:
                # What is due already begins at the next look.
                first = max(_due(schedule, row, now), now)
                times = [first, *schedule.next(first, TOLD - 1)]
                trouble = self._troubles.get(row.item, "")
            wrong = self._wrong(schedule, row, trouble, now)
            found.append(Timed(row.item, row.path, row.rule, row.last, times, row.outcome, row.ended, *wrong))
        return found

    def _wrong(self, schedule: Schedule, row: ItemPolicy, not_begun: str, now: float) -> tuple[str, str]:
        """Why there is no version though its time has come, and what to do about it."""
        failed = f"the last backup failed: {row.why}" if row.outcome == "failed" else ""
        if not_begun:
            return (
                "; ".join(filter(None, (not_begun, failed))),
                f"see that it can be read, or end its schedule: `bitdust schedule remove {row.item}`",
            )
        if failed:
            then = (
                f"it is tried again by itself; once that is put right, at once: `bitdust backup {row.item}`"
            )
            return failed, then
        begun = self._since(row.item)
        if begun is not None:
            next_but_it = begun if schedule.on_change else schedule.after(begun)
            if now > max(next_but_it, begun + OVERDUE):
                return (
                    f"its backup was asked for {format_span(now - begun)} ago and has not ended",
                    "see what it waits for: `bitdust tasks`",
                )
        return "", ""

    async def _keep(self) -> None:
        while True:
            try:
                rows = [row for row in await self._db.read(policies.planned) if not parse(row.rule).on_change]
                for row in rows:
                    await self._look(row)
            except (BitDustError, OSError) as error:
                self._log.warn("the timetable cannot be read: {error}", error=error)
                await either(self._clock, Deferred(), LOOK_EVERY)
                continue
            # Who has no schedule has no timer.
            if rows:
                await either(self._clock, self.changed.next(), LOOK_EVERY)
            else:
                await self.changed.next()

    async def _look(self, row: ItemPolicy) -> None:
        now = self._wall()
        if row.last > now + LOOK_EVERY:
            # The clock was ahead.
            await self._db(policies.done, row.item, now)
            return
        if _due(parse(row.rule), row, now) > now:
            return
        try:
            await self._begin(row.item)
        except Conflict as under_way:
            # It is being backed up at this moment: that will do.
            self._log.info("{path} is not begun: {why}", path=row.path, why=under_way)
        except (BitDustError, OSError) as error:
            if self._troubles.get(row.item) != str(error):
                self._log.warn("{path} cannot be backed up now: {why}", path=row.path, why=error)
            self._troubles[row.item] = str(error)
            return
        self._troubles.pop(row.item, None)
        await self._db(policies.done, row.item, now)

    def _broke(self, failure: Failure) -> None:
        self._log.failure("the timetable broke", failure)


def _due(schedule: Schedule, row: ItemPolicy, now: float) -> float:
    due = schedule.after(min(row.last, now))
    if row.outcome != "failed":
        return due
    return min(due, max(row.last, min(row.ended, now)) + retry_in(row.failures))
