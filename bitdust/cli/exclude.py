"""
exclude: what backups leave out.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.groups import Nouns
from bitdust.cli.names import counted, meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.group(
    cls=Nouns,
    default="list",
    help=said(
        "What backups leave out: rules as in a .gitignore.  A folder may have rules of its own, in a file "
        ".bitdustignore.",
        "bitdust exclude add '*.tmp'",
        "bitdust exclude add @caches",
        "bitdust exclude add '@larger-than 4 GB'",
    ),
)
def exclude() -> None:
    pass


@exclude.command(
    "list",
    help=said("The rules; the last that fits decides.", "bitdust exclude", "bitdust --json exclude list"),
)
@pass_terminal
def list_(terminal: Terminal) -> None:
    found = terminal.ask("excludes_list")
    if terminal.json:
        terminal.show(found)
    elif found:
        terminal.table(("#", "RULE"), [(each["position"], each["rule"]) for each in found], right=(0,))
    else:
        terminal.note("Backups leave nothing out, but for what files named .bitdustignore say.")


@exclude.command(
    help=said(
        "Leave something out from now on: a line as in a .gitignore, or one of @caches, @trash, @builds, "
        "@cachedir, @one-file-system, '@larger-than SIZE', @no-ignore-files.",
        "bitdust exclude add 'node_modules/'",
        "bitdust exclude add '!important.tmp'",
    )
)
@click.argument("rule")
@pass_terminal
def add(terminal: Terminal, rule: str) -> None:
    terminal.answer(terminal.ask("exclude_add", rule))


@exclude.command(
    help=said(
        "Take it along again from now on.", "bitdust exclude remove '*.tmp'", "bitdust exclude remove 0"
    )
)
@click.argument("rule", metavar="RULE|POSITION")
@pass_terminal
def remove(terminal: Terminal, rule: str) -> None:
    terminal.answer(terminal.ask("exclude_remove", rule))


@exclude.command(
    help=said(
        "What a backup would leave out, and by which rule.",
        "bitdust exclude test ~/Documents",
        "bitdust exclude test --limit 1000 0/0/1",
    )
)
@click.argument("path", metavar="PATH|ID")
@click.option("--limit", default=100, help="Show at most so many names (100).")
@pass_terminal
def test(terminal: Terminal, path: str, limit: int) -> None:
    tell_preview(terminal, path, limit, True)


def tell_preview(terminal: Terminal, path: str, limit: int, in_item: bool = False) -> None:
    """Show what a backup of it, or of the item that it is in, would take along and leave out."""
    found: dict[str, Any] = terminal.ask("backup_preview", meant(path), limit, *[True] * in_item)
    if terminal.json:
        terminal.show(found)
        return
    rows = [
        (
            terminal.size(each["size"]) if each["type"] == "file" else "-",
            spelled(each, end="/" if each["type"] == "dir" else ""),
            each["rule"],
            each["source"],
        )
        for each in found["left_out"]
    ]
    if rows:
        terminal.table(("SIZE", "LEFT OUT", "RULE", "WHERE"), rows, right=(0,))
    terminal.say(
        f"{spelled(found)}: {counted(found['files'], 'file')}, {counted(found['folders'], 'folder')}, "
        f"{terminal.size(found['size'])} would go along; {counted(found['left_out_count'], 'name')} left out"
    )
    for note in found["notes"]:
        terminal.note(note)
