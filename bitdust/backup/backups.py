"""
Backups as their owner sees them: what can be asked of the catalog and of the jobs.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bitdust.backup.backup_queue import BackupQueue
from bitdust.backup.browsing import Browsing
from bitdust.backup.choosing import Choice
from bitdust.backup.contents import Contents
from bitdust.backup.drills import Drills
from bitdust.backup.excludes import Rules, rule_for
from bitdust.backup.keeping import Keeping
from bitdust.backup.local import is_within
from bitdust.backup.looking import Looking
from bitdust.backup.policies import Policies
from bitdust.backup.preview import Preview, preview
from bitdust.backup.repacker import Repacker
from bitdust.backup.restores import Restores
from bitdust.backup.retention import Policy
from bitdust.backup.streams import Streams
from bitdust.backup.tasks import Tasks
from bitdust.backup.timetable import Timetable
from bitdust.backup.views import (
    Cleaning,
    Committed,
    Deleted,
    Forgotten,
    ItemView,
    Queued,
    RestoreRunning,
    Restoring,
    Running,
    Started,
    Task,
    TreeAdded,
    VersionView,
)
from bitdust.backup.walk import Walk
from bitdust.catalog import jobs, labels, removal, rows, trash, tree, versions
from bitdust.catalog.facts import Kind
from bitdust.catalog.trash import Deleted as InTrash
from bitdust.catalog.tree import Item
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, NotFound, Usage
from bitdust.world import InThread

#: items of one page, and entries of a tree added in one transaction
PAGE = 1000


@dataclass
class Backups:
    """
    The catalog and the jobs of one node.

    @param own: the node's own folders, which are never backed up.
    @param check: raises Conflict when another node writes for this identity, TryLater while the catalog is
        being recovered.
    @param recorded: called after each change of the catalog: it is brought to the suppliers.
    @param round: begins the monitor's round anew.
    @param rules: what the settings leave out, as they are now, and these rules of an item beside them.
    @param all_rest: whether all backups rest, whatever is wanted of each; `set_all_rest` changes it.
    @param clean: begins to empty the blocks that are mostly dead.
    @param lifted: suppliers are to be told that something stays after all.
    @param timetable: begins backups by itself.
    @param policies: what single items are to be treated like.
    @param drills: restore drills.
    @param streams: backups of what is sent.
    """

    db: Database
    queue_: BackupQueue
    restores: Restores
    keeping: Keeping
    work: Tasks
    in_thread: InThread
    own: frozenset[bytes]
    now_ns: Callable[[], int]
    check: Callable[[], None]
    recorded: Callable[[], None]
    round: Callable[[], None]
    rules: Callable[[Sequence[str]], Rules]
    repacker: Repacker
    contents: Contents
    clean: Callable[[], None]
    all_rest: Callable[[], bool]
    set_all_rest: Callable[[bool], object]
    lifted: Callable[[], None]
    timetable: Timetable
    policies: Policies
    drills: Drills
    streams: Streams

    # -- looking

    @property
    def browsing(self) -> Browsing:
        """The catalog and this machine's folders, for somebody who walks through them."""
        return Browsing(self.db, self.own, self.in_thread)

    @property
    def looking(self) -> Looking:
        """What the versions hold, for somebody who searches."""
        return Looking(self.db)

    async def items(self, after: str | None = None, limit: int | None = None) -> list[ItemView]:
        """Every item, parents first, from behind the path ID `after`."""
        found: list[ItemView] = []
        while limit is None or len(found) < limit:
            page = await self.db.read(_page, after, min(PAGE, PAGE if limit is None else limit - len(found)))
            if not page:
                break
            found += page
            after = page[-1].path_id
        return found

    async def committed(self) -> list[Committed]:
        """
        Every committed version, newest first within an item.

        A checkpoint is one of them only when nobody is at work on it any more: what waits for the end of a
        backup must not take it for that.
        """
        found: list[Committed] = []
        after: tuple[str, int] | None = None
        while page := await self.db.read(_versions, after, PAGE):
            found += [
                Committed(v.backup_id, path, v.bytes, v.complete)
                for v, path, ended in page
                if v.is_known and ended
            ]
            after = (page[-1][0].item, page[-1][0].seq)
        return found

    def queue(self) -> list[Queued]:
        """Backups that wait."""
        return self.queue_.waiting()

    def running(self) -> list[Running]:
        """Backups under way."""
        return self.queue_.running()

    def restoring(self) -> list[RestoreRunning]:
        """Restores under way."""
        return self.restores.running()

    def tasks(self) -> list[Task]:
        """Work under way and the last hundred that ended, oldest first."""
        return self.work.all()

    # -- resting

    async def rest(self, task: int | None, rest: bool) -> list[int]:
        """
        A backup or restore rests, or goes on; None: all of them, and backups that are asked for later.

        Answers the numbers of the tasks that rest now and did not before, or the other way round.
        @raise NotFound: there is no such task.  @raise Conflict: it has ended, or cannot rest; or all rest,
            and one alone is to go on.
        """
        before = self._resting()
        if task is None:
            self.set_all_rest(rest)
            # To go on means all of them, also those that were stopped one by one.
            await self.queue_.rest(None, False) if not rest else self.queue_.look()
            self.restores.rest(None, rest)
            self.drills.rest(None, rest)
        elif self.all_rest() and not rest and task in self.queue_.numbers():
            raise Conflict("all backups are paused", hint="`bitdust resume` lets all of them go on")
        elif not (
            await self.queue_.rest(task, rest)
            or self.restores.rest(task, rest)
            or self.drills.rest(task, rest)
        ):
            raise self._cannot("paused", task)
        return sorted(before ^ self._resting())

    def _resting(self) -> set[int]:
        return {
            *(task for task, _ in self.queue_.resting()),
            *self.restores.resting(),
            *self.drills.resting(),
        }

    async def cancel(self, task: int) -> None:
        """
        End a backup, a restore, a drill or a cleaning.

        @raise NotFound: there is no such task.  @raise Conflict: it has ended, or cannot be cancelled.
        """
        if await self.queue_.cancel_task(task):
            return
        if any(part.cancel(task) for part in (self.restores, self.drills, self.repacker)):
            return
        raise self._cannot("cancelled", task)

    def _cannot(self, what: str, task: int) -> BitDustError:
        found = self.work.find(task)
        if found is None:
            return NotFound(f"there is no task {task}", hint="`bitdust tasks list` shows them")
        return Conflict(f"task {task} cannot be {what}: it is a {found.kind}, and {found.state}")

    # -- adding

    async def add_folder(self, path: str) -> str:
        """
        Put a folder into the catalog; its path ID.

        @raise NotFound, Usage: it is no folder.  @raise Conflict: it is there already.
        """
        return await self._add(path, "dir")

    async def add_file(self, path: str) -> str:
        """Put a file into the catalog; its path ID."""
        return await self._add(path, "file")

    async def add_tree(self, path: str) -> TreeAdded:
        """Put a folder and everything below it into the catalog, an item each."""
        self.check()
        root, kind, _ = await self._local(path)
        if kind != "dir":
            raise Usage(f"{path!r} is not a folder")
        walk = Walk(root, self.own, self.now_ns, rules=self.rules(()))
        count = 0
        while batch := await self.in_thread(walk.next_batch, PAGE):
            rows: list[tuple[bytes, Kind, int]] = [
                (os.path.join(root, found.path) if found.path else root, found.meta.kind, found.meta.size)
                for found in batch
                if found.meta.kind in (Kind.FILE, Kind.DIR, Kind.HARDLINK)
            ]
            count += await self.db(_add_all, rows)
        self.recorded()
        item = await self.db.read(tree.find, root)
        assert item is not None
        return TreeAdded(count, item.path_id, root)

    async def _add(self, path: str, wanted: str) -> str:
        self.check()
        full, kind, size = await self._local(path)
        if kind != wanted:
            raise Usage(f"{path!r} is not a {'folder' if wanted == 'dir' else 'file'}")
        path_id, new = await self.db(tree.add_path, full, kind, size)
        if not new:
            raise Conflict(
                f"{path!r} is in the catalog already: {path_id}", hint=f"`bitdust backup {path_id}`"
            )
        self.recorded()
        return path_id

    # -- backing up

    async def preview(self, path_or_id: str, limit: int, in_item: bool = False) -> Preview:
        """
        What a backup would take along and leave out, told of the first `limit` names left out.

        @param in_item: of a path in a folder of the catalog, itself no item: first whether a backup of that
            folder leaves it out.

        @raise NotFound, Usage: there is no such item, or it is not on the disk.
        """
        if not path_or_id.startswith(("/", "~")):
            item = await self.db.read(tree.get, labels.parse_path_id(path_or_id))
            path_or_id = os.fsdecode(item.path)
        root, _, _ = await self._local(path_or_id)
        known = await self.db.read(tree.find, root)
        above = await self.db.read(tree.find_above, root) if in_item and known is None else []
        for item in above:
            if item.type == "dir":
                rules = self.rules((await self.policies.of(item.path_id)).excludes)
                inside = root[len(item.path) :].strip(b"/")
                if (left := await self.in_thread(rule_for, item.path, inside, rules)) is not None:
                    return Preview(root, 0, 0, 0, (left,), 1, left.size, ())
                break
        own = (await self.policies.of(known.path_id)).excludes if known is not None else ()
        return await self.in_thread(preview, root, self.own, self.rules(own), self.now_ns, limit)

    async def start_id(self, path_id: str) -> Started:
        """
        Queue a backup of a catalog item.

        @raise NotFound: it is not in the catalog, or not on the disk.
        """
        self.check()
        item = await self.db.read(tree.get, labels.parse_path_id(path_id))
        if item.type == "parent":
            raise Usage(f"item {path_id} is only on the way to others", hint="add the folder itself first")
        await self._local(os.fsdecode(item.path))
        await self.queue_.put(item.path_id, item.path)
        return Started(item.path_id, item.path)

    async def start_path(self, path: str) -> Started:
        """Queue a backup of a local path, new to the catalog or not."""
        self.check()
        full, kind, size = await self._local(path)
        path_id, _ = await self.db(tree.add_path, full, kind, size)
        await self.queue_.put(path_id, full)
        self.recorded()
        return Started(path_id, full)

    async def item_of(self, what: str) -> str:
        """
        The path ID of an item, named by that or by its local path; a new path is put into the catalog.

        @raise NotFound: it is not in the catalog, or not on the disk.  @raise Usage: it is neither.
        """
        self.check()
        if not what.startswith(("/", "~")):
            return (await self.db.read(tree.get, labels.parse_path_id(what))).path_id
        known = await self.db.read(tree.find, _absolute(what))
        if known is not None and known.type != "parent":
            return known.path_id
        path_id, _ = await self.db(tree.add_path, *await self._local(what))
        self.recorded()
        return path_id

    async def item_with_versions(self, what: str) -> tuple[str, bool]:
        """
        The same, and whether it is new in the catalog; but nothing that only leads to others.

        @raise Usage: it only leads to others.
        """
        by_path = what.startswith(("/", "~"))
        named = (tree.find, _absolute(what)) if by_path else (tree.get, labels.parse_path_id(what))
        known = await self.db.read(*named)
        if known is not None and known.type == "parent":
            raise Usage(
                f"{os.fsdecode(known.path)} is not backed up itself: what is said of it would not hold for"
                " what lies below",
                hint="say it of each item below, or back it up as a whole: `bitdust backup --add PATH`",
            )
        return await self.item_of(what), known is None

    async def cancel_pending(self, path_id: str) -> None:
        """Take a backup off the queue."""
        if not any(turn.path_id == path_id for turn in self.queue_.waiting()):
            raise NotFound(f"no backup of item {path_id} is waiting")
        await self.queue_.cancel(path_id)

    async def abort_running(self, backup_id: str) -> None:
        """Stop a backup under way."""
        if not any(turn.backup_id == backup_id for turn in self.queue_.running()):
            raise NotFound(f"no backup {backup_id} is running", hint="`bitdust tasks list` shows what is")
        await self.queue_.cancel(backup_id.rpartition("/")[0])

    # -- deleting

    async def delete(self, path_id_or_backup_id: str) -> Deleted:
        """
        Delete a version, or an item and all below it; a running backup of it is ended first.

        @raise NotFound: unknown.  @raise Usage: malformed.
        """
        self.check()
        meant = labels.parse(path_id_or_backup_id)
        if meant.relative is not None:
            raise Usage("a file inside a version cannot be deleted by itself")
        if meant.label is not None:
            await self.db(removal.remove_version, meant.path_id, meant.label, self.keeping.gone())
            outcome = Deleted("version", f"{meant.path_id}/{meant.label}")
        else:
            await self.db.read(tree.get, meant.path_id)
            busy = [turn.path_id for turn in self.queue_.waiting()]
            busy += [turn.backup_id.rpartition("/")[0] for turn in self.queue_.running()]
            for item in busy:
                if item == meant.path_id or item.startswith(meant.path_id + "/"):
                    await self.queue_.cancel(item)
            await self.db(removal.remove_item, meant.path_id, self.keeping.gone())
            outcome = Deleted("item", meant.path_id)
        await self.keeping.collect()
        self.recorded()
        self.clean()
        return outcome

    async def delete_path(self, path: str) -> Deleted:
        """Delete the item of a local path."""
        full = _absolute(path)
        item = await self.db.read(tree.find, full)
        if item is None:
            raise NotFound(f"{path!r} is not in the catalog")
        return await self.delete(item.path_id)

    async def deleted(self, limit: int | None = None, after: str | None = None) -> list[InTrash]:
        """What was deleted and can be brought back, from behind the path ID or backup ID `after`."""
        found: list[InTrash] = []
        while limit is None or len(found) < limit:
            wanted = min(PAGE, PAGE if limit is None else limit - len(found))
            page = await self.db.read(trash.deleted, self.keeping.wall(), after, wanted)
            if not page:
                break
            found += page
            after = page[-1].id
        return found

    async def undelete(self, path_id_or_backup_id: str) -> list[str]:
        """
        Bring back a deleted version, or an item and all below it; the IDs of what is there again.

        @raise NotFound: its time is over, or it never was.  @raise Conflict: it is not deleted.
        @raise Usage: malformed.
        """
        self.check()
        meant = labels.parse(path_id_or_backup_id)
        if meant.relative is not None:
            raise Usage("a file inside a version is not deleted by itself")
        back = await self.db(trash.bring_back, meant.path_id, meant.label, self.keeping.wall())
        self.recorded()
        self.lifted()
        return back

    async def pin(self, backup_id: str, pinned: bool) -> None:
        """
        No policy takes the version away from now on; or one may again.

        @raise NotFound: there is no such version.
        """
        self.check()
        meant = labels.parse_backup_id(backup_id)
        await self.db(trash.pin, meant.path_id, meant.label or "", pinned)
        self.recorded()

    async def forget(
        self,
        path_id: str | None,
        policy: Policy,
        dry_run: bool,
        limit: int | None = None,
        after: str | None = None,
    ) -> list[Forgotten]:
        """
        Let the versions go that the policy does not keep, of one item or of each; what it said of every
        version, items in walk order, oldest first within an item.  A dry run only says it.

        @param limit: no more items once so many versions were told of.
        @param after: of each item behind this path ID.
        @raise NotFound: unknown.  @raise Usage: malformed, or the policy keeps nothing.
        """
        if policy.is_empty:
            raise Usage(
                "the policy keeps nothing", hint="say what to keep, like `bitdust forget --keep-last 3`"
            )
        if not dry_run:
            self.check()
        told: list[Forgotten] = []
        items = [] if path_id is None else [await self.db.read(tree.get, path_id)]
        while items or path_id is None:
            if path_id is None:
                items = await self.db.read(tree.walk, after, PAGE)
            for item in items:
                if limit is not None and len(told) >= limit:
                    break
                if item.type == "parent":
                    continue
                for verdict in await self.keeping.forget(item.path_id, policy, dry_run):
                    version = verdict.version
                    told.append(
                        Forgotten(version.backup_id, item.path, version.time, verdict.keep, verdict.reasons)
                    )
            if path_id is not None or len(items) < PAGE or (limit is not None and len(told) >= limit):
                break
            after = items[-1].path_id
        if not dry_run and not all(each.keep for each in told):
            await self.keeping.collect()
            self.recorded()
            self.clean()
        return told

    async def clean_up(self, dry_run: bool) -> Cleaning:
        """
        Begin to free what nothing needs: blocks that nothing refers to, and blocks that are mostly dead;
        what that will free.  A dry run only says it.
        """
        if not dry_run:
            self.check()
        found = await self.repacker.look()
        if not dry_run:
            await self.db(rows.soiled)
            await self.keeping.collect()
            self.clean()
        return found

    async def delete_local(self, backup_id: str) -> tuple[int, int]:
        """Remove local copies of a version's blocks, never the last copy of anything: (files, bytes)."""
        meant = labels.parse_backup_id(backup_id)
        version = await self.db.read(versions.get, meant.path_id, meant.label or "")
        return await self.keeping.delete_local(version)

    # -- restoring, and the round

    async def restore(
        self,
        what: str,
        destination: str | None = None,
        as_of: float | None = None,
        choice: Choice | None = None,
    ) -> Restoring:
        """Begin to restore an item, a version, a file inside one, or a local path."""
        return await self.restores.begin(what, destination, as_of, choice)

    async def abort_restore(self, backup_id: str) -> None:
        """Stop a restore under way."""
        await self.restores.abort(backup_id)

    async def update(self) -> None:
        """Begin the round of the monitor anew, and synchronise the catalog."""
        self.check()
        self.recorded()
        self.round()

    async def _local(self, path: str) -> tuple[bytes, str, int]:
        """The absolute path, whether it is a dir or a file, and its size (-1 for a dir)."""
        return await self.in_thread(_look, _absolute(path), path, self.own)


