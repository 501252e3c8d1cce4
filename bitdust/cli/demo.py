"""
demo: a whole network on this machine.
"""

from __future__ import annotations

from pathlib import Path

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said


@click.command(
    help=said(
        "A whole network on this machine: back up, lose suppliers, restore, repair, recover.",
        "bitdust demo",
        "bitdust demo --suppliers 7 --folder ~/Documents",
    )
)
@click.option("--suppliers", type=click.Choice(["2", "4", "7", "13"]), default="4", show_default=True)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="What to back up; it is read only (else about 25 MiB of made files).",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the files and who is killed.")
@click.option("--keep", is_flag=True, help="Leave the network and its folders there.")
@pass_terminal
def demo(terminal: Terminal, suppliers: str, folder: Path | None, seed: int, keep: bool) -> None:
    from bitdust.demo.story import Story

    story = Story(
        suppliers=int(suppliers),
        folder=folder.absolute() if folder else None,
        seed=seed,
        keep=keep,
        as_json=terminal.json,
    )
    raise click.exceptions.Exit(story.run())
