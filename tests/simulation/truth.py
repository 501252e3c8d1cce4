"""What really lies on the shelves, whatever the nodes believe: read from their disks, and verified."""

from __future__ import annotations

import sqlite3

from bitdust.blocks.layout import LEAF
from bitdust.errors import BitDustError
from bitdust.supplier.drive import Drive
from bitdust.supplier.piece_file import read_leaves
from bitdust.supplier.pieces import Piece
from tests.simulation.people import SimulatedHouse

#: leaves verified at a time
STRETCH = 64

#: (customer, block, number): a piece
Key = tuple[str, bytes, int]


class Truth:
    """Remembers which files were verified, until they change."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], bool] = {}

    def rows(self, house: SimulatedHouse) -> list[Piece]:
        """The ledger of a shelf: each row was promised to somebody."""
        return house.in_shelf(_rows) if (house.home / "shelf.db").exists() else []

    def whole(self, house: SimulatedHouse) -> set[Key]:
        """The pieces of a shelf that are what they should be."""
        drive = Drive(house.home / "customers")
        return {
            (piece.customer, piece.block, piece.number)
            for piece in self.rows(house)
            if self._is_whole(drive, piece)
        }

    def used(self, house: SimulatedHouse) -> list[tuple[str, int, int]]:
        """(customer, bytes used, bytes granted), of everybody with a contract."""
        return house.in_shelf(_used)

    def _is_whole(self, drive: Drive, piece: Piece) -> bool:
        try:
            status = (drive.root / piece.path).stat()
        except FileNotFoundError:
            return False
        key = (piece.path, status.st_ino, status.st_mtime_ns, status.st_size)
        if key not in self._known:
            self._known[key] = _reads_well(drive, piece)
        return self._known[key]


def _rows(c: sqlite3.Connection) -> list[Piece]:
    rows = c.execute("SELECT * FROM pieces WHERE damaged = 0 ORDER BY customer, block, number")
    return [Piece(*row) for row in rows]


def _used(c: sqlite3.Connection) -> list[tuple[str, int, int]]:
    return c.execute(
        "SELECT fingerprint, used, granted FROM customers WHERE state = 'active' ORDER BY fingerprint"
    ).fetchall()


def _reads_well(drive: Drive, piece: Piece) -> bool:
    leaves = -(-piece.size // LEAF)
    try:
        for first in range(0, leaves, STRETCH):
            read_leaves(drive, piece, first, min(STRETCH, leaves - first))
    except (BitDustError, OSError):
        return False
    return True
