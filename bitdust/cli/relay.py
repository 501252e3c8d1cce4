"""
relay: whom this node carries for, and who carries for it.
"""

from __future__ import annotations

import time

import click

from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Who is reached over this node, and over whom it is reached.", "bitdust relay", "bitdust --json relay"
    )
)
@pass_terminal
def relay(terminal: Terminal) -> None:
    found = terminal.ask("relay_status")
    if terminal.json:
        terminal.show(found)
        return
    terminal.answer(found)
    if found["carried_for"]:
        rows = [
            (
                name_in(each["idurl"]),
                "ours" if each["own"] else "stranger",
                each["circuits"],
                terminal.size(each["carried"]),
                _date(each["since"]),
                each["idurl"],
            )
            for each in found["carried_for"]
        ]
        terminal.table(("CARRIED FOR", "WHO", "NOW", "CARRIED", "SINCE", "IDURL"), rows, right=(2, 3))
    if found["carried_by"]:
        relays = [
            (
                name_in(each["idurl"]),
                "everything" if each["bulk"] else f"{terminal.size(each['size'])} in {each['seconds']} s",
                _date(each["since"]),
                each["idurl"],
            )
            for each in found["carried_by"]
        ]
        terminal.table(("CARRIED BY", "TERMS", "SINCE", "IDURL"), relays)


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
