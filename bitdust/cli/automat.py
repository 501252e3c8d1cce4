"""
automat: the state machines of the node.
"""

from __future__ import annotations

import click

from bitdust.cli.groups import Nouns
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said("The state machines of the node.", "bitdust automat list", "bitdust --json automat list"),
)
def automat() -> None:
    pass


@automat.command("list", help=said("Every machine and its state.", "bitdust automat", "bitdust automat list"))
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("automats_list")
    if terminal.json:
        terminal.show(found)
    else:
        rows = [(each["index"], each["name"], each["state"]) for each in found]
        terminal.table(("#", "MACHINE", "STATE"), rows, right=(0,))
