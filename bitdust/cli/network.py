"""
network: how other nodes reach this one.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.names import counted
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "How other nodes reach this one, and what to do when they cannot.",
        "bitdust network",
        "bitdust --json network",
    )
)
@pass_terminal
def network(terminal: Terminal) -> None:
    found: dict[str, Any] = terminal.ask("network_status")
    if terminal.json:
        terminal.show(found)
        return
    terminal.say(f"{found['reachable']}: {found['sentence']}")
    for line in found["next"]:
        terminal.say(f"  {'next':<11}{line}")
    for road in found["roads"]:
        mapped = f", router's port {road['mapped']}" if road["mapped"] else ""
        where = f"port {road['port']}{mapped}, " if road["port"] else ""
        terminal.say(f"  {road['name']:<11}{where}{counted(road['connections'], 'connection')}")
        for seen in road["seen"]:
            networks = counted(seen["networks"], "network")
            terminal.say(f"  {'':<11}seen at {seen['place']} by {seen['observers']} in {networks}")
    terminal.say(f"  {'router':<11}{found['nat']} for UDP")
    for label, key in (("addresses", "addresses"), ("published", "contacts"), ("relays", "relays")):
        terminal.say(f"  {label:<11}{', '.join(found[key]) or '-'}")
