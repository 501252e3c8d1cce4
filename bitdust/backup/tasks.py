"""
tasks -- what is under way and what became of it, for whoever asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bitdust.backup.views import Task
from bitdust.errors import BitDustError
from bitdust.events import Signal

#: states of work that came to its end
WHOLE = frozenset(("committed", "done"))
#: tasks that have ended and are still told of
KEPT = 100


@dataclass
class Open:
    """A task under way; `look` tells how it is at this moment."""

    id: int
    look: Callable[[int], Task]
    begun: bool = False
    ended: Task | None = None


@dataclass
class Tasks:
    """The tasks of one node, oldest first."""

    _tasks: OrderedDict[int, Open] = field(default_factory=OrderedDict)
    _last: int = 0
    #: a task was opened; its work begins (once, however often it is tried); it has ended
    added: Signal[[Task]] = field(default_factory=Signal)
    began: Signal[[Task]] = field(default_factory=Signal)
    ended: Signal[[Task]] = field(default_factory=Signal)

    def open(self, look: Callable[[int], Task]) -> int:
        """A new task; its number."""
        self._last += 1
        self._tasks[self._last] = Open(self._last, look)
        self.added(look(self._last))
        return self._last

    def begin(self, number: int) -> None:
        """Its work begins, or is tried once more."""
        task = self._tasks[number]
        if not task.begun:
            task.begun = True
            self.began(task.look(number))

    def close(self, number: int, state: str, error: BaseException | None = None) -> None:
        """It has ended: in `state`, or with an error."""
        task = self._tasks[number]
        last = task.look(number)
        task.ended = replace(
            last,
            state=state,
            progress=1.0 if state in WHOLE else last.progress,
            rate=0,
            left=None,
            error=_id_of(error),
            message=str(error) if error is not None else last.message,
        )
        ended = [each for each in self._tasks.values() if each.ended is not None]
        for old in ended[:-KEPT]:
            del self._tasks[old.id]
        self.ended(task.ended)

    def all(self) -> list[Task]:
        """Every task under way, and the last that ended."""
        return [task.ended or task.look(task.id) for task in self._tasks.values()]

    def find(self, number: int) -> Task | None:
        """That one, if it is under way or one of the last that ended."""
        task = self._tasks.get(number)
        return None if task is None else task.ended or task.look(number)

    def under_way(self) -> list[Task]:
        """Those whose work has begun and not ended."""
        return [task.look(task.id) for task in self._tasks.values() if task.begun and task.ended is None]


def _id_of(error: BaseException | None) -> str:
    if error is None:
        return ""
    return error.id if isinstance(error, BitDustError) else "failed"
