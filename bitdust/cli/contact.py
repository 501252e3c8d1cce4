"""
contact: the people we write to.
"""

from __future__ import annotations

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import NotFound


@click.group(
    cls=Nouns,
    default="list",
    help=said(
        "The people we write to.",
        "bitdust contact add http://id.example.net/bob.xml bob",
        "bitdust contact find bob",
    ),
)
def contact() -> None:
    pass


@contact.command(
    "list", help=said("The correspondents.", "bitdust contact list", "bitdust --json contact list")
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("list_correspondents")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (each["nickname"], each["state"], "yes" if each["online"] else "no", each["idurl"]) for each in found
    ]
    if rows:
        terminal.table(("NICKNAME", "STATE", "ONLINE", "IDURL"), rows)
    else:
        terminal.note("There is nobody yet: `bitdust contact add IDURL`.")


@contact.command(
    "add",
    help=said(
        "Add somebody by his IDURL or his claimed nickname, or call him otherwise.",
        "bitdust contact add http://id.example.net/bob.xml bob",
        "bitdust contact add bob",
    ),
)
@click.argument("who")
@click.argument("nickname", default="")
@pass_terminal
def add(terminal: Terminal, who: str, nickname: str) -> None:
    if "://" not in who:
        found = terminal.ask("find_peer_by_nickname", who)
        if not found["idurl"]:
            raise NotFound(f"nobody is called {who!r}", hint="ask him for his IDURL")
        who, nickname = found["idurl"], nickname or who
    terminal.answer(terminal.ask("add_correspondent", who, nickname))


@contact.command(
    "remove",
    help=said(
        "Remove somebody; what was written stays.",
        "bitdust contact remove http://id.example.net/bob.xml",
        "bitdust --json contact remove http://id.example.net/bob.xml",
    ),
)
@click.argument("idurl", shell_complete=known.people)
@pass_terminal
def remove(terminal: Terminal, idurl: str) -> None:
    terminal.answer(terminal.ask("remove_correspondent", idurl))


@contact.command(
    "find",
    help=said("Who claims a nickname.", "bitdust contact find bob", "bitdust --json contact find bob"),
)
@click.argument("nickname")
@pass_terminal
def find(terminal: Terminal, nickname: str) -> None:
    found = terminal.ask("find_peer_by_nickname", nickname)
    if terminal.json:
        terminal.show(found)
        return
    terminal.say(f"{found['nickname']}: {found['idurl'] or found['result']}")
    if found["candidates"]:
        rows = [
            (each["position"], each["state"], each["idurl"], each["fingerprint"])
            for each in found["candidates"]
        ]
        terminal.table(("POSITION", "STATE", "IDURL", "FINGERPRINT"), rows)
