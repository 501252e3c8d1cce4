"""
restore PATH|ID [DEST]
"""

from __future__ import annotations

import re
import time

import click

from bitdust.cli import known
from bitdust.cli.backup import PARTIAL
from bitdust.cli.names import absolute, counted, meant
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waiting import Work, follow, last_task
from bitdust.errors import BitDustError

_BEGUN = re.compile(r"downloading of version (\S+)/(\S+) has been started to (.*)", re.DOTALL)


@click.command(
    help=said(
        "Bring a file, a folder or a version back.  Without DEST it replaces what is where it came from.",
        "bitdust restore ~/Documents /tmp/out",
        "bitdust restore 0/0/1/F20160313043757PM:thesis/a.txt /tmp/out",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@click.argument("destination", required=False, metavar="[DEST]")
@click.option("--wait/--no-wait", default=True, help="Until everything is back (default), or not at all.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before replacing files in place.")
@pass_terminal
def restore(terminal: Terminal, what: str, destination: str | None, wait: bool, yes: bool) -> None:
    begun = time.monotonic()
    before = last_task(terminal)
    if destination is None:
        terminal.confirm(f"Replace what is at the old place of {what} now?", yes)
    answer = terminal.ask("restore_single", meant(what), absolute(destination) if destination else None)
    if not wait:
        terminal.answer(answer)
        return
    found = _BEGUN.fullmatch(str(answer["result"]))
    if found is None:
        raise BitDustError(f"the node answered something unforeseen: {answer['result']}")
    path_id, version, place = found.groups()
    task = follow(terminal, Work("restore", path_id, "", before, what))
    code = PARTIAL if task["skipped"] else 0
    if terminal.json:
        terminal.show(
            {
                "message_type": "summary",
                "task": task["id"],
                "backup_id": f"{path_id}/{version}",
                "destination": place,
                "files": task["files"],
                "bytes": task["done"],
                "skipped": task["skipped"],
                "message": task["message"],
                "seconds": round(time.monotonic() - begun, 3),
                "exit_code": code,
            }
        )
    else:
        terminal.say(
            f"{counted(task['files'], 'file')}, {terminal.size(int(task['done']))} verified"
            f" and restored to {place} "
            f"in {time.monotonic() - begun:.1f} s"
        )
        if task["skipped"]:
            terminal.note(f"{task['skipped']} left out: {task['message']}")
    if code:
        raise click.exceptions.Exit(code)
