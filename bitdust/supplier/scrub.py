"""
The scrub: every piece on the shelf is read and verified, all of them within five days.

Disks forget without a word.  A supplier who finds that out himself says so in his next list, and the customer
makes the piece again while there are others; who waits for an audit or a restore may be too late.
"""

from __future__ import annotations

import sqlite3

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.background import Rounds, put_off
from bitdust.blocks.layout import LEAF
from bitdust.errors import Damaged
from bitdust.supplier import pieces
from bitdust.supplier.drive import is_rot
from bitdust.supplier.piece_file import read_leaves, read_tree
from bitdust.supplier.pieces import Piece
from bitdust.supplier.shelf import Shelf
from bitdust.world import spawn

#: seconds between two rounds, and in which the whole shelf is read
HOUR, PASS = 3600.0, 5 * 86400
#: seconds of sleep that one round makes up for at most
CATCH_UP = 86400.0
#: leaves read at a time: 1 MiB
STRETCH = 16


class Scrubber:
    """Reads a part of the shelf every hour, from `start` to `stop`."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, shelf: Shelf) -> None:
        self._shelf = shelf
        self._working: Deferred[None] | None = None
        self._stopped = True
        self._rounds = Rounds(clock, self._begin, HOUR)

    def start(self) -> None:
        """A round soon, and then one each hour."""
        self._stopped = False
        self._rounds.start()

    async def stop(self) -> None:
        """No more rounds; one that is on its way ends with the piece it is at."""
        self._stopped = True
        self._rounds.stop()
        if self._working is not None:
            waiting: Deferred[None] = Deferred()
            self._working.addBoth(waiting.callback)
            await waiting

    def _begin(self) -> None:
        if self._working is None:
            self._working = spawn(self.round())
            self._working.addErrback(put_off(self._log, "a scrub")).addCallback(self._ended)

    async def round(self) -> None:
        """One round: the pieces behind the last one, as many bytes as this hour's part."""
        shelf = self._shelf
        left, piece = await shelf.db(_part, shelf.now())
        while piece is not None and left > 0 and not self._stopped:
            if not await self._is_whole(piece):
                self._log.error("a piece on the shelf is damaged: {path}", path=piece.path)
                await shelf.db(pieces.spoiled, piece)
            left -= piece.size
            piece = await shelf.db(_passed, piece)

    async def _is_whole(self, piece: Piece) -> bool:
        leaves = -(-piece.size // LEAF)
        try:
            # A reader is shown the path from his leaves to the root, and no other node is looked at then.
            await self._shelf.in_thread(read_tree, self._shelf.drive, piece)
            for first in range(0, leaves, STRETCH):
                count = min(STRETCH, leaves - first)
                await self._shelf.in_thread(read_leaves, self._shelf.drive, piece, first, count)
                if self._stopped:
                    break
        except (Damaged, OSError) as error:
            if isinstance(error, OSError) and not is_rot(error):
                # Too many open files, no memory, the disk is not plugged in: that is no word on this piece.
                raise
            # It may have been deleted meanwhile, as it should; or the disk has lost it.
            self._log.info("{path} does not read well: {error}", path=piece.path, error=error)
            now = await self._shelf.db.read(pieces.look, piece.customer, piece.block, piece.number)
            return now is None or now.path != piece.path
        return True

    def _ended(self, _: None) -> None:
        self._working = None


def _part(c: sqlite3.Connection, now: int) -> tuple[int, Piece | None]:
    """Bytes to read in this round, those due since the last one and a piece at least; the first piece."""
    (last,) = c.execute("SELECT at FROM scrub").fetchone()
    c.execute("UPDATE scrub SET at = ?", (now,))
    (total,) = c.execute("SELECT total(size) FROM pieces WHERE damaged = 0").fetchone()
    passed = min(max(float(now - last), HOUR), CATCH_UP) if last else HOUR
    return max(1, int(total * passed / PASS)), _next(c)


def _next(c: sqlite3.Connection) -> Piece | None:
    """The piece behind the last one; None: that was the last of all, and the next round begins anew."""
    row = c.execute(
        "SELECT p.* FROM scrub s CROSS JOIN pieces p"
        " WHERE (p.customer, p.block, p.number) > (s.customer, s.block, s.number) AND damaged = 0"
        " ORDER BY p.customer, p.block, p.number LIMIT 1"
    ).fetchone()
    if row is None:
        c.execute("UPDATE scrub SET customer = '', block = x'', number = -1")
        return None
    return Piece(*row)


def _passed(c: sqlite3.Connection, piece: Piece) -> Piece | None:
    """It was read; answers the next."""
    c.execute(
        "UPDATE scrub SET customer = ?, block = ?, number = ?", (piece.customer, piece.block, piece.number)
    )
    return _next(c)
