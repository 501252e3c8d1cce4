"""
events: what happened in the node.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said

#: seconds for which one question waits while `--follow` lasts
PATIENCE = 30
#: what says nothing to a person, or says it twice
_UNSAID = frozenset(("fingerprint", "path_b64", "path_id", "kind", "total"))


@click.command(
    help=said(
        "What happened lately, and what happens.",
        "bitdust events --follow",
        "bitdust events --types 'backup.*' --types supplier.lost",
    )
)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl+C.")
@click.option("--types", multiple=True, metavar="TYPE", help="Only these, like backup.*; may be repeated.")
@click.option("--since", type=int, metavar="ID", help="Only what came after that event.")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="So many.")
@pass_terminal
def events(terminal: Terminal, follow: bool, types: tuple[str, ...], since: int | None, limit: int) -> None:
    wanted = list(types) or None
    if not follow:
        found = terminal.ask("events_list", since, limit, wanted)
        if terminal.json:
            terminal.show(found)
            return
        for event in found:
            terminal.say(_line(event))
        if not found:
            terminal.note("Nothing of that kind has happened since the node was started.")
        return
    if since is None:
        # The place is taken before the look back: nothing between the two is missed, or told twice.
        newest = terminal.ask("events_list", None, 1)
        since = newest[-1]["id"] if newest else 0
        before = [event for event in terminal.ask("events_list", None, limit, wanted) if event["id"] <= since]
        _tell(terminal, before)
    while True:
        found = terminal.ask("events_list", since, 1000, wanted, PATIENCE)
        since = found[-1]["id"] if found else since
        _tell(terminal, found)


def _tell(terminal: Terminal, found: list[dict[str, Any]]) -> None:
    for event in found:
        if terminal.json:
            terminal.show(event)
        else:
            terminal.say(_line(event))


def _line(event: dict[str, Any]) -> str:
    data = event["data"]
    words = [
        f"{name}={value}"
        for name, value in data.items()
        if name not in _UNSAID and value not in ("", None) and not (name == "skipped" and not value)
    ]
    return f"{event['time'][:19].replace('T', ' ')}  {event['type']:<20}  {' '.join(words)}".rstrip()
