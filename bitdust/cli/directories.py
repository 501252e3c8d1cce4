"""
directories: where this node tells of itself and finds others.
"""

from __future__ import annotations

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Identity servers, the DHT and the local network: what is in use, and what came of it.",
        "bitdust directories",
        "bitdust --json directories",
    )
)
@pass_terminal
def directories(terminal: Terminal) -> None:
    found = terminal.ask("directories_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            each["name"],
            each["state"],
            str(each["knows"]),
            str(each["asked"]),
            str(each["found"]),
            each["trouble"] or "-",
        )
        for each in found
    ]
    terminal.table(("DIRECTORY", "STATE", "KNOWS", "ASKED", "FOUND", "TROUBLE"), rows)
