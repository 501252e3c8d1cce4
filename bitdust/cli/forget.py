"""
forget --keep-daily 7 ...
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.items import id_of
from bitdust.cli.kept import COUNTS, SPANS, keep_flags
from bitdust.cli.names import absolute, counted, is_id
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said

PAGE = 1000


@click.command(
    help=said(
        "Delete the versions that a policy does not keep, of one item or of each.  Your files stay.",
        "bitdust forget --keep-last 3 --keep-daily 7 --keep-monthly 12 --dry-run",
        "bitdust forget ~/Documents --keep-within 1y6m",
    )
)
@click.argument("what", required=False, metavar="[PATH|ID]", shell_complete=known.items)
@keep_flags
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would stay and what would go.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def forget(terminal: Terminal, /, what: str | None, dry_run: bool, yes: bool, **keep: Any) -> None:
    if not dry_run:
        which = what if what is not None else "every item"
        terminal.confirm(f"Delete the versions of {which} that this does not keep?", yes)
    item = what if what is None or is_id(what) else id_of(terminal, absolute(what))
    counts = [keep[f"keep_{name}"] or 0 for name in COUNTS]
    within, *spans = [keep[f"keep_{name}"] or "" for name in SPANS]
    told: list[dict[str, Any]] = []
    after = None
    while page := terminal.ask("backups_forget", item, *counts, within, dry_run, PAGE, after, *spans):
        told += page
        if item is not None or len(page) < PAGE:
            break
        after = page[-1]["backup_id"].rpartition("/")[0]
    if terminal.json:
        terminal.show(told)
        return
    rows = [
        (
            "keep" if each["keep"] else "remove",
            each["backup_id"],
            _date(each["time"]),
            ", ".join(each["reasons"]),
            spelled(each),
        )
        for each in told
    ]
    if rows:
        terminal.table(("", "VERSION", "MADE", "BECAUSE", "PATH"), rows)
    gone = sum(not each["keep"] for each in told)
    terminal.note(
        f"{counted(gone, 'version')} {'would be' if dry_run else 'were'} removed, {len(told) - gone} kept"
    )


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).isoformat(" ", "seconds")
    except (OverflowError, OSError, ValueError):
        # The catalog is what somebody's clock made it.
        return f"{seconds:.0f} s"
