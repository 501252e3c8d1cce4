"""
What happened in the node.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import path_fields, showable
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.happenings import Event
    from bitdust.node.node import Node

#: events of one answer, and seconds that one question may wait
MOST, LONGEST = 1000, 60.0


@method()
async def events_list(
    node: Node,
    since: int | None = None,
    limit: int = 100,
    types: list[str] | None = None,
    timeout: float = 0.0,
) -> list[Any]:
    """
    List what happened lately, oldest first: `id`, `time` (ISO 8601, UTC), `type`, `data`.

    Ids rise by one.  The last thousand events are kept; where some are missing after `since`, the first one
    of the answer is of the type `events.lost`: read the state anew.  `/api/v1/events` tells the same as a
    stream.

    @param since: only events after that id; without it the newest ones.
    @param limit: at most so many, 1 to 1000.
    @param types: only these, like `backup.*`; all without it.
    @param timeout: wait up to so many seconds, at most 60, when there is nothing yet; without `since`, for
        the next event.
    """
    if not 1 <= limit <= MOST:
        raise Usage(f"limit must be 1 to {MOST}")
    if not 0 <= timeout <= LONGEST:
        raise Usage(f"timeout must be 0 to {LONGEST:.0f} seconds")
    # The list of methods is read without loading anything of the node.
    from bitdust.node.event_types import chosen

    happenings = node.happenings
    wanted = chosen(patterns(types))
    if since is None and not timeout:
        return [envelope(event) for event in happenings.latest(wanted, limit)]
    after = happenings.last if since is None else since
    if timeout:
        await happenings.wait(after, wanted, timeout)
    return [envelope(event) for event in happenings.since(after, wanted, limit)]


def patterns(types: list[str] | None) -> list[str]:
    """The patterns of a list whose members may hold several, with commas or blanks between."""
    return [pattern for words in types or [] for pattern in words.replace(",", " ").split()]


def envelope(event: Event) -> dict[str, Any]:
    """The event as every door tells it.  Paths are made showable; one that lost something has its twin."""
    data: dict[str, Any] = {}
    for name, value in event.data.items():
        if isinstance(value, bytes):
            data |= path_fields(value, name)
        else:
            data[name] = showable(value) if isinstance(value, str) else value
    time = datetime.fromtimestamp(event.time, UTC).isoformat(timespec="milliseconds")
    return {"id": event.id, "time": time.replace("+00:00", "Z"), "type": event.type, "data": data}
