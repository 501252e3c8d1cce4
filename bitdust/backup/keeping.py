"""
keeping -- what is not needed any more goes: surplus versions, blocks nobody refers to, local copies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from bitdust.backup.retention import Policy, Verdict, judge, local_time
from bitdust.catalog import blocks, holdings, policies, removal, trash, versions
from bitdust.catalog.versions import Version
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.world import Wall


@dataclass
class Keeping:
    """
    @param most: versions an item keeps, 0 for all (setting `services/backups/max-copies`).
    @param policy: what is kept instead when it says anything (setting `services/backups/keep`).
    @param delay: seconds for which a deleted version can be brought back, and suppliers keep its pieces
        (setting `services/backups/delete-delay`).
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

    async def trim(self, item: str) -> str:
        """
        After a new version: let those go that are not to be kept; what only they needed waits for `collect`.
        What is said of the item itself goes before the settings.

        @return: how many have gone and by which rule, in words; "" when all have stayed.
        """
        own = (await self.db.read(policies.of, item)).keep
        policy, most = Policy.parse(own) if own else self.policy(), self.most()
        gone, rule = 0, f"max-copies {most}"
        if not policy.is_empty:
            rule = f"keep {own or policy}"
            gone = sum(not verdict.keep for verdict in await self.forget(item, policy, dry_run=False))
        elif most:
            found = await self.db.read(versions.list_of, item)
            for version in surplus(found, most):
                if (item, version.seq) not in self.restoring():
                    await self.db(removal.remove_version, item, version.label, self.gone())
                    gone += 1
        return f"{gone} older {'version' if gone == 1 else 'versions'} removed ({rule})" if gone else ""

    async def forget(self, item: str, policy: Policy, dry_run: bool) -> list[Verdict]:
        """
        What the policy says of each version of an item, oldest first; unless it is a dry run, those it does
        not keep have gone, all at once.  What only they needed waits for `collect`.

        @raise NotFound: there is no such item.  @raise Usage: the policy keeps nothing.
        """
        restoring = [seq for which, seq in self.restoring() if which == item]

        gone = self.gone()

        def decide(c: sqlite3.Connection) -> list[Verdict]:
            verdicts = judge(versions.list_of(c, item), policy, local_time, restoring)
            for verdict in verdicts:
                if not verdict.keep and not dry_run:
                    removal.remove_version(c, item, verdict.version.label, gone)
            return verdicts

        return await (self.db.read(decide) if dry_run else self.db(decide))

    def hold(self, serials: Iterable[int]) -> None:
        """Restores that have begun may still look for what they need in these blocks."""
        self._held.update(serials)

    def gone(self) -> int:
        """Until when what is deleted now can be brought back; 0: not at all."""
        delay = self.delay()
        return int(self.wall()) + delay if delay else 0

    async def collect(self) -> None:
        """
        What cannot be brought back any more goes for good; suppliers are told what only deleted versions
        need; every block that nothing refers to is condemned.
        """
        if not self.restoring():
            self._held.clear()
        held = tuple(self._held)
        now = self.wall()
        while await self.db.read(trash.is_due, now) and await self.db(trash.expire, now):
            pass
        while not await self.db.read(trash.is_empty) and await self.db(trash.doom):
            pass
        while await self.db.read(removal.garbage, 1, held):
            for name in await self.db(removal.collect, spare=held):
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

    Damaged ones do not count, and pinned ones stay.  The newest that has files stays, and the newest of those
    for which all could be read: a disk that is not mounted, or dying, does not push out what was backed up
    while it was well.
    """
    whole = [version for version in found if version.complete and version.is_committed]
    kept = whole[-most:]
    filled = [version for version in whole if version.files]
    kept += filled[-1:]
    kept += [version for version in filled if not version.skipped][-1:]
    if len(whole) < most:
        return []
    oldest = whole[-most].seq
    return [
        v for v in found if v.complete and v.is_known and v.seq < oldest and not v.pinned and v not in kept
    ]
