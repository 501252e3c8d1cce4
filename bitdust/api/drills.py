"""
Restore drills: does all come back?
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bitdust.api.looking import meant
from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method(changes=True)
async def verify_start(node: Node, what: str | None = None, sample: int | None = None) -> dict[str, Any]:
    """
    Hold a restore drill: bring a sample back from the suppliers, compare it with what was backed up, and
    write nothing.  At least one stretch is read, and where there is nothing to read, the drill has failed and
    is not remembered.  Its task is of kind `verify`, and `skipped` counts the files that did not come back.

    @param what: a path ID, a backup ID, one with `:relative/path`, or a local path; else of each item one
        version, chosen by chance.
    @param sample: bytes, about; else `services/backups/verify-sample`.  As many as there are: all of it.
    """
    task = await node.backups.drills.begin(meant(what) if what is not None else None, sample)
    return {"result": f"drill {task} has begun", "task": task}


@method()
async def drills_list(node: Node) -> list[Any]:
    """
    List the last hundred restore drills, newest first.

    `time` is when it ended (Unix seconds); `files` and `bytes` came back as they were backed up, of `wrong`
    files something did not, and `note` tells of the first.
    """
    return [asdict(drilled) for drilled in await node.backups.drills.ended()]
