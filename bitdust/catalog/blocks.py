"""The blocks of the catalog as seen from outside: their facts, who should have their pieces, who has."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.blocks.shapes import commit_at
from bitdust.catalog.replay import ACKED, LOST, SEALED, UNKNOWN, WANTED
from bitdust.errors import NotFound

STATES = {WANTED: "wanted", ACKED: "acked", LOST: "lost", UNKNOWN: "unknown"}
COLUMNS = "b.serial, b.id, b.salt, b.size, b.n, b.k, b.unit, b.roots, b.state, b.job, b.acked, b.spool"


@dataclass(frozen=True)
class Block:
    """
    A block.  `acked` of its n pieces are known to be at their suppliers; `spool` names its file here, if it
    is here.
    """

    serial: int
    id: bytes
    salt: bytes
    size: int
    n: int
    k: int
    unit: int
    roots: tuple[bytes, ...]
    state: str
    job: int | None
    acked: int
    spool: str | None

    @property
    def commit_at(self) -> int:
        """Pieces that must be acknowledged before a version may rest on the block."""
        return commit_at(self.n, self.k)

    @property
    def survives(self) -> int:
        """Pieces that may still be lost."""
        return self.acked - self.k


@dataclass(frozen=True)
class Placement:
    """
    Piece `number` of a block at a supplier: wanted, acked, lost, leaving (acked, and moving elsewhere) or
    unknown.
    """

    serial: int
    number: int
    fingerprint: str
    state: str

    @property
    def is_source(self) -> bool:
        """Whether the piece may be asked for here."""
        return self.state in ("acked", "leaving", "unknown")


class NoSuchBlock(NotFound):
    """The catalog has no such block."""


def get(c: sqlite3.Connection, serial: int) -> Block:
    """
    @raise NotFound: there is no such block (any more).
    """
    row = c.execute(f"SELECT {COLUMNS} FROM blocks b WHERE serial = ?", (serial,)).fetchone()  # noqa: S608
    if row is None:
        raise NoSuchBlock(f"there is no block {serial} in the catalog")
    return block(row)


def by_id(c: sqlite3.Connection, id: bytes) -> Block | None:
    """The block of this id, if the catalog has it."""
    row = c.execute(f"SELECT {COLUMNS} FROM blocks b WHERE id = ?", (id,)).fetchone()  # noqa: S608
    return block(row) if row else None


def block(
    row: tuple[int, bytes, bytes, int, int, int, int, bytes, int, int | None, int, str | None],
) -> Block:
    """A row of COLUMNS as a Block."""
    roots = tuple(row[7][at : at + 32] for at in range(0, len(row[7]), 32))
    return Block(*row[:7], roots, "sealed" if row[8] == SEALED else "committed", *row[9:])


def placements(c: sqlite3.Connection, serial: int) -> list[Placement]:
    """Where the block's pieces are or should be, by piece number; a moving piece has two rows."""
    return [
        Placement(serial, number, fingerprint, state_name(state, leaving))
        for number, fingerprint, state, leaving in c.execute(
            "SELECT p.number, r.fingerprint, p.state, p.leaving FROM placements p JOIN peers r"
            " ON r.id = p.peer"
            " WHERE p.serial = ? ORDER BY p.number, p.leaving, r.fingerprint",
            (serial,),
        )
    ]


def sources(c: sqlite3.Connection, serial: int) -> list[Placement]:
    """
    Where pieces of the block may be asked for: acknowledged ones first, then those not seen since a recovery.
    """
    return sorted((x for x in placements(c, serial) if x.is_source), key=lambda x: x.state == "unknown")


def state_name(state: int, leaving: int) -> str:
    """The word for a placement's state."""
    return "leaving" if leaving and state == ACKED else STATES[state]
