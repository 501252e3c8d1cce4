"""
Getting files back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import local_path, path_fields, shown, split_backup_id
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

#: names of one preview
MOST = 1000


@method(changes=True)
async def restore_single(
    node: Node,
    pathID_or_backupID_or_localPath: str,
    destinationPath: str | None = None,
    as_of: float | None = None,
    include: list[str] | None = None,
    exclude: list[str] | None = None,
) -> dict[str, Any]:
    """
    Start to restore an item, a version, a single file of a folder's version, or a choice of what it holds.

    The newest committed version is taken unless one is named.  Without a destination everything goes to where
    it came from, replacing what is there, each file atomically.

    @param pathID_or_backupID_or_localPath: like `0/0/1/0/0`, `0/0/1/0/0/F20160313043757PM`, the same with
        `:relative/path` after it, or a local path.
    @param destinationPath: a folder under which the whole old path is made again.
    @param as_of: Unix seconds: the last version not made after that, where none is named.
    @param include: lines as in a `.gitignore`, from the top of the version: only what one of them means, with
        the folders above it.  None: everything.
    @param exclude: such lines: what one of them means stays out.
    """
    from bitdust.backup.choosing import Choice  # the command line loads this module, and needs no patterns

    what, place = _what_and_where(pathID_or_backupID_or_localPath, destinationPath)
    choice = Choice(include or (), exclude or ())
    begun = await node.backups.restore(what, place, as_of, choice)
    part = "" if begun.complete else "; its backup did not come to its end, so it holds a part only"
    place = shown(begun.destination)
    return {"result": f"downloading of version {begun.backup_id} has been started to {place}{part}"}


@method()
async def restore_preview(
    node: Node,
    pathID_or_backupID_or_localPath: str,
    destinationPath: str | None = None,
    as_of: float | None = None,
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """
    Tell what `restore_single` would bring back with these arguments.  Nothing is fetched or written.

    `there` counts the files whose names are taken at the destination: in place they would be replaced,
    elsewhere left as they are.  Of these `same` are what would come, by size and date.  An entry says "same"
    or "other" of what has its name, or "".

    @param pathID_or_backupID_or_localPath: what to restore.
    @param destinationPath: where to; None is where it came from.
    @param as_of: Unix seconds: the last version not made after that, where none is named.
    @param include: only what one of these lines means.
    @param exclude: but not what one of these means.
    @param limit: name the first so many, 0 to 1000.
    """
    from bitdust.backup.choosing import Choice

    if not 0 <= limit <= MOST:
        raise Usage(f"limit must be 0 to {MOST}")
    what, place = _what_and_where(pathID_or_backupID_or_localPath, destinationPath)
    seen = await node.backups.restores.foresee(
        what, place, as_of, Choice(include or (), exclude or ()), limit
    )
    return {
        "backup_id": seen.backup_id,
        **path_fields(seen.destination, "destination", "destination_b64"),
        "files": seen.files,
        "folders": seen.folders,
        "size": seen.size,
        "there": seen.there,
        "same": seen.same,
        "entries": [
            {
                **path_fields(each.path, "inside", "inside_b64"),
                "type": each.meta.kind.name.lower(),
                "size": each.meta.size,
                "there": {None: "", True: "same", False: "other"}[seen.taken.get(each.path)],
            }
            for each in seen.entries
        ],
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


def _what_and_where(what: str, destination: str | None) -> tuple[str, str | None]:
    if not what[:1].isdecimal():
        what = local_path(what, "pathID_or_backupID_or_localPath")
    return what, local_path(destination, "destinationPath") if destination else None
