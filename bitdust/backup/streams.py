"""
streams -- backups of what is sent: the output of a program, which is no file on any disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from bitdust.backup.backup_queue import BackupQueue
from bitdust.backup.intake import LONGEST_SILENCE, SHORTEST_SILENCE, SILENCE, Intake
from bitdust.backup.tasks import Tasks
from bitdust.backup.views import Task
from bitdust.catalog import tree
from bitdust.database import Database
from bitdust.errors import Conflict, NotFound, Usage


@dataclass
class Streams:
    """
    The streams of one node, by the numbers of their tasks.

    @param check: raises when nothing may be changed.
    @param recorded: called after each change of the catalog.
    """

    db: Database
    clock: IReactorTime
    queue: BackupQueue
    tasks: Tasks
    check: Callable[[], None]
    recorded: Callable[[], None]
    _intakes: dict[int, Intake] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tasks.ended.listen(self._ended)

    async def begin(self, path: str, silence: float = SILENCE) -> tuple[int, str]:
        """
        A new version of a file that need not be on any disk; (its number, the item's path ID).

        @param path: what it is called: an absolute path.
        @param silence: seconds without a word after which whoever sends is taken for gone.
        @raise Usage: it is none.  @raise Conflict: it is a folder, or it is being backed up.
        """
        self.check()
        if not SHORTEST_SILENCE <= silence <= LONGEST_SILENCE:
            raise Usage(f"silence is from {SHORTEST_SILENCE} to {LONGEST_SILENCE} seconds")
        name = os.fsencode(path)
        path_id, _ = await self.db(tree.add_path, name, "file")
        intake = Intake(self.clock, silence)
        number = await self.queue.put(path_id, name, intake)
        self._intakes[number] = intake
        self.recorded()
        return number, path_id

    async def give(self, number: int, offset: int, data: bytes) -> int:
        """The next bytes; how many there are now (see `Intake.give`)."""
        return await self._intake(number).give(offset, data)

    def end(self, number: int, size: int) -> None:
        """That was all: the version is made."""
        self._intake(number).end(size)

    async def abort(self, number: int) -> None:
        """No version is made of it."""
        self._intake(number)
        await self.queue.cancel_task(number)

    def _intake(self, number: int) -> Intake:
        if number in self._intakes:
            return self._intakes[number]
        ended = self.tasks.find(number)
        if ended is None:
            raise NotFound(
                f"there is no stream {number} (a restart of the node ends them)", hint="send it anew"
            )
        why = f": {ended.message}" if ended.message else ""
        raise Conflict(f"the backup of the stream is {ended.state}{why}")

    def _ended(self, task: Task) -> None:
        self._intakes.pop(task.id, None)
