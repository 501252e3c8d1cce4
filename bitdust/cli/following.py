"""
Following what comes: the node's events say when to look, its history says what is new.

The ring of events is that of one life of the node; the history outlives it.  So a message that came while the
node was killed and started again is shown too, and none is shown twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bitdust.cli.terminal import Terminal
from bitdust.errors import NoDaemon, NoIdentity, TryLater

#: seconds for which one question waits for the next event
WAIT = 30
#: seconds for which a node that has gone is waited for, and between two knocks
PATIENCE, PAUSE = 60.0, 0.4
#: messages of one look, and of a look that found nothing known
FEW, MOST = 100, 10_000


def incoming(terminal: Terminal, correspondent: str | None) -> Iterator[dict[str, Any]]:
    """
    The messages that come from now on, oldest first, without end.

    @param correspondent: only his: an IDURL or a nickname.
    @raise NoDaemon: the node is not there, or has been away for longer than `PATIENCE`.
    """
    before = terminal.ask("list_messages", MOST, 0.0, correspondent)
    # Of older ones than these nothing is known: they are not new because others were deleted.
    since = before[0]["time"] if len(before) == MOST else 0.0
    known = {_key(each) for each in before}
    newest = terminal.ask("events_list", None, 1)
    place = newest[-1]["id"] if newest else 0
    while True:
        # The first look is for what came between the two questions above.
        for each in _latest(terminal, since, correspondent, known):
            if _key(each) not in known:
                known.add(_key(each))
                if each["direction"] == "in":
                    yield each
        found: list[dict[str, Any]] = []
        while not found:
            found = _ask(terminal, "events_list", place, 1000, ["message.received"], WAIT)
        place = found[-1]["id"]


def _latest(
    terminal: Terminal, since: float, correspondent: str | None, known: set[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """The newest messages, back to one that is known."""
    found: list[dict[str, Any]] = _ask(terminal, "list_messages", FEW, since, correspondent)
    if len(found) == FEW and not any(_key(each) in known for each in found):
        found = _ask(terminal, "list_messages", MOST, since, correspondent)
    return found


def _key(message: dict[str, Any]) -> tuple[str, ...]:
    """What tells one message from every other: ids are chosen by senders."""
    other = message["sender"] if message["direction"] == "in" else message["recipient"]
    return message["direction"], other, message["id"]


def _ask(terminal: Terminal, method: str, *arguments: object) -> Any:
    """The node's answer; a node that restarts meanwhile is waited for."""
    until = 0.0
    while True:
        try:
            return terminal.ask(method, *arguments)
        except (NoDaemon, NoIdentity, TryLater):
            now = time.monotonic()
            if not until:
                until = now + PATIENCE
                terminal.note("The node is away; waiting for it to come back.")
            if now >= until:
                raise
            time.sleep(PAUSE)
