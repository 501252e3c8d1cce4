"""
show: the page, in a browser or as a link.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Open the page, logged in, in the browser; where there is none, print a link that works once.",
        "bitdust show",
        "bitdust show --link",
    )
)
@click.option("--link", is_flag=True, help="Only print the link.")
@pass_terminal
def show(terminal: Terminal, link: bool) -> None:
    made: dict[str, Any] = terminal.ask("gui_link")
    if made["browser"] and not link:
        answer = terminal.ask("show")
        terminal.answer({**answer, "url": made["url"]} if terminal.json else answer)
        return
    if terminal.json:
        terminal.show(made)
        return
    terminal.say(made["url"])
    terminal.note(f"this link works once, within {made['seconds']} seconds")
