"""
pause and resume: long work rests, and goes on.
"""

from __future__ import annotations

import click

from bitdust.cli.names import counted
from bitdust.cli.tasks import find_task
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Let a backup or restore rest where it is, by its number or what it is about; without one"
        " all of them, and backups that begin later.  It rests until it is resumed, also after a restart.",
        "bitdust pause",
        "bitdust pause 17",
        "bitdust pause ~/Documents",
    )
)
@click.argument("which", metavar="[NUMBER|PATH|ID]", required=False)
@pass_terminal
def pause(terminal: Terminal, which: str | None) -> None:
    _tell(terminal, "tasks_pause", which)
    if which is None and not terminal.json:
        terminal.note("Backups that are asked for rest as well, until `bitdust resume`.")


@click.command(
    help=said(
        "Let a backup or restore go on that was paused; without a number or path all of them.",
        "bitdust resume",
        "bitdust resume 17",
    )
)
@click.argument("which", metavar="[NUMBER|PATH|ID]", required=False)
@pass_terminal
def resume(terminal: Terminal, which: str | None) -> None:
    _tell(terminal, "tasks_resume", which)


def _tell(terminal: Terminal, method: str, which: str | None) -> None:
    answer = (
        terminal.ask(method) if which is None else terminal.ask(method, int(find_task(terminal, which)["id"]))
    )
    if terminal.json:
        terminal.show(answer)
    elif answer["tasks"] or which is None:
        terminal.say(f"{counted(len(answer['tasks']), 'task')} {answer['result']}")
    else:
        terminal.say(f"{which} is {'' if method == 'tasks_pause' else 'not '}paused")
