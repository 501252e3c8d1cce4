"""
supplier_finder -- one more supplier, from among those who offer.

A straight walk along the candidates of the directory: fetch his identity, call him, ask for the space.  The
first who signs a contract is taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from twisted.logger import Logger

from bitdust.errors import BitDustError, Offline
from bitdust.identity.document import Document
from bitdust.machines import Machines
from bitdust.world import Rng

#: candidates that are asked for at a time
CANDIDATES = 200


@dataclass(frozen=True)
class Hired:
    """Somebody who agreed to be our supplier."""

    fingerprint: str
    idurl: str


@dataclass
class SupplierFinder:
    """
    @param candidates: up to so many IDURLs of nodes that offer to be suppliers (`IDirectory.candidates`).
    @param meet: the accepted document at an IDURL (`Acquaintances.meet`).
    @param agree: asks the peer of a document for a contract and raises when there is none.
    """

    candidates: Callable[[int], Awaitable[list[str]]]
    meet: Callable[[str], Awaitable[Document]]
    agree: Callable[[Document], Awaitable[None]]
    rng: Rng
    machines: Machines

    _log = Logger()

    async def find(self, excluded: Collection[str]) -> Hired:
        """
        Someone whose fingerprint is not in `excluded`.

        @raise Offline: nobody who offers would; the message tells how many were asked.
        """
        row = self.machines.begin("supplier_finder", "Candidates")
        asked = 0
        try:
            for idurl in self._shuffled(await self.candidates(CANDIDATES)):
                self.machines.report(row, f"Meeting {idurl}")
                try:
                    document = await self.meet(idurl)
                    if document.fingerprint in excluded:
                        continue
                    asked += 1
                    self.machines.report(row, f"Asking {idurl}")
                    await self.agree(document)
                except BitDustError as error:
                    self._log.info("{idurl} does not become our supplier: {error}", idurl=idurl, error=error)
                    continue
                return Hired(document.fingerprint, document.idurl)
        finally:
            self.machines.forget(row)
        raise Offline(
            f"no new supplier found: {asked} were asked",
            hint="wait for other nodes to offer space, or lower services/customer/suppliers-number",
        )

    def _shuffled(self, idurls: list[str]) -> list[str]:
        # By drawing a random key for each: everybody who offers has the same chance.
        return [idurl for _, idurl in sorted((self.rng(8), idurl) for idurl in idurls)]
