"""
backup_queue -- backups wait here for their turn, rest when their owner wants it, and outlive the process.

A backup that was asked for is a job in the catalog at once.  Whatever ends the process, its jobs are taken up
again at the next start; only the user, or an error that will not go away, ends a job without its version.
"""

from __future__ import annotations

import errno
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.backup.backup_job import BackupJob
from bitdust.backup.backup_job import Task as JobTask
from bitdust.backup.hooks import Hooks
from bitdust.backup.intake import Intake
from bitdust.backup.tasks import Tasks
from bitdust.backup.turn import Turn
from bitdust.backup.views import Queued, Running
from bitdust.catalog import commit, epochs, holdings, jobs, policies, removal, tree, versions
from bitdust.catalog.jobs import Job
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, NoSpace, NotFound, TryLater
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.world import Wall, background, either, give_up, pause

T = TypeVar("T")

#: seconds before a job is run again that could not go on for the moment: doubled each time, up to ten minutes
AGAIN, LONGEST_PAUSE = 5.0, 600.0
#: characters of an error that are remembered
LONGEST_WHY = 1000
#: what the machine says when it cannot at this moment
PASSING = frozenset(
    {errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)


class BackupQueue:
    """
    @param make_job: a BackupJob for this task; of what is sent, where something is.
    @param handed: bytes of a job that each supplier was handed and has not signed for yet.
    @param check: raises Conflict when nothing may be changed any more.
    @param until_findable: resolves when whoever has only the kit would find our suppliers.
    @param until_committed: resolves when the log, as it is now, is at enough suppliers.
    @param trim: called with the item after each new version: what is surplus goes, and that is said in words.
    @param over: called when a backup is over, whatever became of it: what nothing needs may go.
    @param at_once: how many may be under way at a time.
    @param all_rest: whether all of them rest, whatever is wanted of each.
    @param hooks: runs what is to be run before and after each.
    @param settle: called with the item right before its backup looks at what there is.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        wall: Wall,
        clock: IReactorTime,
        machines: Machines,
        tasks: Tasks,
        make_job: Callable[[JobTask, Intake | None], BackupJob],
        handed: Callable[[int], Counter[str]],
        acked: Signal[[int, int, str]],
        staffed: Signal[[]],
        check: Callable[[], None],
        until_findable: Callable[[], Awaitable[None]],
        until_committed: Callable[[], Awaitable[None]],
        trim: Callable[[str], Awaitable[str]],
        over: Callable[[], Awaitable[None]],
        at_once: Callable[[], int],
        all_rest: Callable[[], bool],
        hooks: Hooks,
        settle: Callable[[str], Awaitable[None]],
    ) -> None:
        self._db = db
        self._wall = wall
        self._clock = clock
        self._machines = machines
        self._tasks = tasks
        self._make_job = make_job
        self._handed = handed
        self._acked = acked
        self._staffed = staffed
        self._check = check
        self._until_findable = until_findable
        self._until_committed = until_committed
        self._trim = trim
        self._over = over
        self._at_once = at_once
        self._all_rest = all_rest
        self._hooks = hooks
        self._settle = settle
        self._turns: list[Turn] = []
        self._at_work: list[Turn] = []
        self._stopped = False
        #: other jobs rest than before
        self.turned: Signal[[]] = Signal()
        #: the backup of this item has ended: committed, failed or cancelled
        self.ended: Signal[[str, str]] = Signal()
        #: the command after a backup of this item has ended
        self.closed: Signal[[str]] = Signal()
        self._more: Signal[[]] = Signal()
        self._worker: Deferred[None] | None = None

    async def start(self) -> None:
        """Take up what the last run left, and begin to work."""
        for job in await self._db.read(jobs.unfinished):
            if job.stream:
                # Whoever sent it has gone with the last run.
                await self._db(_give_up, job)
                continue
            item = await self._db.read(tree.get, job.item)
            self._line_up(job, item.path)
        self._worker = background(self._work(), self._broke)

    def stop(self) -> None:
        """Put the work down; it is taken up at the next start."""
        self._stopped = True
        if self._worker is not None:
            self._worker.cancel()
        for turn in list(self._at_work):
            if turn.work is not None:
                give_up(turn.work)

    async def put(self, item: str, path: bytes, stream: Intake | None = None) -> int:
        """
        Line up a backup of this item; the number of its task.

        @param stream: where what is backed up comes from, if not from the disk.
        @raise Conflict: it is lined up, or running, already.
        """

        def begin(c: sqlite3.Connection) -> Job:
            now = self._wall()
            return jobs.begin(c, item, datetime.fromtimestamp(now), now, stream is not None)

        turn = self._line_up(await self._db(begin), path)
        turn.stream = stream
        self._more()
        return turn.task

    def waiting(self) -> list[Queued]:
        """Those that have not begun."""
        return [
            Queued(turn.job.item, turn.path, turn.job.started) for turn in self._turns if turn.running is None
        ]

    def running(self) -> list[Running]:
        """Those under way."""
        return [turn.view(self._clock.seconds()) for turn in self._turns if turn.running is not None]

    def is_working(self) -> bool:
        """Whether a backup is under way that neither rests nor waits for something to change."""
        return any(
            turn.running is not None and not (turn.trouble or turn.running.is_stuck or turn.gate.is_shut)
            for turn in self._turns
        )

    def stuck(self) -> list[str]:
        """Why backups wait for room at suppliers, in words."""
        return [
            turn.running.progress.state
            for turn in self._turns
            if turn.running is not None and turn.running.is_stuck
        ]

    # -- resting

    def held(self) -> list[int]:
        """Jobs that rest: what they have sealed stays here."""
        return [turn.job.id for turn in self._turns if turn.gate.is_shut]

    def resting(self) -> list[tuple[int, bytes]]:
        """The tasks, and paths, of those that rest, whether they have begun or not."""
        return [(turn.task, turn.path) for turn in self._turns if turn.gate.is_shut]

    def numbers(self) -> list[int]:
        """The tasks of those that wait or are under way."""
        return [turn.task for turn in self._turns]

    async def rest(self, task: int | None, rest: bool) -> list[int]:
        """
        This one rests, or goes on, until the other is said, also over a restart; None: each of them.  The
        numbers of those that were told.
        """
        told = [turn for turn in self._turns if task in (None, turn.task)]
        for turn in told:
            turn.paused = rest
        self.look()
        await self._db(_set_paused, [turn.job.id for turn in told], rest)
        return [turn.task for turn in told]

    def look(self) -> None:
        """Who rests, and how many may be under way, is perhaps otherwise than it was."""
        before = self.held()
        for turn in self._turns:
            turn.gate.shut(turn.paused or self._all_rest())
        if self.held() != before:
            self.turned()
        self._more()

    def is_busy(self, item: str) -> bool:
        """Whether a backup of this item waits or runs."""
        return any(turn.job.item == item for turn in self._turns)

    def since(self, item: str) -> float | None:
        """When the backup of this item that waits or runs was asked for (Unix seconds), if there is one."""
        return next((turn.job.started for turn in self._turns if turn.job.item == item), None)

    def is_closing(self, item: str) -> bool:
        """Whether the command after a backup of this item runs."""
        return any(turn.job.item == item and turn.is_over and turn.doing for turn in self._turns)

    def delivered(self, job: int | None, fingerprint: str, size: int) -> None:
        """This supplier has signed for so many bytes of the job."""
        for turn in self._turns:
            if turn.job.id == job:
                turn.sent[fingerprint] += size

    def again(self, why: str) -> None:
        """The job under way has lost something it rests on: it is begun again."""
        for turn in self._turns:
            if turn.running is not None:
                turn.running.void(why)

    async def cancel(self, item: str) -> None:
        """
        End the backup of this item, waiting or running, without a version.

        @raise NotFound: there is none.
        """
        for turn in self._turns:
            if turn.job.item == item:
                await self._end(turn)
                return
        raise NotFound(
            f"no backup of item {item} is waiting or running", hint="`bitdust tasks list` shows them"
        )

    async def cancel_task(self, task: int) -> bool:
        """The same by the number of its task; whether there is one."""
        for turn in self._turns:
            if turn.task == task:
                await self._end(turn)
                return True
        return False

    async def _end(self, turn: Turn) -> None:
        turn.aborting = True
        if turn.work is not None:
            ended: Deferred[None] = Deferred()

            def end(_: object = None) -> None:
                if not ended.called:
                    ended.callback(None)

            turn.work.addBoth(end)
            if not turn.is_over:
                # What is run after it may take long, and nobody waits for that.
                turn.over.listen(end)
            turn.work.cancel()
            await ended
        else:
            self._turns.remove(turn)
            self._close(turn, "cancelled")
            await self._db(_give_up, turn.job)

    # -- working

    def _line_up(self, job: Job, path: bytes) -> Turn:
        turn = Turn(job, path, paused=job.paused, handed=partial(self._handed, job.id))
        turn.gate.shut(turn.paused or self._all_rest())
        turn.task = self._tasks.open(lambda number: turn.task_view(number, self._clock.seconds()))
        self._turns.append(turn)
        return turn

    async def _work(self) -> None:
        while True:
            turn = self._next()
            if turn is None:
                await self._more.next()
                continue
            self._at_work.append(turn)
            turn.work = background(self._keep_at(turn), self._broke)

    def _next(self) -> Turn | None:
        """Who begins now: the one that waits longest, of those that may."""
        busy = {turn.job.item for turn in self._at_work}
        if sum(not turn.gate.is_shut for turn in self._at_work) >= self._at_once():
            return None
        for turn in self._turns:
            # What follows a version of the same item is still done.
            if turn.work is None and not turn.gate.is_shut and turn.job.item not in busy:
                return turn
        return None

    async def _keep_at(self, turn: Turn) -> None:
        try:
            while True:
                try:
                    await self._run(turn)
                    return
                except CancelledError:
                    raise
                except Exception:
                    # Not even its end could be written down.
                    self._log.failure("the backup of {path} ended badly", path=turn.path)
                    with suppress(CancelledError):
                        await pause(self._clock, AGAIN)
                    if self._stopped:
                        return
        finally:
            self._at_work.remove(turn)
            self._more()

    def _broke(self, failure: Failure) -> None:
        self._log.failure("the queue broke", failure)

    async def _run(self, turn: Turn) -> None:
        """One job to its end, whichever that is."""
        error: BaseException | None = None
        state = "committed"
        try:
            if turn.aborting:
                raise CancelledError
            await self._insist(turn, partial(self._before, turn))
            await self._settle(turn.job.item)
            await self._insist(turn, partial(self._try, turn))
        except CancelledError:
            if not turn.aborting:
                raise
            state = "cancelled"
        except (BitDustError, OSError) as trouble:
            error, state = trouble, "failed"
            self._log.error("backup of {path} failed: {why}", path=turn.path, why=trouble)
        except Exception as trouble:
            error, state = trouble, "failed"
            self._log.failure("backup of {path} failed", path=turn.path)
        if state != "committed":
            end = _give_up if state == "cancelled" else _end
            await self._insist(turn, partial(self._db, end, turn.job))
        why = "" if error is None else str(error).encode(errors="backslashreplace").decode()[:LONGEST_WHY]
        await self._insist(turn, partial(self._db, policies.ended, turn.job.item, self._wall(), state, why))
        self.ended(turn.job.item, state)
        if state == "committed":
            try:
                turn.note = await self._trim(turn.job.item)
            except (BitDustError, OSError) as trouble:
                self._log.info("older versions of {path} stay for now: {why}", path=turn.path, why=trouble)
        await self._after(turn, state, error)
        # Closed while the job can still be looked at.
        self._close(turn, state, error)
        turn.running = None
        self._turns.remove(turn)
        try:
            await self._over()
        except (BitDustError, OSError) as trouble:
            self._log.info("{path} was not cleared up: {why}", path=turn.path, why=trouble)

    def _close(self, turn: Turn, state: str, error: BaseException | None = None) -> None:
        if turn.stream is not None and state != "committed":
            why = f": {error}" if error is not None else ""
            turn.stream.fail(Conflict(f"the backup of the stream is {state}{why}"))
        self._tasks.close(turn.task, state, error)

    async def _before(self, turn: Turn) -> None:
        """What is done before the job itself, once."""
        self._check()
        turn.policy = policy = await self._hooks.of(turn.job.item)
        if not policy.before:
            return
        self._tasks.begin(turn.task)
        try:
            # What it holds still is not held for as long as there is nobody to send to.
            await self._until_suppliers(turn)
            turn.doing = "running the command before"
            await self._hooks.before(policy, turn.job.label)
        finally:
            turn.doing = ""

    async def _until_suppliers(self, turn: Turn) -> None:
        """As long as there is nobody to send to."""
        while True:
            # Listened to before it is looked: what comes in between is heard.
            staffed = self._staffed.next()
            if (await self._db.read(epochs.current)).suppliers:
                give_up(staffed)
                turn.doing = ""
                return
            self._check()
            turn.doing = "waiting for suppliers"
            await either(self._clock, staffed, LONGEST_PAUSE)

    async def _after(self, turn: Turn, state: str, error: BaseException | None) -> None:
        """What is done after it, whatever became of it."""
        turn.is_over = True
        turn.over()
        if turn.policy is None or not turn.policy.after:
            return
        turn.doing = "running the command after"
        why = "" if error is None else str(error)
        turn.warning = await self._hooks.after(turn.policy, turn.job.label, state, why)
        turn.doing = ""
        self.closed(turn.job.item)
        if self._stopped:
            raise CancelledError

    async def _insist(self, turn: Turn, work: Callable[[], Awaitable[T]]) -> T:
        """The work done, however often the machine says that it cannot be done at this moment."""
        wait = AGAIN
        while True:
            began = self._clock.seconds()
            try:
                return await work()
            except (BitDustError, OSError) as error:
                if not _passes(error):
                    raise
                self._log.warn("backup of {path} goes on later: {why}", path=turn.path, why=error)
                if self._clock.seconds() - began > LONGEST_PAUSE:
                    wait = AGAIN
                turn.trouble = f"trying again in {wait:.0f} s: {error}"
                await pause(self._clock, wait)
                wait = min(2 * wait, LONGEST_PAUSE)
            finally:
                turn.trouble = ""

    async def _try(self, turn: Turn) -> None:
        self._check()
        await self._db(jobs.begin_again, turn.job.id)
        excludes = turn.policy.excludes if turn.policy is not None else ()
        task = JobTask(turn.job.id, turn.job.item, turn.job.label, turn.path, excludes)
        job = turn.running = self._make_job(task, turn.stream)
        job.gate = turn.gate
        job.progress.sealed, sent = await self._db.read(holdings.of_job, turn.job.id)
        turn.sent = Counter(sent)
        self._tasks.begin(turn.task)
        await self._until_suppliers(turn)
        await job.run(partial(self._commit, turn), partial(self._checkpoint, turn))

    async def _commit(self, turn: Turn, job: BackupJob) -> None:
        skipped = sum(note.unread for note in job.progress.skipped)
        # First: once it is in the log, and that at the suppliers, it is shown as committed.
        await self._until_findable()
        while True:
            await turn.gate.passed()
            job.check()
            try:
                await self._db(commit.commit_version, job.task.job, time=self._wall(), skipped=skipped)
                break
            except Conflict as trouble:
                # The version it was compared with was deleted meanwhile.
                raise TryLater(trouble.message) from trouble
            except TryLater:
                # A piece was lost between the last receipt and now.
                if not await self._db.read(holdings.waiting_for, job.task.job):
                    raise
                await either(self._clock, self._acked.next(), AGAIN)
        # It is in the log, so the job has ended: there is nothing to begin again.
        await self._insist(turn, self._until_committed)

    async def _checkpoint(self, turn: Turn, job: BackupJob) -> None:
        await self._until_findable()
        try:
            await self._db(commit.commit_version, job.task.job, time=self._wall(), complete=False)
        except Conflict as trouble:
            raise TryLater(trouble.message) from trouble
        await self._insist(turn, self._until_committed)


def _passes(error: BitDustError | OSError) -> bool:
    """Whether it may be gone when it is tried again."""
    if isinstance(error, OSError):
        return error.errno in PASSING
    return isinstance(error, TryLater | NoSpace)


def _set_paused(c: sqlite3.Connection, numbers: list[int], paused: bool) -> None:
    for number in numbers:
        jobs.set_paused(c, number, paused)


def _end(c: sqlite3.Connection, job: Job) -> None:
    jobs.end(c, job.id)
    if job.stream:
        removal.remove_unmade(c, job.item)


def _give_up(c: sqlite3.Connection, job: Job) -> None:
    """The job ends, and its version, or the part of it that there is, goes."""
    jobs.end(c, job.id)
    if any(version.label == job.label for version in versions.list_of(c, job.item)):
        removal.remove_version(c, job.item, job.label)
    if job.stream:
        removal.remove_unmade(c, job.item)
