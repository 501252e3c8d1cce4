"""
restore PATH|ID [DEST]
"""

from __future__ import annotations

import re
import time
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.backup import PARTIAL
from bitdust.cli.moments import moment
from bitdust.cli.names import absolute, counted, meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waiting import Work, follow, last_task
from bitdust.errors import BitDustError

_BEGUN = re.compile(r"downloading of version (\S+)/(\S+) has been started to (.*)", re.DOTALL)
#: what a dry run says of a name that is taken at another place than the old one
_THERE = {"": "", "same": "  (there already)", "other": "  (something else is there, and stays)"}


@click.command(
    help=said(
        "Bring a file, a folder or a version back.  Without DEST it replaces what is where it came from.",
        "bitdust restore ~/Documents /tmp/out",
        "bitdust restore 0/0/1/F20160313043757PM:thesis/a.txt /tmp/out",
        "bitdust restore ~/Pictures --as-of yesterday --include '*.jpg' --exclude '/cache/' --dry-run",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@click.argument("destination", required=False, metavar="[DEST]")
@click.option("--as-of", metavar="TIME", help="The last version not made after: 2026-11-20, '3h ago'.")
@click.option("--include", metavar="LINE", multiple=True, help="Only this, a line as in a .gitignore.")
@click.option("--exclude", metavar="LINE", multiple=True, help="All but this, a line as in a .gitignore.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would come back.")
@click.option("--wait/--no-wait", default=True, help="Until everything is back (default), or not at all.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before replacing files in place.")
@pass_terminal
def restore(
    terminal: Terminal,
    what: str,
    destination: str | None,
    as_of: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    dry_run: bool,
    wait: bool,
    yes: bool,
) -> None:
    begun = time.monotonic()
    asked: list[Any] = [meant(what), absolute(destination) if destination else None]
    if as_of is not None or include or exclude:
        asked += [moment(as_of) if as_of is not None else None, list(include), list(exclude)]
    if dry_run:
        _foresee(terminal, asked)
        return
    before = last_task(terminal)
    if destination is None:
        terminal.confirm(f"Replace what is at the old place of {what} now?", yes)
    answer = terminal.ask("restore_single", *asked)
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
                "notes": task["notes"],
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
        if task["notes"]:
            terminal.note(f"note: {task['notes']}")
    if code:
        raise click.exceptions.Exit(code)


def _foresee(terminal: Terminal, asked: list[Any]) -> None:
    """Show what would come back."""
    found = terminal.ask("restore_preview", *asked)
    if terminal.json:
        terminal.show(found)
        return
    in_place = asked[1] is None
    for each in found["entries"]:
        size = "-" if each["type"] == "dir" else terminal.size(each["size"])
        name = spelled(each, "inside", "/" if each["type"] == "dir" else "")
        terminal.say(f"{size:>10}  {name}{'' if in_place else _THERE.get(each['there'], '')}")
    if (more := found["files"] + found["folders"] - len(found["entries"])) > 0:
        terminal.say(f"{'':>10}  … and {more} more")
    there = f"; {counted(found['there'], 'file')} there would be {'replaced' if in_place else 'left as is'}"
    if found["same"] and not in_place:
        there += f", {found['same']} of them the same already"
    terminal.say(
        f"{counted(found['files'], 'file')}, {counted(found['folders'], 'folder')}, "
        f"{terminal.size(found['size'])} of {found['backup_id']} would come back as "
        f"{spelled(found, 'destination')}" + (there if found["there"] else "")
    )
