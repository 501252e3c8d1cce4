"""
listing -- what does each supplier still hold?

Our page of what he should have is read first, and only then is he asked for the same stretch: a piece that he
signs for meanwhile is never mistaken for a lost one.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.logger import Logger

from bitdust.catalog import blocks, deletes, holdings, orphans
from bitdust.database import Database
from bitdust.errors import Refused, RemoteFault
from bitdust.events import Signal
from bitdust.router.router import Router
from bitdust.wire.held import digest_of
from bitdust.wire.packets import AskDigest, Digest, Files, Held, ListFiles
from bitdust.world import Wall

PAGE = 512
#: what a supplier says who has no contract with us
NO_CONTRACT = "not_customer"

#: (block id, piece number): the order of both lists
Key = tuple[bytes, int]


@dataclass
class Told:
    """The outcome: pieces found as they should be, found lost, and held without our knowing."""

    kept: int = 0
    lost: int = 0
    orphans: int = 0


@dataclass
class Listing:
    """
    Compares the catalog with what suppliers say.

    @param is_newest: whether the suppliers have this catalog, and nobody a newer one: only then is anything
        freed.
    """

    db: Database
    router: Router
    wall: Wall
    is_newest: Callable[[], Awaitable[bool]]
    #: fingerprint of a supplier who says that he has no contract with us
    disowned: Signal[[str]] = field(default_factory=Signal)
    #: (serial, number, fingerprint) of pieces that were read and found bad: their listing proves nothing
    _bad: set[tuple[int, int, str]] = field(default_factory=set)

    _log = Logger()

    def distrust(self, serial: int, number: int, fingerprint: str) -> None:
        """He gave other bytes for this piece: it is lost until he has signed for it anew."""
        self._bad.add((serial, number, fingerprint))

    def trust(self, serial: int, number: int, fingerprint: str) -> None:
        """He signed for this piece."""
        self._bad.discard((serial, number, fingerprint))

    async def compare(self, fingerprint: str) -> Told:
        """
        Ask one supplier for everything, and write down what is lost; if all he holds comes to what it
        should, the list itself is spared.

        @raise Offline, Timeout, Refused: he did not tell it all; what he told is written down.
        @raise RemoteFault: his list is out of order.
        """
        try:
            return await self._compare(fingerprint)
        except Refused as error:
            if error.code == NO_CONTRACT:
                # He keeps nothing for whom he does not know.
                await self.db(holdings.lost_all, fingerprint)
                self.disowned(fingerprint)
            raise

    async def _compare(self, fingerprint: str) -> Told:
        agreed = await self._agrees(fingerprint)
        if agreed is not None:
            return Told(kept=agreed)
        told = Told()
        after: Key | None = None
        while True:
            ours = await self.db.read(holdings.held_by, fingerprint, after, PAGE)
            last: Key | None = (ours[-1][0], ours[-1][1]) if len(ours) == PAGE else None
            his = await self._ask(fingerprint, after, last)
            bad = {(serial, number) for serial, number, who in self._bad if who == fingerprint}
            await self.db(_settle, fingerprint, ours, his, told, bad, int(self.wall()))
            if last is None:
                break
            after = last
        if told.orphans and await self.is_newest():
            freed = await self.db(orphans.free, fingerprint, int(self.wall()))
            self._log.info("{who}: {freed} blocks that nobody knows may go", who=fingerprint, freed=freed)
        if told.lost:
            self._log.warn("{who} has lost {lost} pieces", who=fingerprint, lost=told.lost)
        return told

    async def _agrees(self, fingerprint: str) -> int | None:
        """How many pieces he keeps, if these are exactly those he should; None: the list must tell."""
        expected = await self.db.read(holdings.signed_for, fingerprint)
        if expected is None:
            return None
        answer = await self.router.ask(fingerprint, AskDigest())
        if not isinstance(answer, Digest):
            raise RemoteFault("AskDigest was answered with something else")
        found = digest_of(expected)
        return found[0] if found == (answer.count, answer.digest) else None

    async def _ask(self, fingerprint: str, after: Key | None, last: Key | None) -> list[Held]:
        """
        What he holds behind `after` and up to `last`, or to the end: asked anew for each page of ours, since
        what he told before our page was read may have changed since.
        """
        his: list[Held] = []
        at = after
        while True:
            asked_from = b"" if at is None else at[0] + bytes([at[1]])
            answer = await self.router.ask(fingerprint, ListFiles(after=asked_from, limit=PAGE))
            if not isinstance(answer, Files):
                raise RemoteFault("ListFiles was answered with something else")
            keys = [(held.block, held.number) for held in answer.pieces]
            if any(first >= second for first, second in itertools.pairwise([*([at] if at else []), *keys])):
                raise RemoteFault("a supplier's list is not in order")
            his += answer.pieces
            if not keys or not answer.more or (last is not None and keys[-1] >= last):
                return [held for held in his if last is None or (held.block, held.number) <= last]
            at = keys[-1]


def _settle(
    c: sqlite3.Connection,
    fingerprint: str,
    ours: list[tuple[bytes, int, bytes, int, str]],
    his: list[Held],
    told: Told,
    bad: set[tuple[int, int]],
    now: int,
) -> None:
    held = {(piece.block, piece.number): piece.root for piece in his}
    for block, number, root, serial, state in ours:
        if held.pop((block, number), None) == root and (serial, number) not in bad:
            told.kept += 1
            if state in ("unknown", "lost", "wanted"):
                holdings.acked(c, serial, number, fingerprint)
        elif state in ("acked", "leaving", "unknown"):
            told.lost += 1
            holdings.lost(c, serial, number, fingerprint)
    # He keeps what we do not place there: told again to let go, if it was ours once; else it is an orphan.
    unknown = [
        block
        for block, _ in held
        if not deletes.tell_again(c, fingerprint, block) and blocks.by_id(c, block) is None
    ]
    orphans.seen(c, fingerprint, unknown, now)
    told.orphans += len(unknown)
