"""
undelete, pin, unpin: what is not to be lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.names import absolute, is_id
from bitdust.cli.spelling import name_of, spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import NotFound

PAGE = 1000


@click.command(
    help=said(
        "Bring back what was deleted; without more, list what can be brought back.  How long that is possible"
        " says the setting services/backups/delete-delay.",
        "bitdust undelete",
        "bitdust undelete 0/0/1/F20160313043757PM",
        "bitdust undelete ~/Documents",
    )
)
@click.argument("what", required=False, metavar="[PATH|ID]")
@pass_terminal
def undelete(terminal: Terminal, /, what: str | None) -> None:
    if what is None:
        _list(terminal, deleted(terminal))
        return
    answer = terminal.ask("backup_undelete", what if is_id(what) else _id_of(terminal, absolute(what)))
    if terminal.json:
        terminal.show(answer)
        return
    for each in answer["back"]:
        terminal.say(each)
    terminal.note(f"{what} is back")


def _list(terminal: Terminal, found: list[dict[str, Any]]) -> None:
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            each["id"],
            terminal.size(each["size"]),
            datetime.fromtimestamp(each["until"]).isoformat(" ", "seconds"),
            spelled(each),
        )
        for each in found
    ]
    if rows:
        terminal.table(("DELETED", "SIZE", "UNTIL", "PATH"), rows, right=(1,))
    else:
        terminal.note("There is nothing that could be brought back.")


def deleted(terminal: Terminal) -> list[dict[str, Any]]:
    """What can be brought back."""
    found: list[dict[str, Any]] = []
    after = None
    while page := terminal.ask("backups_deleted", PAGE, after):
        found += page
        after = page[-1]["id"]
        if len(page) < PAGE:
            break
    return found


def _id_of(terminal: Terminal, path: str) -> str:
    """The item of that path; a version's own ID is a way to it, too."""
    for each in deleted(terminal):
        if name_of(each) == path:
            return str(each["id"]).partition("/F")[0]
    raise NotFound(f"{path!r} is not among what can be brought back", hint="`bitdust undelete` lists that")


@click.command(
    help=said(
        "Keep a version whatever a policy says.",
        "bitdust pin 0/0/1/F20160313043757PM",
        "bitdust forget --keep-last 1 --dry-run",
    )
)
@click.argument("version", metavar="ID", shell_complete=known.versions)
@pass_terminal
def pin(terminal: Terminal, /, version: str) -> None:
    terminal.answer(terminal.ask("backup_pin", version))


@click.command(
    help=said(
        "Let policies take a pinned version away again.",
        "bitdust unpin 0/0/1/F20160313043757PM",
        "bitdust --json unpin 0/0/1/F20160313043757PM",
    )
)
@click.argument("version", metavar="ID", shell_complete=known.versions)
@pass_terminal
def unpin(terminal: Terminal, /, version: str) -> None:
    terminal.answer(terminal.ask("backup_unpin", version))
