"""
verify [PATH|ID]
"""

from __future__ import annotations

import click

from bitdust.cli import known
from bitdust.cli.moments import shown
from bitdust.cli.names import counted, meant
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waiting import Work, follow
from bitdust.errors import Damaged, Usage

#: more than anybody has
ALL = 2**60


@click.command(
    help=said(
        "A restore drill: bring a sample back from the suppliers, compare it with what was backed up, and"
        " write nothing.  A node holds one by itself every week; --list tells what came of them.",
        "bitdust verify",
        "bitdust verify ~/Documents --all",
        "bitdust verify --sample 1GB",
    )
)
@click.argument("what", metavar="[PATH|ID]", required=False, shell_complete=known.items)
@click.option(
    "--sample", metavar="SIZE", help="About so many bytes, chosen by chance, but one stretch at least: 100MB."
)
@click.option("--all", "everything", is_flag=True, help="All of it: as long as a restore.")
@click.option("--list", "-l", "list_", is_flag=True, help="What came of the last ones.")
@click.option("--wait/--no-wait", default=True, help="Until it has ended (default), or not at all.")
@pass_terminal
def verify(
    terminal: Terminal, what: str | None, sample: str | None, everything: bool, list_: bool, wait: bool
) -> None:
    if list_:
        _tell(terminal)
        return
    if everything and sample is not None:
        raise Usage("--all is all of it, and --sample a part", hint="give one of them")
    size: int | None = ALL if everything else None
    if sample is not None:
        from bitdust.config.sizes import parse_size  # most commands need none, and start faster without

        size = parse_size(sample)
    answer = terminal.ask("verify_start", meant(what) if what is not None else None, size)
    if not wait:
        terminal.answer(answer)
        return
    task = follow(terminal, Work("verify", None, "", int(answer["task"]) - 1, what or "everything"))
    if terminal.json:
        last = terminal.ask("drills_list")[0]
        terminal.show({"message_type": "summary", "task": task["id"], **last})
    else:
        wrong = f"; {counted(task['skipped'], 'file')} did not" if task["skipped"] else ""
        amount = terminal.size(int(task["done"]))
        terminal.say(f"{counted(task['files'], 'file')}, {amount} came back as backed up{wrong}")
    if task["skipped"]:
        raise Damaged(f"{counted(task['skipped'], 'file')} did not come back: {task['message']}")


def _tell(terminal: Terminal) -> None:
    found = terminal.ask("drills_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (shown(each["time"]), each["files"], terminal.size(each["bytes"]), each["wrong"], each["note"])
        for each in found
    ]
    if rows:
        terminal.table(("ENDED", "FILES", "SIZE", "WRONG", "WHAT"), rows, right=(1, 2, 3))
    else:
        terminal.note("No drill was held yet: `bitdust verify` holds one.")
