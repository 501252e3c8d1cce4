"""
connections: which nodes are connected now, and how.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "The nodes that are connected now: by which road, straight or over a relay, and since when.",
        "bitdust connections",
        "bitdust --json connections",
    )
)
@pass_terminal
def connections(terminal: Terminal) -> None:
    found = terminal.ask("connections_list")
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            name_in(each["idurl"]),
            each["transport"],
            way_of(each),
            "-" if each["rtt"] is None else f"{each['rtt'] * 1000:.0f} ms",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each["since"])),
            each["address"],
            each["idurl"],
        )
        for each in found
    ]
    if rows:
        terminal.table(("NODE", "ROAD", "WAY", "RTT", "SINCE", "ADDRESS", "IDURL"), rows, right=(3,))
    else:
        terminal.note("No other node is connected: `bitdust network` says more.")


def way_of(connection: Mapping[str, Any]) -> str:
    """`straight`, or how far it is on the way to that."""
    if connection["direct"]:
        return "straight, after a relay" if connection["upgraded"] else "straight"
    return "over a relay"
