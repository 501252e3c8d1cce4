"""
tasks: the long work of the node.
"""

from __future__ import annotations

import click

from bitdust.cli.groups import Nouns
from bitdust.cli.terminal import Terminal, pass_terminal, said
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
            f"{task['path_id']}/{task['version']}",
            f"{task['state']}: {task['message']}" if task["error"] else task["state"],
            task["name"],
        )
        for task in found
    ]
    if rows:
        terminal.table(("#", "KIND", "DONE", "SIZE", "VERSION", "STATE", "NAME"), rows, right=(0, 2, 3))
    else:
        terminal.note("Nothing runs, and nothing has run since the node was started.")


@tasks.command(
    help=said("Stop a backup or restore.", "bitdust tasks cancel 17", "bitdust --json tasks cancel 17")
)
@click.argument("number", type=int)
@pass_terminal
def cancel(terminal: Terminal, number: int) -> None:
    task = next((task for task in terminal.ask("tasks_list") if task["id"] == number), None)
    if task is None:
        raise NotFound(f"there is no task {number}", hint="`bitdust tasks list` shows them")
    version = f"{task['path_id']}/{task['version']}"
    if task["kind"] == "restore":
        terminal.answer(terminal.ask("restore_abort", version))
    elif any(queued["path_id"] == task["path_id"] for queued in terminal.ask("backups_queue")):
        terminal.answer(terminal.ask("backup_cancel_pending", task["path_id"]))
    else:
        terminal.answer(terminal.ask("backup_abort_running", version))
