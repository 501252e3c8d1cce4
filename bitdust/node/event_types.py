"""
What can happen in a node, by the names under which `events_list` and `/api/v1/events` tell it.

The one table: an event of another type cannot be told, and `docs/reference/events.md` is made from this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from bitdust.errors import Usage

#: stands in the place of events that the ring has forgotten
LOST = "events.lost"

_TASK = (
    "task, kind, name, path_id, version, state, progress, done, total, files, new, sent, suppliers, rate,"
    " left, skipped, error, message, warning, notes"
)
_PEER = "idurl, fingerprint"

#: type -> (what happened, the names in `data`)
EVENT_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        LOST: (
            "Events before this one are not known any more, or are those of an earlier life of the node: "
            "whoever keeps a picture of the node reads it anew.",
            "after, before",
        ),
        "node.ready": ("The node is up and has its parts.", "idurl"),
        "identity.created": ("The node has an identity, and it is published.", "idurl, name, fingerprint"),
        "identity.recovered": (
            "The node has the identity of a recovery kit; the catalog follows.",
            "idurl, name, fingerprint",
        ),
        "supplier.connected": ("A supplier is there and keeps our pieces.", _PEER),
        "supplier.lost": ("A supplier that was connected is away, or has refused.", f"{_PEER}, why"),
        "supplier.hired": ("A supplier has a seat.", f"{_PEER}, position"),
        "supplier.fired": (
            "A seat was made vacant; its pieces are made again elsewhere.",
            f"{_PEER}, position",
        ),
        "supplier.doubted": (
            "A supplier is to be replaced: it was away for too long, or could not show what it keeps.",
            f"{_PEER}, why",
        ),
        "supplier.noticed": (
            "A supplier says how our contract stands: it asks us to `leave`, keeps more than was agreed on "
            "(`full`), has `ended` it, or all is `well` again.",
            f"{_PEER}, state",
        ),
        "customer.accepted": ("Somebody has a contract with this node, who had none.", f"{_PEER}, granted"),
        "customer.left": ("A customer has ended his contract; his pieces are being removed.", _PEER),
        "customer.expired": (
            "A customer was silent for his whole term; his pieces are being removed.",
            _PEER,
        ),
        "customer.noticed": (
            "A customer is told how his contract stands: he is asked to `leave`, keeps more than was agreed "
            "on (`full`), was `silent` for long, his contract has `ended`, or all is `well` again.",
            f"{_PEER}, state",
        ),
        "customer.rejected": ("We have ended a customer's contract; his pieces are being removed.", _PEER),
        "relay.reserved": ("Somebody is reached over this node from now on.", _PEER),
        "relay.released": ("Somebody is reached over this node no longer.", _PEER),
        "relay.found": ("This node is reached over a relay from now on.", _PEER),
        "relay.lost": ("This node is reached over that relay no longer.", f"{_PEER}, why"),
        "task.added": ("Long work was asked for, and waits for its turn.", _TASK),
        "task.ended": ("Long work has ended: `state` and `error` tell how.", _TASK),
        "backup.started": ("A backup begins.", _TASK),
        "backup.progress": ("A backup goes on; told twice a second at most.", _TASK),
        "backup.finished": ("A version is committed: it survives losses from now on.", _TASK),
        "backup.failed": ("A backup has ended without a version, or was cancelled.", _TASK),
        "restore.started": ("A restore begins.", _TASK),
        "restore.progress": ("A restore goes on; told twice a second at most.", _TASK),
        "restore.finished": ("Everything that was asked for is back, but for what was skipped.", _TASK),
        "restore.failed": ("A restore has ended before everything was back.", _TASK),
        "health.changed": (
            "The state of everything is another one; `process_health` has its parts.",
            "state, sentence, survives",
        ),
        "config.changed": ("A setting has another value.", "key, value, restart"),
        "gui.unavailable": ("The page was to be opened, and this machine has no browser.", "url"),
        "message.received": ("A private message has come.", "id, sender"),
    }
)


def chosen(patterns: Iterable[str]) -> frozenset[str]:
    """
    The types that patterns like `backup.*` mean; all of them without a pattern.  `events.lost` always.

    @raise Usage: a pattern means none.
    """
    found = {LOST}
    asked = list(patterns)
    for pattern in asked:
        meant = [name for name in EVENT_TYPES if fnmatchcase(name, pattern)]
        if not meant:
            raise Usage(
                f"there is no type of event like {pattern[:40]!r}",
                hint="the types are: " + ", ".join(EVENT_TYPES),
            )
        found.update(meant)
    return frozenset(found if asked else EVENT_TYPES)
