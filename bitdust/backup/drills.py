"""
drills -- restore drills: begun by hand, and by themselves when the last one is long ago.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.backup.course import Course
from bitdust.backup.drill_job import DrillJob, Target
from bitdust.backup.gate import PAUSED
from bitdust.backup.meaning import meaning
from bitdust.backup.tasks import Tasks
from bitdust.backup.views import Task
from bitdust.catalog import drills, tree, versions
from bitdust.catalog.drills import Drilled
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, NotFound, Usage
from bitdust.world import Rng, Wall, background, either, spawn

#: seconds between two looks at whether it is time, and of a day
LOOK_EVERY, DAY = 3600.0, 86400.0
#: items looked at in one hop
PAGE = 500


@dataclass
class Turn:
    """A drill under way."""

    job: DrillJob
    name: bytes
    task: int = 0
    work: Deferred[None] | None = None
    course: Course = field(default_factory=Course)


class Drills:
    """
    @param make_job: a drill of these targets, of so many bytes of them.
    @param sample: bytes that one asks for when nothing else is said.
    @param days: days from one to the next; 0: none begins by itself.
    @param is_ready: whether nothing else goes on that it would disturb.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        rng: Rng,
        clock: IReactorTime,
        wall: Wall,
        tasks: Tasks,
        make_job: Callable[[list[Target], int], DrillJob],
        sample: Callable[[], int],
        days: Callable[[], int],
        is_ready: Callable[[], Awaitable[bool]],
    ) -> None:
        self._db = db
        self._rng = rng
        self._clock = clock
        self._wall = wall
        self._tasks = tasks
        self._make_job = make_job
        self._sample = sample
        self._days = days
        self._is_ready = is_ready
        self._turn: Turn | None = None
        self._work: Deferred[None] | None = None

    def start(self) -> None:
        """Begin to look at the clock."""
        self._work = background(self._keep(), self._broke)

    def stop(self) -> None:
        """Nothing begins by itself any more, and what is under way ends."""
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if self._turn is not None and self._turn.work is not None:
            self._turn.work.cancel()

    async def begin(self, what: str | None, sample: int | None) -> int:
        """
        Begin a drill; the number of its task.

        @param what: an item, a version, something in one, or a local path; None: of each item one version, by
            chance.
        @param sample: bytes to ask for, about; None: as many as the settings say; all of it if it is less.
        @raise NotFound: there is no such thing, or no version of anything.
        @raise Conflict: one is under way.  @raise Usage: the sample is nothing.
        """
        if sample is not None and sample < 1:
            raise Usage("the sample must be 1 byte or more")
        if self._turn is not None:
            raise Conflict("a drill is under way", hint="`bitdust tasks list` shows how far it is")
        targets = [await self._db.read(_meant, what)] if what is not None else await self._anything()
        if not targets:
            raise NotFound("nothing is backed up yet", hint="back something up: `bitdust backup PATH`")
        if self._turn is not None:
            raise Conflict("a drill is under way")
        wanted = self._sample() if sample is None else sample
        name = targets[0].path if what is not None else b"everything"
        turn = self._turn = Turn(self._make_job(targets, wanted), name)
        turn.task = self._tasks.open(lambda number: _task(number, turn, self._clock.seconds()))
        self._tasks.begin(turn.task)
        turn.work = spawn(self._run(turn))
        return turn.task

    async def ended(self) -> list[Drilled]:
        """What came of those that ended, newest first."""
        return await self._db.read(drills.ended)

    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._turn is not None

    def rest(self, task: int | None, rest: bool) -> list[int]:
        """It rests, or goes on, if it is that task, or None.  The numbers of those that were told."""
        turn = self._turn
        if turn is None or task not in (None, turn.task):
            return []
        # Whoever opens the gate may let it run to its end.
        turn.job.gate.shut(rest)
        return [turn.task]

    def resting(self) -> list[int]:
        """Its task, while it rests."""
        return [self._turn.task] if self._turn is not None and self._turn.job.gate.is_shut else []

    def cancel(self, task: int) -> bool:
        """End it, if it is that task; whether it was."""
        if self._turn is None or self._turn.work is None or self._turn.task != task:
            return False
        self._turn.work.cancel()
        return True

    async def _anything(self) -> list[Target]:
        """Of each item one version."""
        found: list[Target] = []
        after: str | None = None
        while page := await self._db.read(tree.walk, after, PAGE):
            for item in page:
                if item.type != "parent":
                    found += await self._db.read(self._one_of, item.path_id, item.path)
            after = page[-1].path_id
        return found

    def _one_of(self, c: sqlite3.Connection, item: str, path: bytes) -> list[Target]:
        known = [each for each in versions.list_of(c, item) if each.is_known]
        if not known:
            return []
        chosen = known[int.from_bytes(self._rng(4), "big") % len(known)]
        return [Target(chosen, path, b"")]

    async def _run(self, turn: Turn) -> None:
        error: BaseException | None = None
        state, job = "done", turn.job
        try:
            await job.run()
            note = "; ".join(job.notes)[:1000]
            await self._db(drills.put, Drilled(self._wall(), job.files, job.bytes, job.wrong, note))
        except CancelledError:
            state = "cancelled"
        except (BitDustError, OSError) as trouble:
            error, state = trouble, "failed"
            self._log.warn("the drill could not be held: {why}", why=trouble)
        except Exception as trouble:
            error, state = trouble, "failed"
            self._log.failure("the drill failed")
        self._tasks.close(turn.task, state, error)
        self._turn = None

    # -- by itself

    async def _keep(self) -> None:
        while True:
            await either(self._clock, Deferred(), LOOK_EVERY)
            try:
                if await self._is_due() and await self._is_ready():
                    await self.begin(None, None)
            except (BitDustError, OSError) as error:
                self._log.info("no drill now: {why}", why=error)

    async def _is_due(self) -> bool:
        days = self._days()
        if not days or self._turn is not None:
            return False
        first, newest = await self._db.read(_first_and_newest)
        # A clock that was ahead does not put it off for ever.
        since = min(newest or first, self._wall())
        return bool(first) and self._wall() - since >= days * DAY

    def _broke(self, failure: Failure) -> None:
        self._log.failure("drills broke", failure)


def _meant(c: sqlite3.Connection, what: str) -> Target:
    item, version, inside = meaning(c, what)
    return Target(version, item.path, inside)


def _first_and_newest(c: sqlite3.Connection) -> tuple[float, float]:
    """When the first version that is there was made, and when the last drill ended; 0.0: none."""
    newest = drills.ended(c, 1)
    return versions.first_time(c), newest[0].time if newest else 0.0


def _task(number: int, turn: Turn, now: float) -> Task:
    job, course = turn.job, turn.course
    part = min(1.0, job.bytes / job.total) if job.total > 0 else 0.0
    if job.gate.is_shut:
        course.rest()
    else:
        course.note(now, part)
    return Task(
        id=number,
        kind="verify",
        name=turn.name,
        path_id=job.targets[0].version.item if len(job.targets) == 1 else "",
        version="",
        state=PAUSED if job.gate.is_shut else "verifying",
        progress=course.part,
        done=job.bytes,
        total=job.total,
        files=job.files,
        rate=round(course.speed(now) * max(job.total, 0)),
        left=course.left(now),
        skipped=job.wrong,
        message="; ".join(job.notes)[:1000],
    )
