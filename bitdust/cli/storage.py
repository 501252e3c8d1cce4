"""
storage: room given, taken, left.
"""

from __future__ import annotations

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said

_COUNTS = frozenset(("customers", "oldcustomers", "suppliers"))


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
            value if name in _COUNTS or not isinstance(value, int) else terminal.size(value),
        )
        for part, values in parts.items()
        for name, value in values.items()
    ]
    terminal.table(("SPACE", "WHAT", "HOW MUCH"), rows, right=(2,))
