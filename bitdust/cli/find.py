"""
find PATTERN: where a file is, in which versions.
"""

from __future__ import annotations

import click

from bitdust.api.looking import TYPES
from bitdust.cli.moments import moment, shown
from bitdust.cli.names import counted, meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said

PAGE = 500


@click.command(
    help=said(
        "Find files in the newest versions, or in all, by a pattern of their names.",
        "bitdust find '*.jpg' --larger 1MB",
        "bitdust find -i 'thesis*' --all-versions --newer-than 2026-11-20",
        "bitdust find '/home/**/notes' --in 0/0/1/F20160313043757PM",
    )
)
@click.argument("pattern")
@click.option("--in", "where", metavar="PATH|ID", help="Only in this item, version or folder.")
@click.option("-i", "--ignore-case", is_flag=True, help="Large and small letters are the same.")
@click.option("-a", "--all-versions", is_flag=True, help="Also what only older versions have.")
@click.option("--type", "kind", type=click.Choice(TYPES), help="Only these.")
@click.option("--larger", metavar="SIZE", help="Only files of so much or more: 10MB.")
@click.option("--smaller", metavar="SIZE", help="Only files of so much or less.")
@click.option("--newer-than", metavar="TIME", help="Last changed then or later: 2026-11-20, '3h ago'.")
@click.option("--older-than", metavar="TIME", help="Last changed then or earlier.")
@pass_terminal
def find(
    terminal: Terminal,
    pattern: str,
    where: str | None,
    ignore_case: bool,
    all_versions: bool,
    kind: str | None,
    larger: str | None,
    smaller: str | None,
    newer_than: str | None,
    older_than: str | None,
) -> None:
    from bitdust.config.sizes import parse_size  # most commands need none, and start faster without

    asked = (
        pattern,
        meant(where) if where is not None else None,
        ignore_case,
        all_versions,
        kind,
        parse_size(larger) if larger is not None else None,
        parse_size(smaller) if smaller is not None else None,
        moment(newer_than, until=False) if newer_than is not None else None,
        moment(older_than) if older_than is not None else None,
        PAGE,
    )
    number = 0
    after = ""
    while True:
        page = terminal.ask("versions_find", *asked, after)
        number += len(page["found"])
        if terminal.json:
            # One line a page: a million of names is no burden for who reads them one by one.
            terminal.show(page)
        for hit in () if terminal.json else page["found"]:
            more = f"  (in {hit['copies']} versions)" if hit["copies"] > 1 else ""
            terminal.say(
                f"{hit['backup_id']}  {hit['mode']}  {terminal.size(hit['size']):>9}  {shown(hit['mtime'])}"
                f"  {spelled(hit)}{more}"
            )
        after = page["after"]
        if not after:
            break
    terminal.note(f"{counted(number, 'name')} found" if number else "Nothing found")
