"""Backups as their owner sees them: what can be asked of the catalog and of the jobs."""

from __future__ import annotations

from bitdust.backup.views import (
    Deleted,
    ItemView,
    Queued,
    RestoreRunning,
    Restoring,
    Running,
    Started,
    Task,
    TreeAdded,
)


class Backups:
    """The catalog and the jobs of one node."""

    async def items(self, after: str | None = None, limit: int | None = None) -> list[ItemView]:
        """Every item, parents first, from behind the path ID `after`."""
        raise NotImplementedError

    async def committed(self) -> list[tuple[str, bytes, int]]:
        """(backup ID, path, bytes) of every committed version, newest first within an item."""
        raise NotImplementedError

    async def add_folder(self, path: str) -> str:
        """Put a folder into the catalog; its path ID."""
        raise NotImplementedError

    async def add_file(self, path: str) -> str:
        """Put a file into the catalog; its path ID."""
        raise NotImplementedError

    async def add_tree(self, path: str) -> TreeAdded:
        """Put a folder and everything below it into the catalog, an item each."""
        raise NotImplementedError

    async def start_id(self, path_id: str) -> Started:
        """Queue a backup of a catalog item."""
        raise NotImplementedError

    async def start_path(self, path: str) -> Started:
        """Queue a backup of a local path, new to the catalog or not."""
        raise NotImplementedError

    async def delete_local(self, backup_id: str) -> tuple[int, int]:
        """Remove local copies of a version's blocks: (files, bytes)."""
        raise NotImplementedError

    async def delete(self, path_id_or_backup_id: str) -> Deleted:
        """Delete a version, or an item and all below it."""
        raise NotImplementedError

    async def delete_path(self, path: str) -> Deleted:
        """Delete the item of a local path."""
        raise NotImplementedError

    async def restore(self, what: str, destination: str | None = None) -> Restoring:
        """Begin to restore an item, a version, a file inside one, or a local path."""
        raise NotImplementedError

    def queue(self) -> list[Queued]:
        """Backups that wait."""
        raise NotImplementedError

    def running(self) -> list[Running]:
        """Backups under way."""
        raise NotImplementedError

    def restoring(self) -> list[RestoreRunning]:
        """Restores under way."""
        raise NotImplementedError

    def tasks(self) -> list[Task]:
        """Work under way and the last hundred that ended, oldest first."""
        raise NotImplementedError

    async def cancel_pending(self, path_id: str) -> None:
        """Take a backup off the queue."""
        raise NotImplementedError

    async def abort_running(self, backup_id: str) -> None:
        """Stop a backup under way."""
        raise NotImplementedError

    async def abort_restore(self, backup_id: str) -> None:
        """Stop a restore under way."""
        raise NotImplementedError

    async def update(self) -> None:
        """Begin the round of the monitor anew, and synchronise the catalog."""
        raise NotImplementedError
