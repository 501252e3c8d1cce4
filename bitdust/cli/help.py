"""
`bitdust help`, and what `bitdust` alone says.
"""

from __future__ import annotations

import click

from bitdust.cli.old_words import OLD_WORDS
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import BitDustError, Usage

SCREEN = """\
BitDust: your files, encrypted, on other people's disks; their pieces on yours.

  Try it now      bitdust demo                       a whole network on this machine
  Set it up       bitdust start --detach             run the node in the background
                  bitdust identity create NAME       be somebody
                  bitdust identity backup FILE       the recovery kit: keep it off this machine
  Use it          bitdust backup ~/Documents
                  bitdust status
  Lost a disk?    bitdust recover KIT

"""


def first_contact(terminal: Terminal) -> None:
    """A dozen lines for whoever typed `bitdust` and nothing else."""
    try:
        health = terminal.make_client(timeout=2).call("process_health")
        state = f"Your node runs: {health['sentence']}"
    except BitDustError:
        health = None
        state = f"No node runs in {terminal.home}."
    if terminal.json:
        terminal.show({"message_type": "first_contact", "running": health is not None, "health": health})
        return
    terminal.say(SCREEN + state + "\nMore: bitdust help")


@click.command(
    "help", help=said("Help on a command.", "bitdust help supplier replace", "bitdust help old-commands")
)
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
@pass_terminal
def help_(terminal: Terminal, ctx: click.Context, words: tuple[str, ...]) -> None:
    root = ctx.find_root()
    if words == ("old-commands",):
        rows = [(f"bitdust {' '.join(old)}", f"bitdust {' '.join(now)}") for old, now in OLD_WORDS.items()]
        if terminal.json:
            terminal.show([{"old": old, "now": now} for old, now in rows])
        else:
            terminal.table(("OLD", "NOW"), rows)
        return
    here, command = root, root.command
    for word in words:
        below = command.get_command(here, word) if isinstance(command, click.Group) else None
        if below is None:
            raise Usage(f"no such command {' '.join(words)!r}", hint="`bitdust help` lists them all")
        here = click.Context(below, parent=here, info_name=word)
        command = below
    text = command.get_help(here)
    if terminal.json:
        terminal.show({"command": here.command_path, "text": click.unstyle(text)})
    else:
        terminal.say(text)
