"""
storage: room given, taken, left.
"""

from __future__ import annotations

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said

#: what is counted, not measured; `customers` is a folder's size among what lies here
_COUNTS = frozenset((("donated", "customers"), ("consumed", "suppliers")))
#: words of the original API that say nothing to a person here
_UNSAID = frozenset(("oldcustomers",))


@click.command(
    help=said(
        "Room: given to others, taken from others, left here.", "bitdust storage", "bitdust --json storage"
    )
)
@pass_terminal
def storage(terminal: Terminal) -> None:
    parts = {
        "donated": terminal.ask("space_donated"),
        "consumed": terminal.ask("space_consumed"),
        "local": terminal.ask("space_local"),
    }
    if terminal.json:
        terminal.show(parts)
        return
    rows = [
        (
            part,
            name.replace("_", " "),
            value if (part, name) in _COUNTS or not isinstance(value, int) else terminal.size(value),
        )
        for part, values in parts.items()
        for name, value in values.items()
        if name not in _UNSAID
    ]
    terminal.table(("SPACE", "WHAT", "HOW MUCH"), rows, right=(2,))
