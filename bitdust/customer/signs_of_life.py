"""
Whether it is we who are not there: asked when no supplier can be reached.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.internet.defer import TimeoutError

from bitdust.customer.suppliers import Suppliers
from bitdust.errors import BitDustError
from bitdust.identity.document import Document
from bitdust.router.router import Router
from bitdust.world import Rng

#: others who are called before it is given up, seconds one has to answer, and candidates asked for
MOST, WITHIN, CANDIDATES = 5, 10.0, 50


@dataclass
class SignsOfLife:
    """
    An identity server that answers proves little: a router that lets nothing but the web through would make
    every supplier look dead.  So somebody else is called, over the roads on which suppliers are called, too.

    @param candidates: up to so many IDURLs of nodes that offer to be suppliers.
    @param meet: the accepted document at an IDURL.
    """

    router: Router
    suppliers: Suppliers
    candidates: Callable[[int], Awaitable[list[str]]]
    meet: Callable[[str], Awaitable[Document]]
    rng: Rng

    async def any(self) -> bool:
        """Does anybody answer who is no supplier of ours?"""
        linked = [each.fingerprint for each in self.router.connections()]
        for who in [one for one in linked if one not in self.suppliers.known][:MOST]:
            if await self._answers(who):
                return True
        try:
            offers = await self.candidates(CANDIDATES)
        except (BitDustError, OSError):
            return False
        ours = {supplier.idurl for supplier in self.suppliers.known.values()}
        strangers = sorted((self.rng(8), idurl) for idurl in offers if idurl not in ours)
        for _, idurl in strangers[:MOST]:
            try:
                document = await self.meet(idurl)
            except (BitDustError, OSError):
                continue
            self.router.know(document)
            if await self._answers(document.fingerprint):
                return True
        return False

    async def _answers(self, fingerprint: str) -> bool:
        try:
            await self.router.ping(fingerprint, within=WITHIN)
        except (BitDustError, OSError, TimeoutError):
            return False
        return True
