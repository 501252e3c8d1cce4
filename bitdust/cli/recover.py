"""
recover KIT
"""

from __future__ import annotations

import os
import sys

import click

from bitdust.cli.identity import passphrase, tell
from bitdust.cli.names import absolute
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.cli.waking import awake
from bitdust.errors import NotFound

WORDS = 24
LONGEST_KIT = 65536

CLOSING = """
What comes back: your identity and nickname, now; your suppliers and the catalog, which follow: `bitdust ls`.
Bring files back with `bitdust restore PATH`.
What does not: the history of messages and the correspondents, which were on the lost machine alone; letters
that still wait at your mailboxes come by themselves.  Nor settings, nor pieces that were kept for others."""


@click.command(
    help=said(
        "Bring identity and catalog back from the recovery kit: its file, its 24 words, or - to read them.  "
        "Starts the node if need be.",
        "bitdust recover ~/alice.kit",
        "bitdust recover - --seed http://id.example.net:8084",
    )
)
@click.argument("kit", nargs=-1, required=True, metavar="KIT")
@click.option("--seed", "seeds", multiple=True, metavar="URL", help="An identity server to ask first.")
@click.option("--locked", is_flag=True, help="Ask for the passphrase of the file (else BITDUST_PASSPHRASE).")
@pass_terminal
def recover(terminal: Terminal, kit: tuple[str, ...], seeds: tuple[str, ...], locked: bool) -> None:
    meant = _read(kit)
    word = passphrase(locked, confirm=False)
    awake(terminal)
    found = terminal.ask("identity_recover", meant, list(seeds) or None, word)
    if terminal.json:
        terminal.show(found)
        return
    tell(terminal, found)
    terminal.note(CLOSING)


def _read(kit: tuple[str, ...]) -> str:
    """24 words, or the whole name of a file."""
    if kit == ("-",):
        kit = tuple(sys.stdin.read(LONGEST_KIT).split())
    words = " ".join(kit).split()
    if len(words) == WORDS:
        return " ".join(words)
    path = absolute(" ".join(kit))
    if not os.path.isfile(path):
        raise NotFound(
            f"{' '.join(kit)!r} is neither a file nor {WORDS} words",
            hint="name the kit's file, or quote its words",
        )
    return path
