"""
The shelf: customers' files on our disk, and the promises made about them.

What was acknowledged is on the disk, whole, and stays; what was not leaves nothing behind.  The order of a
piece that arrives: room in the ledger -> temporary file -> fsync -> rename -> fsync of the folder -> row in
the ledger -> signed receipt.  Wherever that is cut off, the next start finishes what it began or undoes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import Damaged
from bitdust.supplier import customers, pieces, quota
from bitdust.supplier.arrival import Budget, receive
from bitdust.supplier.drive import Drive, told
from bitdust.supplier.lived import Lived
from bitdust.supplier.piece_file import (
    INCOMING,
    FileWriter,
    PieceWriter,
    header_of,
    is_there,
    name_of,
    read_leaves,
)
from bitdust.supplier.pieces import Piece
from bitdust.wire.packets import Data, Files, ListFiles, Retrieve
from bitdust.wire.receipts import Receipt, Signer, sign_statement
from bitdust.world import InThread, Wall

T = TypeVar("T")

#: files removed between two transactions
BATCH = 256

Read = Callable[[], Awaitable[bytes]]


class Shelf:
    """
    @param db: shelf.db; its tables are `customers.SCHEMA`.
    @param me: our own fingerprint, as receipts name it.
    @param device: signs the receipts.
    @param in_thread: a pool for hashing and for the disk.
    @param lived: what passes whatever the wall clock says.
    """

    _log = Logger()

    def __init__(
        self,
        db: Database,
        drive: Drive,
        me: str,
        device: Signer,
        in_thread: InThread,
        wall: Wall,
        lived: Lived,
    ) -> None:
        self.db = db
        self.drive = drive
        self.me = me
        self.device = device
        self.in_thread = in_thread
        self.wall = wall
        self.lived = lived
        self.budget = Budget()

    def now(self) -> int:
        """Unix seconds."""
        return int(self.wall())

    async def open(self) -> None:
        """Clear away what the last run did not finish.  To be called once, before anything arrives."""
        await self.lived.open(self.db)
        await self.in_thread(self.drive.folder, self.drive.root / INCOMING)
        cut_off = await self.db.read(quota.cut_off)
        for number, file in cut_off:
            await self.undo(number, file.path)
        await self.in_thread(self._clear_incoming)
        await self.sweep()
        await self.db(customers.recount)

    async def keep(self, customer: str, data: Data, read: Read) -> bytes:
        """
        Take a piece; answers the receipt.  One that is here already is acknowledged without reading.

        @raise BitDustError: it was not taken, and nothing of it is left (NotCustomer, NoSpace, Conflict,
            Gone, Damaged, Usage, TryLater).
        """
        header = header_of(customer, data)

        def speak_for(c: sqlite3.Connection) -> Piece | tuple[int, str]:
            known = self.may_change(c, customer, data.epoch)
            have = pieces.have(c, customer, data)
            if have is not None:
                return have
            return quota.reserve(
                c, known, name_of(customer, data.block, data.number), header.file_size, self.drive.free()
            )

        place = await self.db(speak_for)
        if isinstance(place, Piece):
            try:
                there = await self.in_thread(is_there, self.drive, place)
            except OSError as error:
                raise told(error) from error
            if there:
                return self._receipt(place)
            await self.db(pieces.spoiled, place)
            place = await self.db(speak_for)
            if isinstance(place, Piece):
                return self._receipt(place)
        number, path = place

        def enter(c: sqlite3.Connection) -> Piece:
            self.may_change(c, customer, data.epoch)
            have = pieces.have(c, customer, data)
            if have is not None:
                return have
            piece = Piece(
                customer, data.block, data.number, data.root, data.size, data.k, data.n, data.unit,
                data.block_size, self.now(), 0, path, quota.arrived(c, number),
            )  # fmt: skip
            pieces.enter(c, piece)
            return piece

        writer = PieceWriter(self.drive, self.temporary(number), self.drive.root / path, header)
        piece = await self.take_in(number, path, data.size, read, writer, lambda: self.db(enter))
        if piece.path != path:
            await self.undo(number, path)
        return self._receipt(piece)

    async def leaves(self, customer: str, question: Retrieve) -> tuple[Data, bytes]:
        """
        Some leaves of a piece of this customer, verified, with their proof.

        @raise NotFound, Usage, Damaged
        """
        piece = await self.db.read(pieces.find, customer, question.block, question.number)
        try:
            found, proof = await self.in_thread(
                read_leaves, self.drive, piece, question.first, question.count
            )
        except Damaged:
            self._log.error("a piece on the shelf is damaged: {path}", path=piece.path)
            await self.db(pieces.spoiled, piece)
            raise
        except OSError as error:
            raise told(error) from error
        answer = Data(
            piece.block,
            piece.number,
            len(found),
            piece.root,
            piece.k,
            piece.n,
            piece.unit,
            piece.block_size,
            0,
            proof,
        )
        return answer, found

    async def listing(self, customer: str, question: ListFiles) -> Files:
        """A page of what we keep for this customer."""
        after = (question.after[:32], question.after[32] if len(question.after) > 32 else -1)

        def page(c: sqlite3.Connection) -> Files:
            row = customers.find(c, customer)
            if row is None:
                raise customers.NotCustomer()
            held = pieces.listing(c, customer, after, question.limit + 1)
            more = len(held) > question.limit
            return Files(tuple(held[: question.limit]), more, row.used, row.granted)

        return await self.db.read(page)

    async def take_in(
        self,
        number: int,
        path: str,
        size: int,
        read: Read,
        writer: FileWriter,
        enter: Callable[[], Deferred[T]],
    ) -> T:
        """Receive a body into its reserved place, then `enter` it; all is undone when anything fails."""
        try:
            await receive(read, size, writer, self.in_thread, self.budget)
            return await enter()
        except OSError as error:
            await self.undo(number, path)
            raise told(error) from error
        except Exception:
            await self.undo(number, path)
            raise

    async def sweep(self) -> None:
        """Remove the files that were dropped, and give their room back."""
        while batch := await self.db.read(quota.going, BATCH):
            try:
                await self.in_thread(self.drive.remove, [self.drive.root / file.path for file in batch])
            except OSError as error:
                self._log.error("dropped files cannot be removed now: {error}", error=error)
                return
            await self.db(quota.gone, batch)

    def may_change(self, c: sqlite3.Connection, customer: str, epoch: int) -> customers.Customer:
        """
        The customer, who was heard of just now.

        @raise NotCustomer: he is none.
        @raise Conflict: his epoch is over.
        """
        known = customers.active(c, customer)
        customers.not_behind(c, known, epoch)
        customers.heard(c, customer, self.now(), self.lived())
        return known

    async def undo(self, number: int, path: str) -> None:
        """Nothing of this reservation is left; unless it was entered into the ledger."""
        # When it was entered after all, and only the answer was lost, it stays.
        if await self.db.read(quota.is_waiting, number):
            try:
                await self.in_thread(self.drive.remove, [self.temporary(number), self.drive.root / path])
            except OSError as error:
                # Its room stays spoken for until the next start, which tries again.
                self._log.error("{path} cannot be removed: {error}", path=path, error=error)
                return
            await self.db(quota.give_up, number)

    def temporary(self, number: int) -> Path:
        """Where the file of a reservation is made."""
        return self.drive.root / INCOMING / str(number)

    def _clear_incoming(self) -> None:
        folder = self.drive.root / INCOMING
        self.drive.remove([folder / name for name in self.drive.names(folder)])

    def _receipt(self, piece: Piece) -> bytes:
        return sign_statement(
            Receipt(piece.customer, self.me, piece.time, piece.block, piece.number, piece.root, piece.size),
            self.device,
        )
