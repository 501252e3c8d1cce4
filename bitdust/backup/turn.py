"""
turn -- a backup from when it is asked for until it has ended, and what is told of it meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred

from bitdust.backup.backup_job import BackupJob, Progress
from bitdust.backup.course import Course
from bitdust.backup.gate import PAUSED, Gate
from bitdust.backup.intake import Intake
from bitdust.backup.notes import told
from bitdust.backup.views import Running, Task
from bitdust.catalog.jobs import Job
from bitdust.catalog.policies import ItemPolicy
from bitdust.events import Signal

#: what a backup has done at most while it is not committed
MOST_PART = 0.99


@dataclass(eq=False)
class Turn:
    """A job and where it stands."""

    job: Job
    path: bytes
    task: int = 0
    running: BackupJob | None = None
    work: Deferred[None] | None = None
    aborting: bool = False
    #: its owner wants it to rest
    paused: bool = False
    #: shut while it rests, whoever wanted it
    gate: Gate = field(default_factory=Gate)
    #: bytes that each supplier has signed for
    sent: Counter[str] = field(default_factory=Counter)
    #: and bytes on their way that each was handed, and has not signed for yet
    handed: Callable[[], Counter[str]] = Counter
    #: how fast it goes on
    course: Course = field(default_factory=Course)
    #: why it cannot go on for the moment
    trouble: str = ""
    #: what is done before or after the job itself, and what went wrong there
    doing: str = ""
    warning: str = ""
    #: what is to be said of its end
    note: str = ""
    #: what its owner wants, once it has begun
    policy: ItemPolicy | None = None
    #: what is sent, where it is no file or folder
    stream: Intake | None = None
    #: the job has ended, whatever is still done after it
    is_over: bool = False
    over: Signal[[]] = field(default_factory=Signal)

    @property
    def state(self) -> str:
        """What it does, in a word or two."""
        if self.doing:
            return self.doing
        return PAUSED if self.gate.is_shut else self.trouble or self._progress.state.lower()

    def task_view(self, number: int, now: float) -> Task:
        """As a task of that number; `now` by the clock, in seconds."""
        progress = self._progress
        course, sent = self._course_at(now), self.sent + self.handed()
        total = progress.total if progress.total >= 0 else progress.expected
        return Task(
            id=number,
            kind="backup",
            name=self.path,
            path_id=self.job.item,
            version=self.job.label,
            state=self.state,
            progress=course.part,
            done=progress.read,
            total=total,
            files=progress.files,
            new=progress.new,
            sent=sent.total(),
            suppliers=dict(sent),
            rate=round(course.speed(now) * max(total, 0)),
            left=course.left(now),
            skipped=len(unread := [note for note in progress.skipped if note.unread]),
            message=told(unread),
            notes="; ".join(
                filter(None, (told([note for note in progress.skipped if not note.unread]), self.note))
            ),
            warning=self.warning,
        )

    def view(self, now: float) -> Running:
        """As a backup under way."""
        assert self.running is not None
        progress = self.running.progress
        return Running(
            backup_id=f"{self.job.item}/{self.job.label}",
            path=self.path,
            state=self.state,
            shape=self.running.shape,
            block_size=self.running.block_size,
            blocks=progress.blocks,
            read=progress.read,
            sent=(self.sent + self.handed()).total(),
            total=progress.total,
            progress=self._course_at(now).part,
            aborting=self.aborting,
        )

    @property
    def _progress(self) -> Progress:
        return self.running.progress if self.running is not None else Progress()

    def _course_at(self, now: float) -> Course:
        """How fast it goes on, as far as is known at this moment."""
        if self.running is None or self.trouble or self.gate.is_shut:
            self.course.rest()
        else:
            # All of it only when it is committed.
            sent = (self.sent + self.handed()).total()
            self.course.note(now, min(MOST_PART, self._progress.part(sent)))
        return self.course
