"""
What is backed up by itself, and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import path_fields, showable

if TYPE_CHECKING:
    from bitdust.backup.timetable import Timed
    from bitdust.node.node import Node


@method()
async def schedules_list(node: Node) -> list[Any]:
    """
    List what is backed up by itself.

    `last` is when it was begun by itself, or when the rule was made, and `next` the five times to come, in
    Unix seconds, none where it waits for a change.  `outcome` is what became of its last backup, whoever
    asked for it: committed, failed or cancelled, and `ended` when; "" and 0 before the first has ended.

    `trouble` says why there is no version though its time has come: it could not be begun, as without its
    disk, it is not watched, its last backup failed, or has not ended for a day; and `remedy` what to do about
    it. What failed is tried again after five minutes, then more seldom, up to once an hour.
    """
    return [_shown(timed) for timed in await node.backups.timetable.all()]


@method(changes=True)
async def schedule_set(node: Node, what: str, rule: str) -> dict[str, Any]:
    """
    Back something up by itself from now on; a rule it had before ends.

    Times are those of this machine's clock.  What was missed, as while the machine slept, is made up once.
    A backup of what has not changed is cheap, and still a version.

    `on change`: when nothing has changed for `services/backups/change-quiet-seconds` after a change, but at
    `services/backups/change-longest-seconds` at last; once when the node starts; and every quarter of an hour
    where the system cannot watch that much.  What other machines change on a shared disk nobody tells.

    @param what: a path ID or a local path; one that is new is put into the catalog.
    @param rule: like `on change`, `every 4h`, `daily at 03:00`, `mon, thu at 21:30` or `weekdays at 12:00`.
    """
    timed = await node.backups.timetable.set(await node.backups.item_of(what), rule)
    return {"result": f"backed up {timed.rule} from now on", **_shown(timed)}


@method(changes=True)
async def schedule_remove(node: Node, what: str) -> dict[str, Any]:
    """
    Back something up only when it is asked for.  Its versions stay.

    @param what: a path ID or a local path.
    """
    await node.backups.timetable.remove(await node.backups.item_of(what))
    return {"result": f"{what} is backed up only when it is asked for"}


def _shown(timed: Timed) -> dict[str, Any]:
    return {
        **path_fields(timed.path),
        "path_id": timed.path_id,
        "rule": timed.rule,
        "last": timed.last,
        "next": timed.next,
        "outcome": timed.outcome,
        "ended": timed.ended,
        "trouble": showable(timed.trouble),
        "remedy": timed.remedy,
    }
