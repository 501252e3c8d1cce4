"""
diff OLD NEW: what has changed between two versions.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.names import meant
from bitdust.cli.spelling import spelled
from bitdust.cli.terminal import Terminal, pass_terminal, said

PAGE = 500
_SIGNS = {"added": "+", "removed": "-", "changed": "M"}
WORDS = ("added", "removed", "changed")


@click.command(
    help=said(
        "What was added (+), removed (-), changed (M) or only got other metadata (U) between two versions.",
        "bitdust diff 0/0/1/F20160313043757PM 0/0/1",
        "bitdust diff 0/0/1/F20160313043757PM:thesis 0/0/1/F20160314043757PM",
    )
)
@click.argument("old", metavar="VERSION", shell_complete=known.versions)
@click.argument("new", metavar="VERSION", shell_complete=known.versions)
@pass_terminal
def diff(terminal: Terminal, old: str, new: str) -> None:
    totals: dict[str, int] = dict.fromkeys([f"{word}{unit}" for word in WORDS for unit in ("", "_bytes")], 0)
    after = ""
    while True:
        page = terminal.ask("versions_diff", meant(old), meant(new), PAGE, after)
        for name in totals:
            totals[name] += page[name]
        if terminal.json:
            terminal.show(page)
        else:
            for change in page["changes"]:
                terminal.say(_line(change))
        after = page["after"]
        if not after:
            break
    if not terminal.json:
        terminal.note(
            "; ".join(f"{totals[word]} {word}, {terminal.size(totals[f'{word}_bytes'])}" for word in WORDS)
        )


def _line(change: dict[str, Any]) -> str:
    sign = _SIGNS.get(change["change"], "?")
    if sign == "M" and not {"content", "type", "target"} & set(change["how"]):
        sign = "U"
    is_folder = (change["new"] or change["old"])["type"] == "dir"
    name = spelled(change, "inside", "/" if is_folder else "")
    return f"{sign}  {name}" + (f"  ({', '.join(change['how'])})" if change["how"] else "")
