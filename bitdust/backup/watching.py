"""
watching -- begins a backup of what has changed, soon after it has.

A change is waited out: until nothing more changes for a while, but not for longer than another while.  A
backup looks at all there is, so it is enough to know that something has changed, and not what; nor does it
matter what the system could not tell.  What is not there is looked for once a minute, and what comes back, or
was not watched while the node was off, is backed up at once.  Where the system watches too much already, a
backup begins every quarter of an hour.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.backup.excludes import Rules
from bitdust.backup.schedule import parse, retry_in
from bitdust.backup.watched_tree import WatchedTree
from bitdust.catalog import policies
from bitdust.catalog.policies import ItemPolicy
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, TryLater
from bitdust.events import Signal
from bitdust.watches import Watches
from bitdust.world import InThread, Wall, background, either

#: seconds between two looks at whether everything is there and watched
LOOK_EVERY = 60.0
#: seconds between two backups of what the system cannot watch
POLL = 900.0
#: seconds until a backup is tried again that cannot begin, since another one of the item is under way
AGAIN = 5.0
#: What changes while the command after a backup is run, and a moment later, is perhaps the command's own
#: doing, and would cause the next backup, and that the next command: so it waits for an hour.
OWN_DOING, MOMENT = 3600.0, 2.0


@dataclass
class Watched:
    """An item that is backed up when it changes.  Times are those of the clock, in seconds."""

    path_id: str
    path: bytes
    tree: WatchedTree | None = None
    #: why it is not watched, or cannot be backed up; and: since the system watches too much already
    trouble: str = ""
    limit: str = ""
    #: the first and the last change that no backup has seen
    first: float | None = None
    last: float = 0.0
    #: nobody but perhaps our own command has changed anything
    is_own_doing: bool = False
    #: a backup is due, whatever has changed
    at_once: bool = False
    #: there may be folders that are not watched yet
    is_stale: bool = False
    not_before: float = 0.0
    #: backups that have failed, one after the other
    failures: int = 0
    next_poll: float = 0.0
    #: until when a change is perhaps that of the command after
    moment: float = 0.0

    def due(self, quiet: float, longest: float) -> float | None:
        """When its backup is to begin; None: nothing has changed."""
        if self.at_once:
            return self.not_before
        if self.first is None:
            return None
        if self.is_own_doing:
            return max(self.first + OWN_DOING, self.not_before)
        return max(min(self.last + quiet, self.first + longest), self.not_before)

    def seen(self) -> None:
        """A backup looks at all there is."""
        self.first, self.is_own_doing, self.at_once = None, False, False


@dataclass
class Watching:
    """
    @param own: the node's own folders.
    @param rules: what the settings leave out, and these rules of an item beside them.
    @param begin: queues a backup of the item.
    @param is_busy: whether one waits or runs; `is_closing`: the command after it runs.
    @param quiet: seconds without a change after which a backup begins; `longest`: after the first change.
    @param changed: other items than before are to be watched.
    """

    db: Database
    clock: IReactorTime
    wall: Wall
    in_thread: InThread
    watches: Watches
    own: frozenset[bytes]
    now_ns: Callable[[], int]
    rules: Callable[[Sequence[str]], Rules]
    begin: Callable[[str], Awaitable[object]]
    is_busy: Callable[[str], bool]
    is_closing: Callable[[str], bool]
    quiet: Callable[[], int]
    longest: Callable[[], int]
    changed: Signal[[]]
    _items: dict[str, Watched] = field(default_factory=dict)
    _work: Deferred[None] | None = None
    _lock: DeferredLock = field(default_factory=DeferredLock)
    _wake: Signal[[]] = field(default_factory=Signal)
    _look_at: float = 0.0
    _log: Logger = field(default_factory=lambda: Logger(namespace=__name__))

    def start(self) -> None:
        """Begin to watch."""
        self._unlisten = self.changed.listen(self._look_soon)
        self._look_at = self.clock.seconds()
        self._work = background(self._keep(), self._broke)

    def stop(self) -> None:
        """Nothing begins by itself any more."""
        if self._work is not None:
            self._unlisten()
            self._work.cancel()
            self._work = None
        self.watches.stop()
        for item in self._items.values():
            self._close(item)
        self._items.clear()

    def told(self, path_id: str) -> tuple[str, list[float]]:
        """Why the item is not watched, or "", and when it is next backed up, where that is known (Unix)."""
        item = self._items.get(path_id)
        if item is None:
            return "", []
        due = item.due(self.quiet(), self.longest())
        if due is None and item.limit:
            due = item.next_poll
        return item.trouble, [] if due is None else [self.wall() + max(0.0, due - self.clock.seconds())]

    def limits(self) -> list[tuple[bytes, str]]:
        """What the system cannot watch: the path, and the setting of the system that is too small."""
        return [(item.path, item.limit) for item in self._items.values() if item.limit]

    async def settle(self, path_id: str) -> None:
        """A backup is about to look at the item: what changed until now it will see."""
        item = self._items.get(path_id)
        if item is None:
            return
        await self._lock.acquire()
        try:
            if item.tree is not None and item.is_stale:
                await self._open(item, item.tree.rules)
            if item.tree is not None:
                item.tree.hear()
            item.seen()
        finally:
            self._lock.release()

    def closed(self, path_id: str) -> None:
        """The command after its backup has ended."""
        if path_id in self._items:
            self._items[path_id].moment = self.clock.seconds() + MOMENT

    def ended(self, path_id: str, state: str) -> None:
        """Its backup has ended: what failed has seen nothing, and is begun again when it has rested."""
        item = self._items.get(path_id)
        if item is None:
            return
        if state == "failed":
            item.failures += 1
            item.at_once = True
            item.not_before = self.clock.seconds() + retry_in(item.failures)
            self._wake()
        elif state == "committed":
            item.failures = 0

    # -- the work

    async def _keep(self) -> None:
        while True:
            await self._lock.acquire()
            try:
                await self._round()
            except (BitDustError, OSError) as error:
                self._log.warn("what is to be watched is looked at later: {error}", error=error)
                self._look_at = self.clock.seconds() + LOOK_EVERY
            finally:
                self._lock.release()
            now = self.clock.seconds()
            dues = [due for item in self._items.values() if (due := self._due(item)) is not None]
            then = min([self._look_at, *dues])
            if then == math.inf:
                await self._wake.next()
            elif then > now:
                await either(self.clock, self._wake.next(), then - now)

    async def _round(self) -> None:
        if self.clock.seconds() >= self._look_at:
            # Who watches nothing has no timer; somebody may ask for another look meanwhile.
            self._look_at = math.inf
            rows = [row for row in await self.db.read(policies.planned) if parse(row.rule).on_change]
            for gone in self._items.keys() - {row.item for row in rows}:
                self._close(self._items.pop(gone))
            if rows:
                self._look_at = min(self._look_at, self.clock.seconds() + LOOK_EVERY)
            for row in rows:
                await self._look(row)
        for item in list(self._items.values()):
            due = self._due(item)
            if due is not None and due <= self.clock.seconds():
                await self._go(item)

    def _due(self, item: Watched) -> float | None:
        return item.due(self.quiet(), self.longest())

    async def _look(self, row: ItemPolicy) -> None:
        item = self._items.setdefault(row.item, Watched(row.item, row.path))
        rules = self.rules(row.excludes)
        if item.tree is not None:
            if not await self.in_thread(item.tree.is_the_same):
                self._close(item)
            elif item.tree.rules != rules:
                # What was left out is perhaps not any more.
                await self._open(item, rules)
                item.at_once = True
                return
            else:
                return
        if item.limit and self.clock.seconds() < item.next_poll:
            return
        if await self._open(item, rules) or item.limit:
            item.at_once = True

    async def _open(self, item: Watched, rules: Rules) -> bool:
        """Watch what there is now; whether that can be."""

        def changed(anew: bool) -> None:
            self._changed(item, anew)

        tree = WatchedTree(item.path, self.own, rules, self.now_ns, self.watches, self.clock, changed)
        item.is_stale = False
        try:
            await self.in_thread(tree.open)
        except (BitDustError, OSError) as error:
            tree.close()
            tree.release()
            self._close(item)
            item.limit = _limit(error)
            trouble = _words(item.limit) if item.limit else str(error)
            item.next_poll = self.clock.seconds() + POLL
            if item.trouble != trouble:
                self._log.warn("{path} is not watched: {why}", path=item.path, why=trouble)
            item.trouble = trouble
            return False
        except BaseException:
            tree.close()
            tree.release()
            raise
        before, item.tree, item.trouble, item.limit = item.tree, tree, "", ""
        if before is not None:
            # There may be many folders.
            before.close()
            await self.in_thread(before.release)
        return True

    def _close(self, item: Watched) -> None:
        if item.tree is not None:
            item.tree.close()
            item.tree.release()
            item.tree = None

    def _changed(self, item: Watched, anew: bool) -> None:
        now = self.clock.seconds()
        item.is_stale = item.is_stale or anew
        if self.is_closing(item.path_id) or now < item.moment:
            if item.first is None:
                item.first = item.last = now
                item.is_own_doing = True
        else:
            if item.first is None or item.is_own_doing:
                item.first = now
                item.is_own_doing = False
            item.last = now
        self._wake()

    async def _go(self, item: Watched) -> None:
        now = self.clock.seconds()
        if self.is_busy(item.path_id):
            item.not_before = now + AGAIN
            return
        # What changes, or fails, while it is begun is not forgotten afterwards.
        item.seen()
        try:
            await self.begin(item.path_id)
        except (Conflict, TryLater) as error:
            self._log.info("{path} is not begun: {why}", path=item.path, why=error)
            item.at_once, item.not_before = True, now + LOOK_EVERY
            return
        except (BitDustError, OSError) as error:
            # It is looked for, and backed up when it is back.
            self._log.warn("{path} cannot be backed up now: {why}", path=item.path, why=error)
            self._close(item)
            item.seen()
            item.trouble = str(error)
            return
        await self.db(policies.done, item.path_id, self.wall())

    def _look_soon(self) -> None:
        self._look_at = self.clock.seconds()
        self._wake()

    def _broke(self, failure: Failure) -> None:
        self._log.failure("watching broke", failure)


def _limit(error: BaseException) -> str:
    """The setting of the system that is too small, or ""."""
    number = error.errno if isinstance(error, OSError) else None
    return {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}.get(
        number or 0, ""
    )


def _words(limit: str) -> str:
    return f"the system watches too much already ({limit}): backed up every {POLL / 60:.0f} minutes"
