"""
Waiting for long work: what the node's task list says of it, again and again, until it has ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bitdust.cli.progress import Progress
from bitdust.cli.terminal import Terminal
from bitdust.errors import BitDustError, Cancelled, NoDaemon, NotFound, all_errors

#: Seconds between two looks: short at first, since small work is soon done.
PACE = (0.05, 0.05, 0.1, 0.1, 0.2)
SLOW_PACE = 0.4
#: A node may restart meanwhile; so long without an answer, and it has gone for good.
PATIENCE = 60.0
#: Looks without finding the work anywhere.
LOST_AFTER = 20

ENDED = frozenset(("committed", "done", "failed", "cancelled"))


@dataclass
class Work:
    """A backup or restore of the node, as this command asked for it."""

    kind: str
    path_id: str | None  # None: whatever it is about
    version: str  # "" until it is known
    after: int  # tasks up to this number are older
    name: str

    def is_in(self, task: dict[str, Any]) -> bool:
        """Is that the task?  Numbers begin anew when the node restarts; versions do not."""
        if task["kind"] != self.kind or self.path_id not in (None, task["path_id"]):
            return False
        return bool(task["version"] == self.version if self.version else task["id"] > self.after)


def last_task(terminal: Terminal) -> int:
    """The number of the newest task so far."""
    return max((int(task["id"]) for task in terminal.ask("tasks_list")), default=0)


def follow(terminal: Terminal, work: Work) -> dict[str, Any]:
    """
    Show how the work goes on until it has ended.

    @return: its task as it was at the end.
    @raise BitDustError: it failed, with its own error.
    """
    task: dict[str, Any] = {}
    missed = 0
    with Progress(terminal, work.name) as progress:
        for pause in _paces():
            found = next((each for each in _tasks(terminal) if work.is_in(each)), None)
            if found is not None:
                task, missed = found, 0
                work.version = task["version"]
                progress.show(task)
                if task["state"] in ENDED:
                    break
            else:
                missed += 1
                if missed > LOST_AFTER:
                    task = _outcome(terminal, work, task)
                    break
            time.sleep(pause)
    if task["state"] == "cancelled":
        raise Cancelled(f"{work.kind} of {work.name} was cancelled")
    if task["state"] == "failed":
        raise _error(str(task["error"]), str(task["message"]))
    return task


def _paces() -> Iterator[float]:
    yield from PACE
    while True:
        yield SLOW_PACE


def _tasks(terminal: Terminal) -> list[dict[str, Any]]:
    """The tasks, newest first; a node that restarts is waited for."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return list(reversed(terminal.ask("tasks_list")))
        except NoDaemon:
            if time.monotonic() > until:
                raise
            time.sleep(SLOW_PACE)


def _outcome(terminal: Terminal, work: Work, task: dict[str, Any]) -> dict[str, Any]:
    """The list has forgotten it, as after a restart: a version that can be restored was committed."""
    if work.kind == "backup" and work.version:
        backup = f"{work.path_id}/{work.version}"
        found = terminal.ask("backups_id_list")
        if any(each["backupid"] == backup and not each.get("incomplete") for each in found):
            return {**task, "state": "committed", "progress": 1.0}
    raise NotFound(
        f"the {work.kind} of {work.name} is not in the node's list any more",
        hint="`bitdust versions` shows what there is",
    )


def _error(name: str, message: str) -> BitDustError:
    kind = next((kind for kind in all_errors() if kind.id == name), BitDustError)
    error = BitDustError.__new__(kind)
    BitDustError.__init__(error, message or None)
    return error
