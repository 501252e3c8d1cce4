"""
schedule: what is backed up by itself, and when.
"""

from __future__ import annotations

import time
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.names import meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said(
        "What is backed up by itself, and when.  What was missed while the machine slept is made up once.",
        "bitdust schedule set ~/Documents every 4h",
        "bitdust schedule set ~/Photos daily at 03:00",
        "bitdust schedule set ~/Thesis on change",
        "bitdust schedule",
    ),
)
def schedule() -> None:
    pass


@schedule.command(
    "list",
    help=said(
        "What is backed up by itself, what became of its last backup, and when the next one is.",
        "bitdust schedule",
        "bitdust --json schedule list",
    ),
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("schedules_list")
    if terminal.json:
        terminal.show(found)
        return
    if not found:
        terminal.note("Nothing is backed up by itself: `bitdust schedule set PATH every 4h`.")
        return
    rows = [(each["path_id"], each["rule"], _last(each), _next(each), spelled(each)) for each in found]
    terminal.table(("ID", "WHEN", "LAST", "NEXT", "PATH"), rows)
    for each in found:
        if each["trouble"]:
            terminal.note(f"{spelled(each)}: {each['trouble']}; {each['remedy']}")


@schedule.command(
    "set",
    help=said(
        "Back something up by itself: `every 4h` (m, h, d, w), `daily at 03:00`, `mon, thu at 21:30`, "
        "`weekdays at 12:00`, by this machine's clock; or `on change`, a while after something has changed.  "
        "A rule it had before ends.",
        "bitdust schedule set ~/Documents every 4h",
        "bitdust schedule set 0/0/1 mon, thu at 21:30",
        "bitdust schedule set ~/Thesis on change",
    ),
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@click.argument("rule", nargs=-1, required=True, metavar="RULE...")
@pass_terminal
def set_(terminal: Terminal, what: str, rule: tuple[str, ...]) -> None:
    answer = terminal.ask("schedule_set", meant(what), " ".join(rule))
    terminal.answer(answer)
    if terminal.json:
        return
    if answer["next"]:
        terminal.note("next: " + ", ".join(_moment(moment) for moment in answer["next"]))
    else:
        terminal.note(
            "Each change makes a version; to choose which stay: `bitdust policy set PATH --keep-daily 30`."
        )


@schedule.command(
    help=said(
        "Back something up only when it is asked for.  Its versions stay.",
        "bitdust schedule remove ~/Documents",
        "bitdust schedule remove 0/0/1",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@pass_terminal
def remove(terminal: Terminal, what: str) -> None:
    terminal.answer(terminal.ask("schedule_remove", meant(what)))


def _last(timed: dict[str, Any]) -> str:
    return f"{timed['outcome']} {_moment(timed['ended'])}" if timed["outcome"] else "none yet"


def _next(timed: dict[str, Any]) -> str:
    return _moment(timed["next"][0]) if timed["next"] else "when it changes"


def _moment(seconds: Any) -> str:
    return time.strftime("%a %Y-%m-%d %H:%M", time.localtime(seconds))
