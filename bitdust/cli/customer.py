"""
customer: those whose pieces we keep.
"""

from __future__ import annotations

import time

import click

from bitdust.cli.groups import Nouns
from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said("Those whose pieces we keep.", "bitdust customer list", "bitdust --json customer list"),
)
def customer() -> None:
    pass


@customer.command(
    "list", help=said("The customers.", "bitdust customer list", "bitdust --json customer list")
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("customers_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            name_in(each["idurl"]),
            each["state"],
            terminal.size(each["granted"]),
            terminal.size(each["used"]),
            each["pieces"],
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each["last_contact"])),
            each["idurl"],
        )
        for each in found
    ]
    if rows:
        head = ("CUSTOMER", "STATE", "GRANTED", "USED", "PIECES", "LAST CONTACT", "IDURL")
        terminal.table(head, rows, right=(2, 3, 4))
    else:
        terminal.note("Nobody keeps anything here yet.")
