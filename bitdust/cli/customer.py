"""
customer: those whose pieces we keep.
"""

from __future__ import annotations

import time

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.names import name_in
from bitdust.cli.signs import show_signs
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    old={**dict.fromkeys(("reject", "refuse", "delete", "del", "rm", "free"), "remove"), "call": "ping"},
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
            each["state"] if each["state"] != "active" else each["notice"] or "active",
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
        for each in found:
            if each["notice"]:
                terminal.note(f"{name_in(each['idurl'])}: {each['sentence']}.  Next: {each['next']}.")
    else:
        terminal.note("Nobody keeps anything here yet.")


@customer.command(
    help=said(
        "Ask all customers for a sign of life.", "bitdust customer ping", "bitdust --json customer ping"
    )
)
@pass_terminal
def ping(terminal: Terminal) -> None:
    show_signs(terminal, "customers_ping", "customer")


@customer.command(
    help=said(
        "End a customer's contract, remove his pieces, and give him no other.",
        "bitdust customer remove bob",
        "bitdust customer remove --allow http://id.example.net/bob.xml",
    )
)
@click.argument("which", metavar="NAME|IDURL", shell_complete=known.customers)
@click.option("--allow", is_flag=True, help="The other way: he may ask for a contract again.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def remove(terminal: Terminal, which: str, allow: bool, yes: bool) -> None:
    if "/" not in which:
        named = [each["idurl"] for each in terminal.ask("customers_list") if name_in(each["idurl"]) == which]
        which = named[0] if len(named) == 1 else which
    if not allow:
        terminal.confirm(f"Remove customer {which}?  He loses every piece that lies here.", yes)
    terminal.answer(terminal.ask("customer_reject", which, allow))
