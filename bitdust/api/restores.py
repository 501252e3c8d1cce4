"""
Getting files back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import local_path, shown, split_backup_id

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method(changes=True)
async def restore_single(
    node: Node, pathID_or_backupID_or_localPath: str, destinationPath: str | None = None
) -> dict[str, Any]:
    """
    Start to restore an item, a version, or a single file of a folder's version.

    The newest committed version is taken unless one is named.  Without a destination everything goes to where
    it came from, replacing what is there, each file atomically.

    @param pathID_or_backupID_or_localPath: like `0/0/1/0/0`, `0/0/1/0/0/F20160313043757PM`, the same with
        `:relative/path` after it, or a local path.
    @param destinationPath: a folder under which the whole old path is made again.
    """
    what = pathID_or_backupID_or_localPath
    if not what[:1].isdecimal():
        what = local_path(what, "pathID_or_backupID_or_localPath")
    place = local_path(destinationPath, "destinationPath") if destinationPath else None
    begun = await node.backups.restore(what, place)
    return {
        "result": f"downloading of version {begun.backup_id} has been started to {shown(begun.destination)}"
    }


@method()
async def restores_running(node: Node) -> list[Any]:
    """List the restores under way.  `progress` is in percent, `block_number` -1: blocks come in no order."""
    jobs = node.backups.restoring()
    creator = (await node.identity_get()).idurl if jobs else ""
    return [
        {
            "backup_id": job.backup_id,
            "creator_id": creator,
            "path_id": split_backup_id(job.backup_id)[0],
            "version": split_backup_id(job.backup_id)[1],
            "block_number": -1,
            "bytes_processed": job.written,
            "created": job.created,
            "aborted": job.state == "aborted",
            "done": job.state == "done",
            "eccmap": job.shape,
            "state": job.state,
            "destination": shown(job.destination),
            "progress": round(job.progress * 100, 2),
            "total_size": job.total,
        }
        for job in jobs
    ]


@method(changes=True)
async def restore_abort(node: Node, backup_id: str) -> dict[str, Any]:
    """
    Stop a restore under way.  What is already back stays.

    @param backup_id: the version being restored.
    """
    await node.backups.abort_restore(backup_id)
    return {"result": f"restore of {backup_id} was aborted"}
