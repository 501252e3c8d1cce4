"""
restores -- what is meant by "restore this", and the restores under way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.backup.course import Course
from bitdust.backup.gate import PAUSED
from bitdust.backup.meaning import meaning
from bitdust.backup.replant import refuse_taken
from bitdust.backup.restore_job import RestoreJob, Wanted
from bitdust.backup.tasks import Tasks
from bitdust.backup.views import RestoreRunning, Restoring, Task
from bitdust.catalog import entries, versions
from bitdust.catalog.tree import Item
from bitdust.catalog.versions import Version
from bitdust.customer.block_reader import BlockReader, plan_of
from bitdust.database import Database
from bitdust.disk import free_space
from bitdust.errors import BitDustError, NoSpace, NotFound, Usage
from bitdust.world import Wall, spawn

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
        clock: IReactorTime,
        tasks: Tasks,
        reader: BlockReader,
        make_job: Callable[[Wanted], RestoreJob],
        is_busy: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._wall = wall
        self._clock = clock
        self._tasks = tasks
        self._reader = reader
        self._make_job = make_job
        self._is_busy = is_busy
        self._turns: list[Turn] = []

    async def begin(self, what: str, destination: str | None) -> Restoring:
        """
        Begin to restore: a path ID, a backup ID, one of these with `:relative/path`, or a local path.

        @raise Usage: it is none of these, or the destination is not absolute.
        @raise NotFound: it is not in the catalog, or has no committed version.
        @raise Conflict: its first backup is still under way, or something is in the way.
        @raise Offline: too few suppliers; says "have" and "need".
        @raise NoSpace: it does not fit.
        """
        item, version, inside = await self._db.read(meaning, what, self._is_busy)
        target = os.path.join(item.path, inside) if inside else item.path
        if destination is not None:
            base = os.fsencode(os.path.expanduser(destination))
            if not base.startswith(b"/"):
                raise Usage(f"the destination {destination!r} is not an absolute path")
            target = os.path.join(base, target.lstrip(b"/"))
        whole = not inside and item.type != "file"
        total = version.bytes if not inside else await self._size(item, version, inside)
        wanted = Wanted(
            item=item.path_id,
            seq=version.seq,
            label=version.label,
            inside=inside,
            root=target if whole else os.path.dirname(target),
            name=b"" if whole else os.path.basename(target),
            overwrite=destination is None,
            total=total,
        )
        if destination is not None and not whole:
            refuse_taken(target)
        self._check_room(wanted)
        for serial in (await self._db.read(versions.blocks_of, item.path_id, version.seq))[:LOOKED_AT]:
            await self._reader.check(await self._db.read(plan_of, serial))
        turn = Turn(self._make_job(wanted), target, self._wall())
        turn.task = self._tasks.open(lambda number: self._task(number, turn))
        self._turns.append(turn)
        self._tasks.begin(turn.task)
        turn.work = spawn(self._run(turn))
        return Restoring(version.backup_id, target, turn.task)

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

    def rest(self, task: int | None, rest: bool) -> list[int]:
        """This one rests, or goes on; None: each of them.  The numbers of those that were told."""
        told = [turn for turn in self._turns if task in (None, turn.task)]
        for turn in told:
            turn.job.gate.shut(rest)
        return [turn.task for turn in told]

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

    async def _size(self, item: Item, version: Version, inside: bytes) -> int:
        found = await self._db.read(entries.entry_at, item.path_id, version.seq, inside)
        return found.meta.size if found is not None else 0

    def _check_room(self, wanted: Wanted) -> None:
        folder = Path(os.fsdecode(wanted.root))
        while not folder.exists():
            folder = folder.parent
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
            message="; ".join(f"{skipped.path!r}: {skipped.why}" for skipped in progress.skipped[:10]),
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


def _state(turn: Turn) -> str:
    return PAUSED if turn.job.gate.is_shut else turn.job.progress.state