def _absolute(path: str) -> bytes:
    full = os.fsencode(os.path.expanduser(path))
    if not full.startswith(b"/"):
        raise Usage(f"{path!r} is not an absolute path", hint="begin it with / or ~")
    if b"\0" in full:
        raise Usage("no path holds a NUL")
    return os.path.normpath(full)


def _look(full: bytes, path: str, own: Collection[bytes]) -> tuple[bytes, str, int]:
    # A link may lead there, or one of the folders above it.
    if is_within(os.path.realpath(full), {os.path.realpath(folder) for folder in own}):
        raise Usage(f"{path!r} is this node's own folder", hint="choose another one")
    try:
        status = os.stat(full)
    except OSError as error:
        raise NotFound(
            f"{path!r}: {error.strerror}", hint="check the path: it is on the node's machine"
        ) from error
    if not os.access(full, os.R_OK):
        raise NotFound(f"{path!r} cannot be read", hint="the node's user has no permission")
    if stat.S_ISDIR(status.st_mode):
        return full, "dir", -1
    if stat.S_ISREG(status.st_mode):
        return full, "file", status.st_size
    raise Usage(f"{path!r} is neither a file nor a folder")


def _add_all(c: sqlite3.Connection, rows: list[tuple[bytes, Kind, int]]) -> int:
    return sum(
        tree.add_path(c, path, "dir" if kind is Kind.DIR else "file", -1 if kind is Kind.DIR else size)[1]
        for path, kind, size in rows
    )


def _page(c: sqlite3.Connection, after: str | None, limit: int) -> list[ItemView]:
    return [_item(c, item) for item in tree.walk(c, after, limit)]


def _item(c: sqlite3.Connection, item: Item) -> ItemView:
    found = [] if item.type == "parent" else versions.list_of(c, item.path_id)
    return ItemView(
        item.path_id,
        item.path,
        item.type,
        item.size,
        tuple(
            VersionView(
                version.label,
                version.blocks,
                version.stored,
                version.pinned,
                version.survives,
                version.complete,
            )
            for version in found
        ),
    )


def _versions(
    c: sqlite3.Connection, after: tuple[str, int] | None, limit: int
) -> list[tuple[versions.Version, bytes, bool]]:
    """Versions with their paths; and whether the backup that makes each has ended."""
    under_way = {(job.item, job.label) for job in jobs.unfinished(c)}
    return [
        (version, tree.get(c, version.item).path, (version.item, version.label) not in under_way)
        for version in versions.list_all(c, after, limit)
    ]
