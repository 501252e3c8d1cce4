"""
tombstones -- suppliers are told what may go, and what stays after all, also those who were away when it was
decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.logger import Logger

from bitdust.catalog import deletes
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError
from bitdust.router.router import Router
from bitdust.wire.packets import MAX_LIST, DeleteFile, UndeleteFile
from bitdust.wire.packets import Tombstone as WireTombstone
from bitdust.world import Rng, background


@dataclass
class Tombstones:
    """Sends what the catalog has queued to whoever is connected."""

    db: Database
    router: Router
    suppliers: Suppliers
    rng: Rng

    _log = Logger()

    def __post_init__(self) -> None:
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Tell each supplier when he comes."""
        self._stop = self.suppliers.changed.listen(self._changed)
        self.tell()

    def stop(self) -> None:
        """Tell nobody any more."""
        self._stop()

    def tell(self) -> None:
        """There may be something to tell."""
        for fingerprint in self.suppliers.connected():
            self._changed(fingerprint)

    def _changed(self, fingerprint: str) -> None:
        self._again.add(fingerprint)
        if fingerprint not in self._busy and self.suppliers.is_connected(fingerprint):
            self._busy.add(fingerprint)
            background(
                self._tell(fingerprint),
                lambda failure: self._log.failure("telling tombstones failed", failure),
            )

    async def _tell(self, fingerprint: str) -> None:
        try:
            while fingerprint in self._again:
                self._again.discard(fingerprint)
                await self._tell_all(fingerprint)
        except BitDustError as error:
            self._log.info("{who} was not told what may go: {error}", who=fingerprint, error=error)
        finally:
            self._busy.discard(fingerprint)

    async def _tell_all(self, fingerprint: str) -> None:
        # Most have nothing to be told, and one look says so.
        if not await self.db.read(deletes.is_to_hear, fingerprint):
            return
        while back := await self.db.read(deletes.to_lift, fingerprint, MAX_LIST):
            undelete = UndeleteFile(self.rng(16), self.suppliers.epoch, tuple(back))
            await self.router.ask(fingerprint, undelete, within=60.0)
            await self.db(deletes.lifted, fingerprint, back)
        while due := await self.db.read(deletes.due, fingerprint, MAX_LIST):
            packet = DeleteFile(
                self.rng(16),
                self.suppliers.epoch,
                tuple(WireTombstone(stone.block, stone.not_before) for stone in due),
            )
            await self.router.ask(fingerprint, packet, within=60.0)
            await self.db(deletes.done, fingerprint, [stone.block for stone in due])
