"""
tasks: the long work of the node.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.items import id_of
from bitdust.cli.names import absolute, is_backup_id, is_id
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waiting import ENDED
from bitdust.errors import NotFound


@click.group(
    cls=Nouns,
    default="list",
    help=said("What is under way, and what became of it.", "bitdust tasks", "bitdust tasks cancel 17"),
)
def tasks() -> None:
    pass


@tasks.command(
    "list", help=said("What runs, waits or has ended.", "bitdust tasks list", "bitdust --json tasks list")
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("tasks_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            task["id"],
            task["kind"],
            f"{task['progress'] * 100:.0f} %",
            terminal.size(task["done"]),
            f"{task['path_id']}/{task['version']}" if task["path_id"] else "",
            _state(task),
            spelled(task, "name"),
        )
        for task in found
    ]
    if rows:
        terminal.table(("#", "KIND", "DONE", "SIZE", "VERSION", "STATE", "NAME"), rows, right=(0, 2, 3))
    else:
        terminal.note("Nothing runs, and nothing has run since the node was started.")


@tasks.command(
    help=said(
        "Stop a backup, restore, drill or cleaning, by its number, or by what it works on.",
        "bitdust tasks cancel 17",
        "bitdust tasks cancel ~/Documents",
    )
)
@click.argument("which", metavar="NUMBER|PATH|ID", shell_complete=known.tasks)
@pass_terminal
def cancel(terminal: Terminal, which: str) -> None:
    task = _look_for(terminal, which)
    if task is None and which.isdecimal():
        raise _no_task(which)
    which = which if is_id(which) else id_of(terminal, absolute(which))
    if task is None:  # the node forgets a task's end, and knows best what it still does
        task = {"kind": "backup", "path_id": which, "version": ""}
    if task["kind"] not in ("backup", "restore"):
        terminal.answer(terminal.ask("tasks_cancel", task["id"]))
        return
    version = f"{task['path_id']}/{task['version']}" if task["version"] else which
    if task["kind"] == "restore":
        terminal.answer(terminal.ask("restore_abort", version))
    elif not is_backup_id(version) or _is_queued(terminal, task["path_id"]):
        terminal.answer(terminal.ask("backup_cancel_pending", task["path_id"]))
    else:
        terminal.answer(terminal.ask("backup_abort_running", version))


def _state(task: dict[str, Any]) -> str:
    state = f"{task['state']}: {task['message']}" if task["error"] else str(task["state"])
    return f"{state} (warning: {task['warning']})" if task["warning"] else state


def find_task(terminal: Terminal, which: str) -> dict[str, Any]:
    """
    The task of that number, or the one under way about that path or ID.

    @raise NotFound: there is none.
    """
    task = _look_for(terminal, which)
    if task is None:
        raise _no_task(which)
    return task


def _look_for(terminal: Terminal, which: str) -> dict[str, Any] | None:
    """Of several tasks the newest.  @raise NotFound: it is a path that is not in the catalog."""
    found = list(reversed(terminal.ask("tasks_list")))
    wanted = which if is_id(which) else id_of(terminal, absolute(which))
    return next((task for task in found if _is(task, wanted)), None)


def _no_task(which: str) -> NotFound:
    return NotFound(f"there is no task {which}", hint="`bitdust tasks list` shows them")


def _is(task: dict[str, Any], which: str) -> bool:
    """Is that the task meant?  By its ID, only while it lasts."""
    if which.isdecimal():
        return bool(task["id"] == int(which))
    return task["state"] not in ENDED and which in (task["path_id"], f"{task['path_id']}/{task['version']}")


def _is_queued(terminal: Terminal, path_id: str) -> bool:
    return any(queued["path_id"] == path_id for queued in terminal.ask("backups_queue"))
