"""
restores -- what is meant by "restore this", and the restores under way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.backup.choosing import Choice
from bitdust.backup.course import Course
from bitdust.backup.gate import PAUSED
from bitdust.backup.meaning import meaning
from bitdust.backup.notes import told
from bitdust.backup.replant import refuse_taken
from bitdust.backup.restore_job import RestoreJob, Wanted
from bitdust.backup.restore_preview import RestorePreview, preview, total
from bitdust.backup.tasks import Tasks
from bitdust.backup.views import RestoreRunning, Restoring, Task
from bitdust.catalog import entries, versions
from bitdust.catalog.facts import Kind
from bitdust.catalog.versions import Version
from bitdust.customer.block_reader import BlockReader, plan_of
from bitdust.database import Database
from bitdust.disk import free_space
from bitdust.errors import BitDustError, NoSpace, NotFound, Usage
from bitdust.world import InThread, Wall, spawn

#: blocks looked at to say at once that a version cannot be restored now
LOOKED_AT = 20


@dataclass
class Turn:
    """A restore under way."""

    job: RestoreJob
    destination: bytes
    created: float
    task: int = 0
    work: Deferred[None] | None = None
    #: how fast it goes on
    course: Course = field(default_factory=Course)


class Restores:
    """The restores of one node."""

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        wall: Wall,
        in_thread: InThread,
        clock: IReactorTime,
        tasks: Tasks,
        reader: BlockReader,
        make_job: Callable[[Wanted], RestoreJob],
        is_busy: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._wall = wall
        self._in_thread = in_thread
        self._clock = clock
        self._tasks = tasks
        self._reader = reader
        self._make_job = make_job
        self._is_busy = is_busy
        self._turns: list[Turn] = []

    async def begin(
        self, what: str, destination: str | None, as_of: float | None = None, choice: Choice | None = None
    ) -> Restoring:
        """
        Begin to restore: a path ID, a backup ID, one of these with `:relative/path`, or a local path.

        @param as_of: Unix seconds: the last version not made after that, where none is named.
        @param choice: which of its entries; None is all of them.
        @raise Usage: it is none of these, the destination is not absolute, or a file is to be chosen from.
        @raise NotFound: it is not in the catalog, has no committed version, or nothing in it is chosen.
        @raise Conflict: its first backup is still under way, or something is in the way.
        @raise Offline: too few suppliers; says "have" and "need".
        @raise NoSpace: it does not fit.
        """
        version, target, wanted = await self._wanted(what, destination, as_of, choice or Choice())
        if wanted.total < 0:
            files, size = await total(self._db, wanted)
            self._check_any(version, wanted, files)
            wanted = replace(wanted, total=size)
        if destination is not None and wanted.name:
            entry = await self._db.read(entries.entry_at, wanted.item, wanted.seq, wanted.inside)
            if entry is not None:
                await self._in_thread(refuse_taken, target, entry.meta)
        self._check_room(wanted)
        for serial in (await self._db.read(versions.blocks_of, wanted.item, wanted.seq))[:LOOKED_AT]:
            await self._reader.check(await self._db.read(plan_of, serial))
        turn = Turn(self._make_job(wanted), target, self._wall())
        turn.task = self._tasks.open(lambda number: self._task(number, turn))
        self._turns.append(turn)
        self._tasks.begin(turn.task)
        turn.work = spawn(self._run(turn))
        return Restoring(version.backup_id, target, turn.task, version.complete)

    async def foresee(
        self, what: str, destination: str | None, as_of: float | None, choice: Choice, limit: int
    ) -> RestorePreview:
        """
        What `begin` would bring back, and the first `limit` names of it.  Nothing is fetched or written.

        Raises what `begin` does, but for `Offline` and `NoSpace`.
        """
        version, target, wanted = await self._wanted(what, destination, as_of, choice)
        _there(wanted)
        found = await preview(self._db, self._in_thread, version.backup_id, target, wanted, limit)
        self._check_any(version, wanted, found.files + found.folders)
        return found

    def running(self) -> list[RestoreRunning]:
        """Those under way."""
        return [self._view(turn) for turn in self._turns]

    def versions(self) -> set[tuple[str, int]]:
        """(item, seq) of the versions that are being restored."""
        return {(turn.job.wanted.item, turn.job.wanted.seq) for turn in self._turns}

    async def abort(self, backup_id: str) -> None:
        """
        End the restore of this version.

        @raise NotFound: there is none.
        """
        for turn in self._turns:
            if f"{turn.job.wanted.item}/{turn.job.wanted.label}" == backup_id and turn.work is not None:
                turn.work.cancel()
                return
        raise NotFound(f"no restore of {backup_id} is running", hint="`bitdust tasks list` shows what is")

    def cancel(self, task: int) -> bool:
        """End the restore of that task; whether there is one."""
        for turn in self._turns:
            if turn.task == task and turn.work is not None:
                turn.work.cancel()
                return True
        return False

    def rest(self, task: int | None, rest: bool) -> list[int]:
        """This one rests, or goes on; None: each of them.  The numbers of those that were told."""
        told = [turn for turn in self._turns if task in (None, turn.task)]
        for turn in told:
            turn.job.gate.shut(rest)
        return [turn.task for turn in told]

    def resting(self) -> list[int]:
        """The tasks of those that rest."""
        return [turn.task for turn in self._turns if turn.job.gate.is_shut]

    def stop(self) -> None:
        """End them all; no half-written file stays."""
        for turn in list(self._turns):
            if turn.work is not None:
                turn.work.cancel()

    async def _run(self, turn: Turn) -> None:
        error: BaseException | None = None
        state = "done"
        try:
            await turn.job.run()
        except CancelledError:
            state = "cancelled"
        except (BitDustError, OSError) as trouble:
            error, state = trouble, "failed"
            self._log.error("restore to {path} failed: {why}", path=turn.destination, why=trouble)
        except Exception as trouble:
            error, state = trouble, "failed"
            self._log.failure("restore to {path} failed", path=turn.destination)
        self._tasks.close(turn.task, state, error)
        self._turns.remove(turn)

    async def _wanted(
        self, what: str, destination: str | None, as_of: float | None, choice: Choice
    ) -> tuple[Version, bytes, Wanted]:
        """The version, where it goes, and what is to be done; its `total` is -1 when that must be counted."""
        item, version, inside = await self._db.read(meaning, what, self._is_busy, as_of)
        target = os.path.join(item.path, inside) if inside else item.path
        if destination is not None:
            base = os.fsencode(os.path.expanduser(destination))
            if not base.startswith(b"/"):
                raise Usage(f"the destination {destination!r} is not an absolute path")
            target = os.path.join(base, target.lstrip(b"/"))
        whole = not inside and item.type != "file"
        wanted = Wanted(
            item=item.path_id,
            seq=version.seq,
            label=version.label,
            inside=inside,
            root=target if whole else os.path.dirname(target),
            name=b"" if whole else os.path.basename(target),
            overwrite=destination is None,
            total=version.bytes,
            choice=choice,
        )
        if not inside and choice.is_all:
            return version, target, wanted
        entry = await self._db.read(entries.entry_at, item.path_id, version.seq, inside)
        if entry is not None and entry.meta.kind is not Kind.DIR:
            if not choice.is_all:
                raise Usage("that is one file, of which no part can be chosen", hint="name a folder")
            return version, target, replace(wanted, total=entry.meta.size)
        return version, target, replace(wanted, total=-1)

    def _check_any(self, version: Version, wanted: Wanted, entries_found: int) -> None:
        """@raise NotFound: nothing is chosen."""
        if not entries_found and not wanted.choice.is_all:
            raise NotFound(
                f"nothing in version {version.backup_id} fits",
                hint="patterns count from the top of the version: `bitdust ls` shows what it holds",
            )

    def _check_room(self, wanted: Wanted) -> None:
        folder = _there(wanted)
        room = free_space(folder)
        if room < wanted.total:
            raise NoSpace(
                f"{wanted.total} bytes do not fit: {folder} has {room} left",
                hint="choose another destination",
            )

    # -- telling

    def _task(self, number: int, turn: Turn) -> Task:
        progress, wanted = turn.job.progress, turn.job.wanted
        course, now = self._course(turn), self._clock.seconds()
        return Task(
            id=number,
            kind="restore",
            name=turn.destination,
            path_id=wanted.item,
            version=wanted.label,
            state=_state(turn),
            progress=course.part,
            done=progress.written,
            total=wanted.total,
            files=progress.files,
            rate=round(course.speed(now) * wanted.total),
            left=course.left(now),
            skipped=len(progress.skipped),
            message=told(progress.skipped),
            notes=f"{progress.there} of its names were there already" if progress.there else "",
        )

    def _view(self, turn: Turn) -> RestoreRunning:
        progress, wanted = turn.job.progress, turn.job.wanted
        return RestoreRunning(
            backup_id=f"{wanted.item}/{wanted.label}",
            destination=turn.destination,
            state=_state(turn),
            shape="",
            written=progress.written,
            total=wanted.total,
            progress=self._course(turn).part,
            created=turn.created,
        )

    def _course(self, turn: Turn) -> Course:
        """How fast it goes on, as far as is known at this moment."""
        if turn.job.gate.is_shut:
            turn.course.rest()
        elif turn.job.wanted.total:
            turn.course.note(self._clock.seconds(), turn.job.progress.written / turn.job.wanted.total)
        return turn.course


def _there(wanted: Wanted) -> Path:
    """The folder that is there already and will be written into.  @raise Usage: it is none."""
    folder = Path(os.fsdecode(wanted.root))
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        raise Usage(f"{folder} is not a folder", hint="name a folder to restore to, there or not there yet")
    return folder


def _state(turn: Turn) -> str:
    return PAUSED if turn.job.gate.is_shut else turn.job.progress.state
