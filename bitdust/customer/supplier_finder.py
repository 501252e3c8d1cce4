"""
supplier_finder -- one more supplier, from among those who offer.

A walk along the candidates of the directory: fetch his identity, call him, ask for the space.  Former
suppliers who did well come first, and those who did not come last; who lives in a network with too many
of ours is asked when nobody else would.  The first who signs a contract is taken.  Who is silent holds the
walk up for a moment only: the next one is asked beside him, and in later walks the silent ones come last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.customer.standing import NOT_NOW
from bitdust.errors import BitDustError, Offline
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.machines import Machines
from bitdust.world import Rng, either, give_up, spawn

#: candidates that are asked for at a time
CANDIDATES = 200
#: seconds after which the next one is asked while one is silent
PATIENCE = 1.0
#: how somebody is ranked of whom nothing is known: behind who did well, before who did not
UNKNOWN = (1, 0.0)


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
    clock: IReactorTime
    rng: Rng
    machines: Machines
    #: of these IDURLs, those of former suppliers -> how they did, the smaller the better (`standing.ranks`)
    ranks: Callable[[list[str]], Awaitable[dict[str, tuple[int, float]]]] | None = None
    #: whether too many suppliers live in the network of this one already
    is_crowded: Callable[[Document], bool] = lambda document: False
    #: candidates who gave no contract when they were asked last
    _silent: set[str] = field(default_factory=set)

    _log = Logger()

    async def find(self, excluded: Collection[str]) -> Hired:
        """
        Someone whose fingerprint is not in `excluded`.

        @raise Offline: nobody who offers would; the message tells how many were asked, and why the last did
            not.
        """
        row = self.machines.begin("supplier_finder", "Candidates")
        walk = _Walk(set(excluded))
        asking: list[Deferred[None]] = []
        try:
            offers = await self.candidates(CANDIDATES)
            ranks = await self.ranks(offers) if self.ranks is not None else {}
            waiting = self._in_order(offers, ranks)
            while waiting or walk.aside:
                if not waiting:
                    # Everybody else was asked: better a crowded network than nobody.
                    while walk.hired is None and not all(trying.called for trying in asking):
                        await walk.ended.next()
                    if walk.hired is not None:
                        break
                    waiting, walk.aside, walk.choosy = walk.aside, [], False
                    if not waiting:
                        break
                idurl = waiting.pop(0)
                self.machines.report(row, f"Asking {idurl}")
                trying = spawn(self._try(idurl, walk))
                asking.append(trying)
                if not trying.called:
                    await either(self.clock, walk.ended.next(), PATIENCE)
                if walk.hired is not None:
                    break
            while walk.hired is None and not all(trying.called for trying in asking):
                await walk.ended.next()
        finally:
            self.machines.forget(row)
            for trying in asking:
                give_up(trying)
        if walk.hired is not None:
            return walk.hired
        raise Offline(
            f"nobody was found: {walk.asked} were asked" + (f"; {walk.why}" if walk.why else ""),
            hint="wait for other nodes to offer space, or lower services/customer/suppliers-number or"
            " services/customer/needed-space",
        )

    async def _try(self, idurl: str, walk: _Walk) -> None:
        """Ask one; the walk hears how it ended."""
        try:
            document = await self.meet(idurl)
            if document.fingerprint in walk.excluded:
                return
            if walk.choosy and self.is_crowded(document):
                walk.aside.append(idurl)
                return
            # The same one may offer under two names.
            walk.excluded.add(document.fingerprint)
            walk.asked += 1
            await self.agree(document)
            self._silent.discard(idurl)
            walk.hired = walk.hired or Hired(document.fingerprint, document.idurl)
        except (BitDustError, OSError) as error:
            self._silent.add(idurl)
            walk.why = f"{idurl}: {error}"
            self._log.info("{idurl} does not become our supplier: {error}", idurl=idurl, error=error)
        except Exception as error:
            if isinstance(error, CancelledError):
                raise
            # Nobody foresaw this one; the walk goes on without him.
            self._silent.add(idurl)
            self._log.failure("asking {idurl} to be our supplier failed", idurl=idurl)
        finally:
            # Told when this has ended, not in the middle of it.
            self.clock.callLater(0, walk.ended)

    def _in_order(self, idurls: list[str], ranks: dict[str, tuple[int, float]]) -> list[str]:
        # By drawing a random key for each: those of whom the same is known have the same chance.
        self._silent.intersection_update(idurls)
        keyed = sorted(
            (idurl in self._silent, ranks.get(idurl, UNKNOWN), self.rng(8), idurl)
            for idurl in idurls
            if ranks.get(idurl, UNKNOWN)[0] != NOT_NOW
        )
        return [idurl for *_, idurl in keyed]


@dataclass
class _Walk:
    """What one search has come to."""

    excluded: set[str]
    asked: int = 0
    #: candidates whose networks are crowded, while there are others
    aside: list[str] = field(default_factory=list)
    choosy: bool = True
    hired: Hired | None = None
    #: of the last who would not: who, and what he said
    why: str = ""
    #: one more of those who were asked has answered, or never will
    ended: Signal[[]] = field(default_factory=Signal)
