"""
keeping -- what is not needed any more goes: surplus versions, blocks nobody refers to, local copies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bitdust.catalog import blocks, holdings, removal, versions
from bitdust.catalog.versions import Version
from bitdust.customer.spool import Spool
from bitdust.database import Database
from bitdust.world import Wall


@dataclass
class Keeping:
    """
    @param most: versions an item keeps, 0 for all (setting `services/backups/max-copies`).
    @param delay: seconds before suppliers may really delete (setting `services/backups/delete-delay`).
    @param recorded: called after each change of the catalog.
    """

    db: Database
    spool: Spool
    wall: Wall
    most: Callable[[], int]
    delay: Callable[[], int]
    recorded: Callable[[], None]

    async def trim(self, item: str) -> None:
        """After a new version: let the oldest go that are too many, and what only they needed."""
        most = self.most()
        if most:
            found = await self.db.read(versions.list_of, item)
            whole = [version for version in found if version.complete and version.is_committed]
            for version in whole[:-most]:
                await self.db(removal.remove_version, item, version.label)
        await self.collect()

    async def collect(self) -> None:
        """Condemn every block that nothing refers to."""
        not_before = int(self.wall()) + self.delay() if self.delay() else 0
        while await self.db.read(removal.garbage, 1):
            for name in await self.db(removal.collect, not_before):
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
