"""
services: the parts of the node, and the switches of some.
"""

from __future__ import annotations

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said("The parts of the node.", "bitdust services list", "bitdust services stop supplier"),
)
def services() -> None:
    pass


@services.command("list", help=said("Every part.", "bitdust services", "bitdust --json services list"))
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("services_list")
    if terminal.json:
        terminal.show(found)
    else:
        rows = [(_name(each["name"]), each["state"], each["config_path"] or "-") for each in found]
        terminal.table(("SERVICE", "STATE", "SWITCH"), rows)


@services.command(
    help=said("One part.", "bitdust services show supplier", "bitdust --json services show customer")
)
@click.argument("name", shell_complete=known.services)
@pass_terminal
def show(terminal: Terminal, name: str) -> None:
    found = terminal.ask("service_info", name)
    if terminal.json:
        terminal.show(found)
        return
    terminal.say(f"{_name(found['name'])}: {found['state']}")
    terminal.say(f"  switch    {found['config_path'] or '-'}")
    terminal.say(f"  needs     {', '.join(map(_name, found['depends'])) or '-'}")


@services.command(
    help=said(
        "Switch a part on.", "bitdust services start supplier", "bitdust services start identity-server"
    )
)
@click.argument("name", shell_complete=known.services)
@pass_terminal
def start(terminal: Terminal, name: str) -> None:
    terminal.answer(terminal.ask("service_start", name))


@services.command(
    help=said(
        "Switch a part off.", "bitdust services stop supplier", "bitdust services stop private-messages"
    )
)
@click.argument("name", shell_complete=known.services)
@pass_terminal
def stop(terminal: Terminal, name: str) -> None:
    terminal.answer(terminal.ask("service_stop", name))


def _name(service: str) -> str:
    return service.removeprefix("service_").replace("_", "-")
