"""
clean --dry-run
"""

from __future__ import annotations

import click

from bitdust.cli.names import counted
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "Free what nothing needs any more at the suppliers.  A node does so by itself after each deletion.",
        "bitdust clean --dry-run",
        "bitdust clean",
    )
)
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be freed.")
@pass_terminal
def clean(terminal: Terminal, /, dry_run: bool) -> None:
    found = terminal.ask("backups_clean", dry_run)
    if terminal.json:
        terminal.show(found)
        return
    terminal.table(
        ("", "BLOCKS"),
        [
            ("nothing refers to them", found["unreferenced"]),
            ("mostly dead", found["mostly_dead"]),
        ],
        right=(1,),
    )
    would = "would be" if dry_run else "will be"
    terminal.say(
        f"{terminal.size(found['bytes_freed'])} {would} freed at the suppliers,"
        f" {terminal.size(found['bytes_copied'])} copied into new blocks"
    )
    if found["started"]:
        emptied = counted(found["mostly_dead"], "block")
        terminal.note(f"{emptied} will be emptied: `bitdust tasks` shows how far that is.")
