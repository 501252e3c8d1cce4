"""
reconnect: every connection to other nodes made anew.
"""

from __future__ import annotations

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "End every connection to other nodes and make them anew, now.",
        "bitdust reconnect",
        "bitdust --json reconnect",
    )
)
@pass_terminal
def reconnect(terminal: Terminal) -> None:
    terminal.answer(terminal.ask("reconnect"))
