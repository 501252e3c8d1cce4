"""
The catalog and the backups: what there is, what shall be, what shall be no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import backup_id, local_path, path_fields, path_id, path_id_or_backup_id, shown
from bitdust.config.sizes import format_size
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method(changes=True)
async def backups_update(node: Node) -> dict[str, Any]:
    """Begin the round of the backup monitor anew, and synchronise the catalog with all suppliers."""
    await node.backups.update()
    return {"result": "the main loop has been restarted"}


@method()
async def backups_list(
    node: Node, limit: int | None = None, after: str | None = None, survives: bool = False
) -> list[Any]:
    """
    List the catalog, parents first, with the versions of each item.

    @param limit: at most so many items.
    @param after: only the items behind this path ID.
    @param survives: say of each version how many more suppliers may be lost before it is, by the pieces that
        they have signed for; below 0 that many are lacking, and a version that needs none has no such word.
    """
    if limit is not None and limit < 1:
        raise Usage("limit must be 1 or more")
    items = await node.backups.items(path_id(after) if after is not None else None, limit)
    return [
        {
            "id": item.path_id,
            **path_fields(item.path),
            "size": item.size,
            "type": item.type,
            "versions": [
                {
                    "blocks": version.blocks,
                    "size": format_size(version.size),
                    "version": version.label,
                    **({"pinned": True} if version.pinned else {}),
                    **({} if version.complete else {"incomplete": True}),
                    **({"survives": version.survives} if survives and version.survives is not None else {}),
                }
                for version in item.versions
            ],
        }
        for item in items
    ]


@method()
async def backups_id_list(node: Node) -> list[Any]:
    """
    List the versions that can be restored, newest first within an item.

    `incomplete`: its backup was given up, and it holds what had been backed up until then.  A version whose
    backup is under way is not among them.
    """
    return [
        {
            "backupid": version.backup_id,
            **path_fields(version.path),
            "size": format_size(version.size),
            **({} if version.complete else {"incomplete": True}),
        }
        for version in await node.backups.committed()
    ]


@method(changes=True)
async def backup_start_id(node: Node, pathID: str) -> dict[str, Any]:
    """
    Start to back up an item of the catalog.

    @param pathID: its path ID, like `0/0/1/0/0`.
    """
    started = await node.backups.start_id(path_id(pathID))
    return {"result": f"uploading {started.path_id} started, local path is: {shown(started.path)}"}


@method(changes=True)
async def backup_start_path(node: Node, path: str) -> dict[str, Any]:
    """
    Start to back up a file or folder, new to the catalog or not.

    A folder is one item, whose version holds the whole tree.

    @param path: where it is on this machine.
    """
    started = await node.backups.start_path(local_path(path, "path"))
    return {"result": f"uploading {started.path_id} started, local path is: {shown(started.path)}"}


@method(changes=True)
async def backup_dir_add(node: Node, dirpath: str) -> dict[str, Any]:
    """
    Put a folder into the catalog, without backing it up yet.

    @param dirpath: where it is on this machine.
    """
    item = await node.backups.add_folder(local_path(dirpath, "dirpath"))
    return {"result": f"new folder was added: {item}, local path is {dirpath}"}


@method(changes=True)
async def backup_file_add(node: Node, filepath: str) -> dict[str, Any]:
    """
    Put a file into the catalog, without backing it up yet.

    @param filepath: where it is on this machine.
    """
    item = await node.backups.add_file(local_path(filepath, "filepath"))
    return {"result": f"new file was added: {item}, local path is {filepath}"}


@method(changes=True)
async def backup_tree_add(node: Node, dirpath: str) -> dict[str, Any]:
    """
    Put a folder and every file and folder below it into the catalog, each as an item of its own.

    @param dirpath: where it is on this machine.
    """
    added = await node.backups.add_tree(local_path(dirpath, "dirpath"))
    return {
        "result": f"{added.count} items were added to catalog, parent path ID is {added.path_id}, "
        f"root folder is {shown(added.root)}"
    }


@method(changes=True)
async def backup_delete_local(node: Node, backupID: str) -> dict[str, Any]:
    """
    Remove the copies of a version that are kept on this machine; never the last copy of anything.

    @param backupID: the version, like `0/0/1/0/0/F20160313043757PM`.
    """
    files, size = await node.backups.delete_local(backup_id(backupID))
    return {"result": f"{files} files were removed with total size of {format_size(size)}"}


@method(changes=True)
async def backup_delete_id(node: Node, pathID_or_backupID: str) -> dict[str, Any]:
    """
    Delete a version, or an item with all below it, here and at the suppliers.

    @param pathID_or_backupID: like `0/0/1/0/0` or `0/0/1/0/0/F20160313043757PM`.
    """
    deleted = await node.backups.delete(path_id_or_backup_id(pathID_or_backupID))
    return {"result": f"{deleted.kind} {deleted.id} was deleted from remote peers"}


@method(changes=True)
async def backup_delete_path(node: Node, localPath: str) -> dict[str, Any]:
    """
    Delete the item of a local path, with all below it, here and at the suppliers.  The files stay.

    @param localPath: where it was on this machine.
    """
    deleted = await node.backups.delete_path(local_path(localPath, "localPath"))
    return {"result": f"item {deleted.id} was deleted from remote peers"}


@method(changes=True)
async def backup_undelete(node: Node, pathID_or_backupID: str) -> dict[str, Any]:
    """
    Bring back a deleted version, or an item with all below it, within `services/backups/delete-delay`.

    @param pathID_or_backupID: like `0/0/1/0/0/F20160313043757PM`; `backups_deleted` lists what there is.
    """
    back = await node.backups.undelete(path_id_or_backup_id(pathID_or_backupID))
    return {"result": f"{pathID_or_backupID} was brought back", "back": back}


@method()
async def backups_deleted(node: Node, limit: int | None = None, after: str | None = None) -> list[Any]:
    """
    List the deleted items and versions that can be brought back, and until when (Unix seconds).

    @param limit: at most so many.
    @param after: only those behind this path ID or backup ID.
    """
    if limit is not None and limit < 1:
        raise Usage("limit must be 1 or more")
    found = await node.backups.deleted(limit, path_id_or_backup_id(after) if after is not None else None)
    return [
        {"id": each.id, **path_fields(each.path), "size": each.size, "until": float(each.gone)}
        for each in found
    ]


@method(changes=True)
async def backup_pin(node: Node, backupID: str) -> dict[str, Any]:
    """
    Keep a version whatever a policy says, until it is unpinned or deleted by name.

    @param backupID: the version, like `0/0/1/0/0/F20160313043757PM`.
    """
    await node.backups.pin(backup_id(backupID), True)
    return {"result": f"version {backupID} is pinned"}


@method(changes=True)
async def backup_unpin(node: Node, backupID: str) -> dict[str, Any]:
    """
    Let policies take a pinned version away again.

    @param backupID: the version, like `0/0/1/0/0/F20160313043757PM`.
    """
    await node.backups.pin(backup_id(backupID), False)
    return {"result": f"version {backupID} is not pinned"}


@method(changes=True)
async def backups_forget(
    node: Node,
    pathID: str | None = None,
    keep_last: int = 0,
    keep_hourly: int = 0,
    keep_daily: int = 0,
    keep_weekly: int = 0,
    keep_monthly: int = 0,
    keep_yearly: int = 0,
    keep_within: str = "",
    dry_run: bool = False,
    limit: int | None = None,
    after: str | None = None,
    keep_within_hourly: str = "",
    keep_within_daily: str = "",
    keep_within_weekly: str = "",
    keep_within_monthly: str = "",
    keep_within_yearly: str = "",
) -> list[Any]:
    """
    Delete the versions that a policy does not keep, and tell of each version whether it stays and why.

    Counted from the newest back, in local time; a version stays when any of the rules keeps it.  A count of
    -1 keeps all.  Versions that are not complete, waiting, damaged, pinned or being restored stay.

    @param pathID: only of this item; else of each item by itself.
    @param keep_last: the newest so many.
    @param keep_hourly: the newest of each of so many hours that have one.
    @param keep_daily: of so many days.
    @param keep_weekly: of so many weeks.
    @param keep_monthly: of so many months.
    @param keep_yearly: of so many years.
    @param keep_within: all made within this time before the newest, like `1y5m7d2h`.
    @param dry_run: only tell; nothing is deleted.
    @param limit: end with the item that makes it so many versions or more; fewer were told of: that was all.
    @param after: only of the items behind this path ID.
    @param keep_within_hourly: of those made within this time the newest of each hour.
    @param keep_within_daily: of each day.
    @param keep_within_weekly: of each week.
    @param keep_within_monthly: of each month.
    @param keep_within_yearly: of each year.
    """
    if limit is not None and limit < 1:
        raise Usage("limit must be 1 or more")
    # The command line reads the list of methods, and starts faster without this.
    from bitdust.backup.retention import Policy

    policy = Policy(
        *(keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly, keep_within),
        *(keep_within_hourly, keep_within_daily, keep_within_weekly, keep_within_monthly, keep_within_yearly),
    )
    told = await node.backups.forget(
        path_id(pathID) if pathID is not None else None,
        policy,
        dry_run,
        limit,
        path_id(after) if after is not None else None,
    )
    return [
        {
            "backup_id": each.backup_id,
            **path_fields(each.path),
            "time": each.time,
            "keep": each.keep,
            "reasons": list(each.reasons),
            "removed": not each.keep and not dry_run,
        }
        for each in told
    ]


@method(changes=True)
async def backups_clean(node: Node, dry_run: bool = False) -> dict[str, Any]:
    """
    Free what nothing needs any more at the suppliers.  A node does so by itself after each deletion.

    Blocks that nothing refers to go.  Of those that are mostly dead, what lives is sealed into new blocks,
    and when these are safe, the old ones go.  That work is a task of kind `clean`.

    The answer tells how many blocks there are of each, how many bytes will be copied, and how many will be
    freed at all suppliers together.

    @param dry_run: only tell; nothing is changed.
    """
    found = await node.backups.clean_up(dry_run)
    return {
        "mostly_dead": found.sparse,
        "unreferenced": found.unreferenced,
        "bytes_copied": found.copied,
        "bytes_freed": found.freed,
        "started": not dry_run and found.sparse > 0,
    }


@method()
def backups_queue(node: Node) -> list[Any]:
    """List the backups that wait for their turn."""
    return [
        {"created": queued.created, **path_fields(queued.path, "local_path"), "path_id": queued.path_id}
        for queued in node.backups.queue()
    ]


@method()
def backups_running(node: Node) -> list[Any]:
    """List the backups under way.  `progress` is in percent, `total_size` -1 until it is known."""
    return [
        {
            "backup_id": job.backup_id,
            **path_fields(job.path, "source_path"),
            "eccmap": job.shape,
            "pipe": job.state,
            "block_size": job.block_size,
            "aborting": job.aborting,
            "terminating": job.aborting,
            "eof_state": 0 <= job.total <= job.read,
            "reading": not 0 <= job.total <= job.read,
            "closed": False,
            "work_blocks": 0 if 0 <= job.total <= job.read else 1,
            "block_number": job.blocks,
            "bytes_processed": job.read,
            "progress": round(job.progress * 100, 2),
            "total_size": job.total,
        }
        for job in node.backups.running()
    ]


@method(changes=True)
async def backup_cancel_pending(node: Node, path_id: str) -> dict[str, Any]:
    """
    Take a backup off the queue.

    @param path_id: the item it is of.
    """
    await node.backups.cancel_pending(path_id)
    return {"result": f"pending backup of {path_id} was cancelled"}


@method(changes=True)
async def backup_abort_running(node: Node, backup_id: str) -> dict[str, Any]:
    """
    Stop a backup under way.

    @param backup_id: the version being made.
    """
    await node.backups.abort_running(backup_id)
    return {"result": f"backup {backup_id} was aborted"}
