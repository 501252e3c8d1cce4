"""
backup PATH...
"""

from __future__ import annotations

import os
import re
import time
from typing import Any

import click

from bitdust.cli.exclude import tell_preview
from bitdust.cli.names import absolute, counted, is_id
from bitdust.cli.stdin import send
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waiting import Work, follow, last_task
from bitdust.errors import BitDustError, NoDaemon

PARTIAL = 3  # the exit code of work that left something out
_PATH_ID = re.compile(r"uploading (\S+) started")
LOOK_EVERY = 0.2
SHOWN = 1000  # names left out that a dry run shows


@click.command(
    help=said(
        "Back up files and folders, and wait until they are at enough suppliers.  Older versions go as"
        " `services/backups/max-copies` says (2 are kept), or `services/backups/keep`, or the item's"
        " `bitdust policy`: how many, the summary says.",
        "bitdust backup ~/Documents ~/Photos",
        "bitdust backup --no-wait 0/0/1",
        "bitdust backup --add ~/Documents",
        "bitdust backup --dry-run ~/Documents",
        "pg_dump db | bitdust backup --stdin db.sql",
        "bitdust backup --stdin db.sql -- pg_dump db",
    )
)
@click.argument("paths", nargs=-1, metavar="PATH|ID...")
@click.option(
    "--stdin", "name", metavar="NAME", help="What is piped in, or what the command writes that follows."
)
@click.option("--wait/--no-wait", default=True, help="Until it is committed (default), or not at all.")
@click.option("--safe", is_flag=True, help="Wait until every supplier has its pieces.")
@click.option("--add", is_flag=True, help="Only put them into the catalog, for a later backup by ID.")
@click.option("--add-tree", is_flag=True, help="The same, with everything below, each an item of its own.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be left out, and by which rule.")
@pass_terminal
def backup(
    terminal: Terminal,
    paths: tuple[str, ...],
    name: str | None,
    wait: bool,
    safe: bool,
    add: bool,
    add_tree: bool,
    dry_run: bool,
) -> None:
    if not paths and name is None:
        raise click.UsageError("Name what to back up: a path, an ID, or --stdin NAME.")
    if name is not None and (add or add_tree or dry_run):
        raise click.UsageError("--stdin is backed up at once.")
    if dry_run:
        for path in paths:
            tell_preview(terminal, path, SHOWN)
        return
    if add or add_tree:
        for path in paths:
            terminal.answer(_add(terminal, absolute(path), add_tree))
        return
    begun = time.monotonic()
    works, code = (
        ([send(terminal, name, paths)], 0) if name is not None else _start_all(terminal, paths, wait)
    )
    if not wait:
        raise click.exceptions.Exit(code)
    for work in works:
        try:
            task = follow(terminal, work)
        except BitDustError as error:
            terminal.fail(error)
            code = error.exit_code if code in (0, PARTIAL) else code
            continue
        if task["skipped"] and not code:
            code = PARTIAL
        _tell(terminal, work, task, time.monotonic() - begun, code)
    if safe and code in (0, PARTIAL):
        _until_safe(terminal)
    if not terminal.json and not terminal.quiet and code in (0, PARTIAL):
        terminal.note(str(terminal.ask("process_health")["sentence"]))
    if code:
        raise click.exceptions.Exit(code)


def _add(terminal: Terminal, path: str, with_all: bool) -> Any:
    if with_all:
        return terminal.ask("backup_tree_add", path)
    return terminal.ask("backup_dir_add" if os.path.isdir(path) else "backup_file_add", path)


def _start_all(terminal: Terminal, paths: tuple[str, ...], wait: bool) -> tuple[list[Work], int]:
    """
    Begin them; what cannot be begun is told, and keeps no other from its backup.

    @return: those that have begun, and the exit code so far.
    @raise BitDustError: nothing of it can be begun.
    """
    before = last_task(terminal)
    works: list[Work] = []
    refused: BitDustError | None = None
    for path in paths:
        try:
            answer = _start(terminal, path)
        except NoDaemon:
            raise
        except BitDustError as error:
            if refused is not None:
                terminal.fail(refused)
            refused = error
            continue
        if not wait:
            terminal.answer(answer)
        found = _PATH_ID.match(str(answer["result"]))
        works.append(Work("backup", found[1] if found else path, "", before, path))
    if refused is None:
        return works, 0
    if not works:
        raise refused
    terminal.fail(refused)
    return works, PARTIAL


def _start(terminal: Terminal, path: str) -> Any:
    if is_id(path):
        return terminal.ask("backup_start_id", path)
    return terminal.ask("backup_start_path", absolute(path))


def _until_safe(terminal: Terminal) -> None:
    while terminal.ask("process_health")["state"] in ("backing up", "waiting", "degraded"):
        time.sleep(LOOK_EVERY)


def _tell(terminal: Terminal, work: Work, task: dict[str, Any], seconds: float, code: int) -> None:
    version = f"{work.path_id}/{task['version']}"
    if terminal.json:
        terminal.show(
            {
                "message_type": "summary",
                "task": task["id"],
                "backup_id": version,
                "path_id": work.path_id,
                "version": task["version"],
                "state": task["state"],
                "files": task["files"],
                "bytes": task["done"],
                "bytes_sent": task["sent"],
                "skipped": task["skipped"],
                "message": task["message"],
                "notes": task["notes"],
                "warning": task["warning"],
                "seconds": round(seconds, 3),
                "exit_code": code,
            }
        )
        return
    terminal.say(
        f"{version}  {counted(task['files'], 'file')}, {terminal.size(int(task['done']))} read, "
        f"{terminal.size(int(task['sent']))} sent in {seconds:.1f} s"
    )
    if task["skipped"]:
        terminal.note(f"{counted(task['skipped'], 'name')} could not be read: {task['message']}")
    if task["notes"]:
        terminal.note(f"note: {task['notes']}")
    if task["warning"]:
        terminal.note(f"warning: {task['warning']}")
