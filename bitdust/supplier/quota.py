"""
Room on the shelf: spoken for before the first byte is written, given back after the last one is gone.

    reserve --> arrivals --(written, durable)--> pieces or segments --drop--> going --(removed)--> release
                   '------------(refused, cut off)---------------> release

Each arrow is one transaction.  A row in `arrivals` at start is something that was cut off.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bitdust.errors import NoSpace
from bitdust.supplier import customers
from bitdust.supplier.customers import Customer
from bitdust.wire.receipts import charge_of

#: a customer may keep one file for each so many granted bytes, and some more
BYTES_PER_FILE, SOME_MORE = 16 * 1024, 1024


@dataclass(frozen=True)
class Going:
    """A file that nobody may read any more and that still takes room."""

    path: str
    customer: str
    charge: int


def reserve(c: sqlite3.Connection, customer: Customer, path: str, size: int, free: int) -> tuple[int, str]:
    """
    Speak for the room of a file of `size` bytes.

    @param path: where the file will be; the reservation's number is put behind it, so no two are the same.
    @param free: bytes that customers may still fill on the disk.
    @return: the number of the reservation, and the path.
    @raise NoSpace: the customer's quota, the number of his files, or the disk does not allow it.
    """
    charge = charge_of(size)
    if customer.used + charge > customer.granted:
        raise NoSpace(f"your quota of {customer.granted} bytes has {customer.granted - customer.used} left")
    if customer.files >= customer.granted // BYTES_PER_FILE + SOME_MORE:
        raise NoSpace(f"your quota is for no more than {customer.files} files")
    (arriving,) = c.execute("SELECT coalesce(sum(charge), 0) FROM arrivals").fetchone()
    if charge + arriving > free:
        raise NoSpace("the supplier's disk is full")
    row = c.execute(
        "INSERT INTO arrivals (customer, path, charge) VALUES (?, '', ?)", (customer.fingerprint, charge)
    )
    number = row.lastrowid
    assert number is not None
    path = f"{path}-{number}"
    c.execute("UPDATE arrivals SET path = ? WHERE id = ?", (path, number))
    customers.count(c, customer.fingerprint, charge, 1)
    return number, path


def arrived(c: sqlite3.Connection, number: int) -> int:
    """The file of this reservation is durable and gets its row now; answers its charge."""
    (charge,) = c.execute("DELETE FROM arrivals WHERE id = ? RETURNING charge", (number,)).fetchone()
    return int(charge)


def cut_off(c: sqlite3.Connection) -> list[tuple[int, Going]]:
    """Reservations with nobody behind them: at start, all that are there."""
    rows = c.execute("SELECT id, path, customer, charge FROM arrivals ORDER BY id")
    return [(number, Going(*rest)) for number, *rest in rows]


def is_waiting(c: sqlite3.Connection, number: int) -> bool:
    """Is room still spoken for under this number?"""
    return c.execute("SELECT 1 FROM arrivals WHERE id = ?", (number,)).fetchone() is not None


def give_up(c: sqlite3.Connection, number: int) -> None:
    """Nothing of this reservation is on the disk (any more)."""
    for customer, charge in c.execute(
        "DELETE FROM arrivals WHERE id = ? RETURNING customer, charge", (number,)
    ).fetchall():
        customers.count(c, customer, -charge, -1)


def drop(c: sqlite3.Connection, files: Iterable[Going]) -> None:
    """These files, whose rows were taken away in this transaction, are to be removed."""
    c.executemany(
        "INSERT INTO going (path, customer, charge) VALUES (?, ?, ?)",
        [(file.path, file.customer, file.charge) for file in files],
    )


def going(c: sqlite3.Connection, limit: int) -> list[Going]:
    """Some of the files to be removed."""
    return [
        Going(*row)
        for row in c.execute("SELECT path, customer, charge FROM going ORDER BY path LIMIT ?", (limit,))
    ]


def gone(c: sqlite3.Connection, files: Iterable[Going]) -> None:
    """They are off the disk: their room is free again."""
    for file in files:
        if c.execute("DELETE FROM going WHERE path = ?", (file.path,)).rowcount:
            customers.count(c, file.customer, -file.charge, -1)
