"""
identity: who this node is.
"""

from __future__ import annotations

import os

import click

from bitdust.cli.groups import Nouns
from bitdust.cli.names import absolute
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waking import awake


@click.group(
    cls=Nouns,
    default="show",
    old={
        "new": "create",
        "register": "create",
        "generate": "create",
        "info": "show",
        "print": "show",
        "?": "show",
    },
    help=said("Who this node is.", "bitdust identity create alice", "bitdust identity backup ~/alice.kit"),
)
def identity() -> None:
    pass


@identity.command(help=said("The identity.", "bitdust identity show", "bitdust identity show --document"))
@click.option("--document", is_flag=True, help="The signed public document itself.")
@pass_terminal
def show(terminal: Terminal, document: bool) -> None:
    found = terminal.ask("identity_get")
    if terminal.json:
        terminal.show(found)
    elif document:
        terminal.say(found["document"])
    else:
        tell(terminal, found)


@identity.command(
    help=said(
        "Make an identity and publish it.  Starts the node if need be.",
        "bitdust identity create alice",
        "bitdust identity create alice --server http://id.example.net:8084",
    )
)
@click.argument("name")
@click.option(
    "--server", "servers", multiple=True, metavar="URL", help="An identity server (else the settings')."
)
@pass_terminal
def create(terminal: Terminal, name: str, servers: tuple[str, ...]) -> None:
    awake(terminal)
    found = terminal.ask("identity_create", name, list(servers) or None)
    if terminal.json:
        terminal.show(found)
        return
    tell(terminal, found)
    terminal.note(
        "\nThe recovery kit is not saved yet: `bitdust identity backup FILE`, and keep it off this machine."
    )


@identity.command(
    help=said(
        "The recovery kit: 24 words, and a file with them.  Whoever has it has everything.",
        "bitdust identity backup ~/alice.kit",
        "bitdust identity backup --lock ~/alice.kit",
    )
)
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--lock", is_flag=True, help="Ask for a passphrase and lock the file (else BITDUST_PASSPHRASE)."
)
@pass_terminal
def backup(terminal: Terminal, file: str | None, lock: bool) -> None:
    found = terminal.ask("identity_backup", absolute(file) if file else None, passphrase(lock, confirm=True))
    if terminal.json:
        terminal.show(found)
        return
    if found["path"]:
        terminal.say(f"the recovery kit of {found['fingerprint']} was written to {found['path']}")
        terminal.note("Keep it off this machine.  Whoever has it has everything.")
    else:
        terminal.say(found["words"])
        terminal.note("These words are the recovery kit: write them down, show them to nobody.")


def tell(terminal: Terminal, found: dict[str, object]) -> None:
    """An identity, to a person."""
    contacts = found["contacts"]
    lines = {
        "name": found["name"],
        "idurl": found["idurl"],
        "fingerprint": found["fingerprint"],
        "contacts": ", ".join(map(str, contacts)) if isinstance(contacts, list) else "",
        "revision": found["revision"],
    }
    for label, value in lines.items():
        terminal.say(f"{label:<13}{value}")


def passphrase(ask: bool, confirm: bool) -> str | None:
    """What locks a kit's file: typed, or from the environment; None for none."""
    if not ask:
        return os.environ.get("BITDUST_PASSPHRASE") or None
    word: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return word
