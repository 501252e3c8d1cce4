"""
keeping -- what is not needed any more goes: surplus versions, blocks nobody refers to, local copies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from bitdust.backup.retention import Policy, Verdict, judge, local_time
from bitdust.catalog import blocks, holdings, removal, versions
from bitdust.catalog.versions import Version
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.world import Wall


@dataclass
class Keeping:
    """
    @param most: versions an item keeps, 0 for all (setting `services/backups/max-copies`).
    @param policy: what is kept instead when it says anything (setting `services/backups/keep`).
    @param delay: seconds before suppliers may really delete (setting `services/backups/delete-delay`).
    @param recorded: called after each change of the catalog.
    @param restoring: (item, seq) of the versions that are being restored: they stay for now.
    """

    db: Database
    spool: Spool
    wall: Wall
    most: Callable[[], int]
    policy: Callable[[], Policy]
    delay: Callable[[], int]
    recorded: Callable[[], None]
    restoring: Callable[[], Collection[tuple[str, int]]] = frozenset

    def __post_init__(self) -> None:
        self._held: set[int] = set()

    async def trim(self, item: str) -> None:
        """After a new version: let those go that are not to be kept, and what only they needed."""
        policy, most = self.policy(), self.most()
        if not policy.is_empty:
            await self.forget(item, policy, dry_run=False)
        elif most:
            found = await self.db.read(versions.list_of, item)
            for version in surplus(found, most):
                if (item, version.seq) not in self.restoring():
                    await self.db(removal.remove_version, item, version.label)
        await self.collect()

    async def forget(self, item: str, policy: Policy, dry_run: bool) -> list[Verdict]:
        """
        What the policy says of each version of an item, oldest first; unless it is a dry run, those it does
        not keep have gone, all at once.  What only they needed waits for `collect`.

        @raise NotFound: there is no such item.  @raise Usage: the policy keeps nothing.
        """
        restoring = [seq for which, seq in self.restoring() if which == item]

        def decide(c: sqlite3.Connection) -> list[Verdict]:
            verdicts = judge(versions.list_of(c, item), policy, local_time, restoring)
            for verdict in verdicts:
                if not verdict.keep and not dry_run:
                    removal.remove_version(c, item, verdict.version.label)
            return verdicts

        return await (self.db.read(decide) if dry_run else self.db(decide))

    def hold(self, serials: Iterable[int]) -> None:
        """Restores that have begun may still look for what they need in these blocks."""
        self._held.update(serials)

    async def collect(self) -> None:
        """Condemn every block that nothing refers to."""
        if not self.restoring():
            self._held.clear()
        held = tuple(self._held)
        not_before = int(self.wall()) + self.delay() if self.delay() else 0
        while await self.db.read(removal.garbage, 1, held):
            for name in await self.db(removal.collect, not_before, spare=held):
                self.spool.remove(bytes.fromhex(name))
        self.recorded()

    async def delete_local(self, version: Version) -> tuple[int, int]:
        """Remove the spool files of a version whose blocks are at enough suppliers: (files, bytes)."""
        files = freed = 0
        for serial in await self.db.read(versions.blocks_of, version.item, version.seq):
            block = await self.db.read(blocks.get, serial)
            if block.spool is None or block.state != "committed" or block.acked < block.commit_at:
                continue
            await self.db(holdings.set_spool, serial, None)
            freed += self.spool.remove(block.id)
            files += 1
        return files, freed


def surplus(found: list[Version], most: int) -> list[Version]:
    """
    Those of an item's versions, oldest first, that are too many where `most` shall be kept.

    Damaged ones do not count.  The newest that has files stays, and the newest of those for which all could
    be read: a disk that is not mounted, or dying, does not push out what was backed up while it was well.
    """
    whole = [version for version in found if version.complete and version.is_committed]
    kept = whole[-most:]
    filled = [version for version in whole if version.files]
    kept += filled[-1:]
    kept += [version for version in filled if not version.skipped][-1:]
    if len(whole) < most:
        return []
    oldest = whole[-most].seq
    return [v for v in found if v.complete and v.is_known and v.seq < oldest and v not in kept]
