"""
The customers' catalog logs: segments as files on the shelf, heads in the ledger.

All of it is sealed: of a head we read only the outside, which the customer has signed and which tells
(epoch, sequence) and the first segment still needed.  Both never fall.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from bitdust import crypto
from bitdust.errors import Conflict, Damaged, NotFound
from bitdust.supplier import quota
from bitdust.supplier.drive import Drive, told
from bitdust.supplier.piece_file import FileWriter, folder_of
from bitdust.supplier.quota import Going
from bitdust.supplier.shelf import Read, Shelf
from bitdust.wire.packets import IndexSegment
from bitdust.wire.receipts import SegmentReceipt, sign_statement


@dataclass(frozen=True)
class Outside:
    """What a supplier may know of a head.  Segments of its epoch before `first`, and of lower epochs than
    `first_epoch`, are not needed any more."""

    epoch: int
    sequence: int
    first_epoch: int
    first: int


#: reads the outside of a head, once its signature holds; raises Damaged
ReadOutside = Callable[[bytes], Outside]


@dataclass(frozen=True)
class Segment:
    """One row."""

    customer: str
    epoch: int
    number: int
    root: bytes
    size: int
    digest: bytes
    time: int
    path: str
    charge: int


class SegmentWriter(FileWriter):
    """A segment that arrives.  What it says only its owner can judge; its digest shows if it rots here."""

    def __init__(self, drive: Drive, temporary: Path, path: Path) -> None:
        super().__init__(drive, temporary, path)
        self._hash = blake3()
        self.digest = b""

    def take(self, stretch: bytes) -> None:
        self._hash.update(stretch)

    def after(self) -> bytes:
        self.digest = self._hash.digest()
        return b""


class CatalogShelf:
    """The part of the shelf that holds logs; it lives by the same rules."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def keep(self, customer: str, packet: IndexSegment, read: Read) -> bytes:
        """
        Take a segment; answers the receipt.  One that is here already is acknowledged without reading.

        @raise BitDustError: it was not taken, and nothing of it is left (NotCustomer, NoSpace, Conflict,
            Damaged, TryLater).
        """
        shelf = self._shelf
        name = crypto.digest(b"%d %d" % (packet.epoch, packet.number), "bitdust shelf segment 1").hex()[:40]

        def speak_for(c: sqlite3.Connection) -> Segment | tuple[int, str]:
            known = shelf.may_change(c, customer, packet.epoch)
            path = f"{folder_of(customer)}/log/{name}"
            return _have(c, customer, packet) or quota.reserve(
                c, known, path, packet.size, shelf.drive.free()
            )

        place = await shelf.db(speak_for)
        if isinstance(place, Segment):
            return self._receipt(place)
        number, path = place
        writer = SegmentWriter(shelf.drive, shelf.temporary(number), shelf.drive.root / path)

        def enter(c: sqlite3.Connection) -> Segment:
            shelf.may_change(c, customer, packet.epoch)
            have = _have(c, customer, packet)
            if have is not None:
                return have
            segment = Segment(
                customer, packet.epoch, packet.number, packet.root, packet.size, writer.digest, shelf.now(),
                path, quota.arrived(c, number),
            )  # fmt: skip
            c.execute(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    customer, packet.epoch, packet.number, packet.root, packet.size, segment.digest,
                    segment.time, path, segment.charge,
                ),
            )  # fmt: skip
            return segment

        segment = await shelf.take_in(number, path, packet.size, read, writer, lambda: shelf.db(enter))
        if segment.path != path:
            await shelf.undo(number, path)
        return self._receipt(segment)

    async def segment(self, customer: str, epoch: int, number: int) -> tuple[IndexSegment, bytes]:
        """
        A segment of this customer's log.

        @raise NotFound, Damaged
        """
        shelf = self._shelf
        found = await shelf.db.read(_find, customer, epoch, number)
        if found is None:
            raise NotFound("no such segment of yours is here")
        try:
            content = await shelf.in_thread(shelf.drive.read, shelf.drive.root / found.path, 0, found.size)
        except OSError as error:
            raise told(error) from error
        if blake3(content).digest() != found.digest:
            raise Damaged("the segment is damaged here")
        return IndexSegment(epoch, number, found.size, found.root), content

    async def keep_head(self, customer: str, head: bytes, outside: Outside) -> None:
        """
        From now on this is the head; segments that it does not need any more go.

        @raise Conflict: a later one is here, or another of the same number.
        """

        def put(c: sqlite3.Connection) -> None:
            self._shelf.may_change(c, customer, outside.epoch)
            row = c.execute(
                "SELECT epoch, sequence, head FROM heads WHERE customer = ?", (customer,)
            ).fetchone()
            if row is not None and row[2] == head:
                return
            if row is not None and (row[0], row[1]) >= (outside.epoch, outside.sequence):
                raise Conflict(
                    f"the head here is of epoch {row[0]}, sequence {row[1]}: not older than this one"
                )
            c.execute(
                "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)",
                (customer, outside.epoch, outside.sequence, head),
            )
            _drop_segments(c, customer, (outside.first_epoch, outside.first))

        await self._shelf.db(put)

    async def head(self, customer: str) -> bytes:
        """The head kept for this customer; b"" when there is none."""

        def get(c: sqlite3.Connection) -> bytes:
            row = c.execute("SELECT head FROM heads WHERE customer = ?", (customer,)).fetchone()
            return bytes(row[0]) if row else b""

        return await self._shelf.db.read(get)

    def _receipt(self, segment: Segment) -> bytes:
        return sign_statement(
            SegmentReceipt(
                segment.customer, self._shelf.me, segment.time, segment.epoch, segment.number, segment.root,
                segment.size,
            ),
            self._shelf.device,
        )  # fmt: skip


def leave(c: sqlite3.Connection, customer: str) -> None:
    """The whole log of a past customer is to be removed."""
    _drop_segments(c, customer, (2**63 - 1, 2**63 - 1))
    c.execute("DELETE FROM heads WHERE customer = ?", (customer,))


def _drop_segments(c: sqlite3.Connection, customer: str, before: tuple[int, int]) -> None:
    rows = c.execute(
        """DELETE FROM segments WHERE customer = ? AND (epoch, number) < (?, ?)
           RETURNING path, customer, charge""",
        (customer, *before),
    )
    quota.drop(c, [Going(*row) for row in rows.fetchall()])


def _find(c: sqlite3.Connection, customer: str, epoch: int, number: int) -> Segment | None:
    row = c.execute(
        "SELECT * FROM segments WHERE customer = ? AND epoch = ? AND number = ?", (customer, epoch, number)
    ).fetchone()
    return Segment(*row) if row else None


def _have(c: sqlite3.Connection, customer: str, packet: IndexSegment) -> Segment | None:
    found = _find(c, customer, packet.epoch, packet.number)
    if found is not None and (found.root, found.size) != (packet.root, packet.size):
        raise Conflict("another segment of yours is here under the same epoch and number")
    return found
