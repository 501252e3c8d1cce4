"""
supplier: those who keep our pieces.
"""

from __future__ import annotations

import time

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.names import name_in
from bitdust.cli.signs import show_signs
from bitdust.cli.terminal import Terminal, pass_terminal, said

_COLUMNS = ("#", "SUPPLIER", "STATE", "SINCE", "RTT", "HOLDS", "UPTIME", "AUDITS", "IDURL")


@click.group(
    cls=Nouns,
    default="list",
    old={"fire": "replace", "call": "ping", "hire": "change"},
    help=said("Those who keep our pieces.", "bitdust supplier list", "bitdust supplier replace 2"),
)
def supplier() -> None:
    pass


@supplier.command(
    "list", help=said("The present suppliers.", "bitdust supplier list", "bitdust --json supplier list")
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("suppliers_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            each["position"],
            name_in(each["idurl"]),
            each["state"],
            _date(each["since"]),
            "-" if each["rtt"] is None else f"{each['rtt'] * 1000:.0f} ms",
            terminal.size(each["holds"]),
            "-" if each["uptime"] is None else f"{each['uptime']:.1%}",
            each["audits"] or "-",
            each["idurl"],
        )
        for each in found
    ]
    if rows:
        terminal.table(_COLUMNS, rows, right=(0, 4, 5, 6))
        for each in found:
            if each["doubt"] and each["idurl"]:
                terminal.note(f"{name_in(each['idurl'])} is to be replaced: {each['doubt']}.")
            elif each["doubt"]:
                terminal.note(f"Position {each['position']} is being filled, {each['doubt']}.")
            elif each["notice"]:
                terminal.note(f"{name_in(each['idurl'])} says: {each['notice']}.")
    else:
        terminal.note("There are no suppliers yet; the node looks for them by itself.")


@supplier.command(
    help=said("Ask suppliers for a sign of life.", "bitdust supplier ping", "bitdust supplier ping 2")
)
@click.argument("which", required=False, metavar="[POSITION|NAME|IDURL]", shell_complete=known.suppliers)
@pass_terminal
def ping(terminal: Terminal, which: str | None) -> None:
    show_signs(terminal, "suppliers_ping", "supplier", which)


@supplier.command(
    help=said(
        "Hire a new supplier in a supplier's place; its pieces are made again there.",
        "bitdust supplier replace 2",
        "bitdust supplier replace http://id.example.net/carol.xml",
    )
)
@click.argument("which", metavar="POSITION|NAME|IDURL", shell_complete=known.suppliers)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def replace(terminal: Terminal, which: str, yes: bool) -> None:
    which = _meant(terminal, which)
    terminal.confirm(f"Replace supplier {which}?  What it holds is sent to a new one.", yes)
    terminal.answer(terminal.ask("supplier_replace", which))


@supplier.command(
    help=said(
        "Hire a certain node in a supplier's place; its pieces are made again there.",
        "bitdust supplier change 2 http://id.example.net/dave.xml",
        "bitdust supplier change carol http://id.example.net/dave.xml#fp=FINGERPRINT",
    )
)
@click.argument("which", metavar="POSITION|NAME|IDURL", shell_complete=known.suppliers)
@click.argument("new", metavar="IDURL")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def change(terminal: Terminal, which: str, new: str, yes: bool) -> None:
    which = _meant(terminal, which)
    terminal.confirm(f"Replace supplier {which} by {new}?  What it holds is sent to the new one.", yes)
    terminal.answer(terminal.ask("supplier_change", which, new))


def _meant(terminal: Terminal, which: str) -> str:
    """A name as the IDURL it stands for; what is none, or names several, as it is."""
    if which.isdecimal() or "/" in which:
        return which
    named = [each["idurl"] for each in terminal.ask("suppliers_list") if name_in(each["idurl"]) == which]
    return named[0] if len(named) == 1 else which


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else "-"
