"""
ping IDURL
"""

from __future__ import annotations

import click

from bitdust.cli import known
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Ask a peer for a sign of life.",
        "bitdust ping http://id.example.net/bob.xml",
        "bitdust ping --timeout 3 http://id.example.net/bob.xml",
    )
)
@click.argument("idurl", shell_complete=known.people)
@click.option(
    "--timeout", type=float, default=10.0, show_default=True, help="Seconds to wait for the answer."
)
@pass_terminal
def ping(terminal: Terminal, idurl: str, timeout: float) -> None:
    terminal.answer(terminal.ask("ping", idurl, timeout))
