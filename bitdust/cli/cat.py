"""
cat PATH|ID: the bytes of one file of a version.
"""

from __future__ import annotations

import base64
import sys
from concurrent.futures import ThreadPoolExecutor

import click

from bitdust.cli import known
from bitdust.cli.moments import moment
from bitdust.cli.names import meant
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import NotFound

PIECE = 2**20


@click.command(
    help=said(
        "One file of a version to standard output, verified as it comes; nothing is written to a disk.",
        "bitdust cat 0/0/1/F20160313043757PM:thesis/a.txt | less",
        "bitdust cat ~/db.sql --as-of yesterday | psql",
    )
)
@click.argument("what", metavar="PATH|ID", shell_complete=known.items)
@click.option(
    "--as-of", metavar="TIME", help="The last version from before: 2026-11-20, yesterday, '3h ago'."
)
@pass_terminal
def cat(terminal: Terminal, what: str, as_of: str | None) -> None:
    name, until = meant(what), moment(as_of) if as_of is not None else None
    piece = terminal.ask("version_read", name, 0, PIECE, until)
    version, until = piece["backup_id"], piece["time"]
    # The next piece comes while this one is being taken; whoever takes no more has stopped the transfer.
    with ThreadPoolExecutor(1) as ahead:
        while True:
            after = piece["after"]
            coming = (
                ahead.submit(terminal.ask, "version_read", name, after, PIECE, until) if after >= 0 else None
            )
            if terminal.json:
                terminal.show(piece)
            else:
                sys.stdout.buffer.write(base64.b64decode(piece["data"]))
                sys.stdout.buffer.flush()
            if coming is None:
                return
            piece = coming.result()
            if piece["backup_id"] != version:
                raise NotFound(f"version {version} was deleted meanwhile")
