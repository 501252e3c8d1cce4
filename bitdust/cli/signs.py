"""
Signs of life, as a command shows them: of our suppliers, of our customers.
"""

from __future__ import annotations

from typing import Any

import click

from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal
from bitdust.errors import NotFound, Offline


def show_signs(terminal: Terminal, method: str, noun: str, which: str | None = None) -> None:
    """
    Ask all of them at once, and show who answered.

    @param which: only this one: a position, a name or an IDURL.
    @raise NotFound: there is none of that name.  @raise Offline: nobody answered.
    @raise click.exceptions.Exit: 3, when some did not.
    """
    everyone: list[dict[str, Any]] = terminal.ask(method)
    found = [
        each
        for each in everyone
        if which is None or which in (str(each["position"]), name_in(each["idurl"]), each["idurl"])
    ]
    if which is not None and not found:
        raise NotFound(f"there is no {noun} {which!r}", hint=f"`bitdust {noun} list` lists them")
    if terminal.json:
        terminal.show(found)
    elif not found:
        terminal.note(f"there are no {noun}s yet")
    for each in found if not terminal.json else []:
        terminal.say(f"{each['position']}  {each['result']}")
    silent = sum(bool(each["error"]) for each in found)
    if found and silent == len(found):
        raise Offline(f"no {noun} answered" if len(found) > 1 else f"the {noun} did not answer")
    if silent:
        raise click.exceptions.Exit(3)
