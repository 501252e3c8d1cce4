"""
The node itself: how it is, what it is doing, when it ends.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import carriable, path_fields, showable

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method(changes=True)
def stop(node: Node) -> dict[str, Any]:
    """
    End the node cleanly: transfers are parked, the catalog is closed.

    The answer comes first.
    """
    node.stop()
    return {"result": "stopped"}


@method(changes=True)
def restart(node: Node, show: bool = False) -> dict[str, Any]:
    """
    End the node and start it anew with the same command line, folder, port and token.

    The answer comes first.

    @param show: open the page in the browser afterwards.
    """
    node.restart(show)
    return {"result": "restarted with GUI" if show else "restarted"}


@method()
async def process_health(node: Node) -> dict[str, Any]:
    """
    Tell in one sentence how everything is, and in parts: what is wrong, and what to do next.

    `verified` is what came of the last restore drill, as in `drills_list`; null before the first.
    `survives` is how many more suppliers the worst version may lose; null without versions. `durability`
    says, from how long suppliers were seen to last, how likely something is lost within a year (`loss`, a
    part of 1), as a `light`: green, yellow or red; `life` and `repair` in days; null as long as nothing is
    kept. `monitor` says what is done now, backups and rounds, when the next round begins (Unix seconds, null
    while one is under way) and what they wait for. `warnings` is what is wrong, each with its own next step,
    which may be empty.
    """
    health = await node.health()
    return {
        "state": health.state,
        "sentence": health.sentence,
        "survives": health.survives,
        "wrong": list(health.wrong),
        "next": list(health.next),
        "suppliers_online": health.suppliers_online,
        "suppliers_hired": health.suppliers_hired,
        "suppliers_wanted": health.suppliers_wanted,
        "versions": health.versions,
        "pieces_missing": health.pieces_missing,
        "network": health.network,
        "verified": None if health.verified is None else asdict(health.verified),
        "durability": None if health.durability is None else asdict(health.durability),
        "monitor": None if health.monitor is None else asdict(health.monitor),
        "warnings": [asdict(each) for each in health.warnings],
    }


@method()
def automats_list(node: Node) -> list[Any]:
    """List the state machines of the node, oldest first, with their names and present states."""
    return [
        {"index": row.index, "name": row.name, "state": row.state, "timers": ""}
        for row in node.machines.rows.values()
    ]


@method(changes=True)
async def tasks_pause(node: Node, task: int | None = None) -> dict[str, Any]:
    """
    Let a backup or restore rest where it is, until it is resumed, also over a restart of the node.

    @param task: its number; without it all of them rest, and so do backups that are asked for later.
    """
    return {"result": "paused", "tasks": await node.backups.rest(task, True)}


@method(changes=True)
async def tasks_resume(node: Node, task: int | None = None) -> dict[str, Any]:
    """
    Let a backup or restore go on that was paused.

    @param task: its number; without it all of them go on.
    """
    return {"result": "resumed", "tasks": await node.backups.rest(task, False)}


@method(changes=True)
async def tasks_cancel(node: Node, task: int) -> dict[str, Any]:
    """
    End a backup, a restore, a restore drill or a cleaning, where it is.  A backup leaves no version; a
    cleaning rests until something more is deleted, or `backups_clean` is called.

    @param task: its number in `tasks_list`.
    """
    await node.backups.cancel(task)
    return {"result": f"task {task} was cancelled"}


@method()
def tasks_list(node: Node) -> list[Any]:
    """
    List the long work that runs, and the last hundred that ended, oldest first.

    `skipped` counts what a backup could not read or a restore did not bring back, of which `message` tells;
    `notes` is what else is to be known: sockets and pipes, files that changed meanwhile.
    """
    return [
        {
            "id": task.id,
            "kind": task.kind,
            **path_fields(task.name, "name"),
            "path_id": task.path_id,
            "version": task.version,
            "state": task.state,
            "progress": task.progress,
            "done": task.done,
            "total": task.total,
            "files": task.files,
            "new": task.new,
            "sent": task.sent,
            "suppliers": [{"fingerprint": who, "sent": size} for who, size in sorted(task.suppliers.items())],
            "rate": task.rate,
            "left": task.left,
            "skipped": task.skipped,
            "error": task.error,
            "message": carriable(task.message),
            "warning": showable(task.warning),
            "notes": carriable(task.notes),
        }
        for task in node.backups.tasks()
    ]
