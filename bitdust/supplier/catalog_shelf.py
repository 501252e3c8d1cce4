"""
The customers' catalog logs: segments as files on the shelf, heads in the ledger.

All of it is sealed.  Of a head we read only its order, which the customer has signed: it never falls, so an
old machine cannot hide what a newer one did.  Segments may be of an older epoch: a new supplier gets the
whole log.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bitdust import crypto
from bitdust.catalog.head import check_follows, read_order
from bitdust.catalog.segment import root_of
from bitdust.errors import Conflict, Damaged, NotFound
from bitdust.supplier import customers, quota
from bitdust.supplier.drive import Drive, told
from bitdust.supplier.piece_file import FileWriter, folder_of
from bitdust.supplier.quota import Going
from bitdust.supplier.shelf import Read, Shelf
from bitdust.wire.packets import IndexSegment
from bitdust.wire.receipts import SegmentReceipt, sign_statement


@dataclass(frozen=True)
class Segment:
    """One row."""

    customer: str
    epoch: int
    number: int
    root: bytes
    size: int
    time: int
    path: str
    charge: int


class SegmentWriter(FileWriter):
    """A segment that arrives; it is whole when it has the root that was announced."""

    def __init__(self, drive: Drive, temporary: Path, path: Path, root: bytes) -> None:
        super().__init__(drive, temporary, path)
        self._root = root
        self._content = bytearray()

    def take(self, stretch: bytes) -> None:
        self._content += stretch

    def after(self) -> bytes:
        if root_of(bytes(self._content)) != self._root:
            raise Damaged("the bytes that came are not those of the announced root")
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
            known = self._may_add(c, customer, packet.epoch)
            path = f"{folder_of(customer)}/log/{name}"
            return _have(c, customer, packet) or quota.reserve(
                c, known, path, packet.size, shelf.drive.free()
            )

        place = await shelf.db(speak_for)
        if isinstance(place, Segment):
            return self._receipt(place)
        number, path = place
        writer = SegmentWriter(shelf.drive, shelf.temporary(number), shelf.drive.root / path, packet.root)

        def enter(c: sqlite3.Connection) -> Segment:
            self._may_add(c, customer, packet.epoch)
            have = _have(c, customer, packet)
            if have is not None:
                return have
            segment = Segment(
                customer, packet.epoch, packet.number, packet.root, packet.size, shelf.now(), path,
                quota.arrived(c, number),
            )  # fmt: skip
            c.execute(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    customer, segment.epoch, segment.number, segment.root, segment.size, segment.time,
                    path, segment.charge,
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
            if root_of(content) != found.root:
                raise Damaged("the segment is damaged here")
        except FileNotFoundError:
            await shelf.db(_drop, "path = ?", found.path)
            raise NotFound("that segment of yours is lost here") from None
        except OSError as error:
            raise told(error) from error
        except Damaged:
            # It can be sent again.
            await shelf.db(_drop, "path = ?", found.path)
            raise
        return IndexSegment(epoch, number, found.size, found.root), content

    async def keep_head(self, customer: str, head: bytes, public: bytes) -> None:
        """
        From now on this is the head; segments that it does not need any more go.

        @param public: the customer's key, who must have signed it.
        @raise Damaged: he has not.
        @raise Conflict: a later one is here, or one of another log, or the epoch is over.
        """
        order = read_order(head, public)
        if max(*order.place, order.first) >= 2**63:
            raise Damaged("a catalog's head has impossible numbers")

        def put(c: sqlite3.Connection) -> None:
            self._shelf.may_change(c, customer, order.epoch)
            kept = _head_of(c, customer)
            check_follows(read_order(kept) if kept else None, order)
            c.execute("INSERT OR REPLACE INTO heads VALUES (?, ?)", (customer, head))
            _drop(c, "customer = ? AND number < ?", customer, order.first)

        await self._shelf.db(put)

    async def head(self, customer: str) -> bytes:
        """The head kept for this customer; b"" when there is none."""
        return await self._shelf.db.read(_head_of, customer)

    def _may_add(self, c: sqlite3.Connection, customer: str, epoch: int) -> customers.Customer:
        known = customers.active(c, customer)
        return self._shelf.may_change(c, customer, max(epoch, known.epoch))

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
    _drop(c, "customer = ?", customer)
    c.execute("DELETE FROM heads WHERE customer = ?", (customer,))


def _drop(c: sqlite3.Connection, which: str, *values: str | int) -> None:
    rows = c.execute(
        f"DELETE FROM segments WHERE {which} RETURNING path, customer, charge",  # noqa: S608 - our own words
        values,
    )
    quota.drop(c, [Going(*row) for row in rows.fetchall()])


def _head_of(c: sqlite3.Connection, customer: str) -> bytes:
    row = c.execute("SELECT head FROM heads WHERE customer = ?", (customer,)).fetchone()
    return bytes(row[0]) if row else b""


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
