"""
Who the suppliers are, and under which epoch this node writes.

`number` is what packets carry: it is raised by each recovery, and suppliers refuse changes under a lower one.
`change` counts the supplier sets; replacing one supplier begins a new set under the same number.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bitdust.catalog.facts import EpochBegan
from bitdust.catalog.ops import record
from bitdust.catalog.rows import mark, raise_mark
from bitdust.errors import Usage


@dataclass(frozen=True)
class Supplier:
    """Who keeps the piece of that number of new blocks."""

    position: int
    fingerprint: str
    idurl: str


@dataclass(frozen=True)
class Epoch:
    """A set of suppliers.  Number 1 and nobody in it before the first one began."""

    number: int
    change: int
    suppliers: tuple[Supplier, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Theirs, in order of position."""
        return tuple(each.fingerprint for each in self.suppliers)


def current(c: sqlite3.Connection) -> Epoch:
    """The set in use."""
    row = c.execute(
        "SELECT number, change, suppliers FROM epochs ORDER BY number DESC, change DESC LIMIT 1"
    ).fetchone()
    return unpack(*row) if row else Epoch(1, 0, ())


def begin(c: sqlite3.Connection, suppliers: Sequence[tuple[str, str]], *, number: int | None = None) -> Epoch:
    """
    From now on these, (fingerprint, idurl) in order of position, are the suppliers.  Nothing is written when
    they are already.

    @param number: after a recovery, a number higher than every one seen; None keeps the number.
    @raise Usage: one is there twice, or the number falls.
    """
    old = current(c)
    wanted = tuple((fingerprint, idurl) for fingerprint, idurl in suppliers)
    if len({fingerprint for fingerprint, _ in wanted}) != len(wanted):
        raise Usage("one supplier cannot have two positions")
    if number is not None and number < old.number:
        raise Usage(f"epoch {number} is lower than {old.number}")
    if (number or old.number) == old.number and old.change and wanted == _pairs(old):
        return old
    op = EpochBegan(number or old.number, old.change + 1, wanted)
    record(c, op)
    return current(c)


def replace(c: sqlite3.Connection, old: str, new: tuple[str, str]) -> Epoch:
    """The set with `new`, (fingerprint, idurl), in the position of the fingerprint `old`."""
    now = current(c)
    if old not in now.fingerprints:
        raise Usage("that is none of the suppliers in use")
    return begin(
        c, [new if each.fingerprint == old else (each.fingerprint, each.idurl) for each in now.suppliers]
    )


def all_suppliers(c: sqlite3.Connection) -> list[tuple[str, str]]:
    """
    (fingerprint, idurl) of the current suppliers by position, then of those of older sets who still keep a
    piece.
    """
    now = current(c)
    found = dict(_pairs(now))
    for number, change, packed in c.execute(
        "SELECT number, change, suppliers FROM epochs ORDER BY number DESC, change DESC"
    ):
        for each in unpack(number, change, packed).suppliers:
            if each.fingerprint not in found and _keeps(c, each.fingerprint):
                found[each.fingerprint] = each.idurl
    return list(found.items())


def idurl_of(c: sqlite3.Connection, fingerprint: str) -> str | None:
    """The newest IDURL under which this supplier was hired."""
    for number, change, packed in c.execute(
        "SELECT number, change, suppliers FROM epochs ORDER BY number DESC, change DESC"
    ):
        for each in unpack(number, change, packed).suppliers:
            if each.fingerprint == fingerprint:
                return each.idurl
    return None


def saw(c: sqlite3.Connection, number: int) -> bool:
    """
    A supplier spoke of this epoch number.  True: it is higher than ours, and we may change nothing any more.
    """
    raise_mark(c, "epoch_seen", number)
    return number > current(c).number


def highest_seen(c: sqlite3.Connection) -> int:
    """
    The highest epoch number seen anywhere: above `current(c).number`, somebody has recovered and writes
    instead.
    """
    return max(current(c).number, mark(c, "epoch_seen"))


def _pairs(epoch: Epoch) -> tuple[tuple[str, str], ...]:
    return tuple((each.fingerprint, each.idurl) for each in epoch.suppliers)


def _keeps(c: sqlite3.Connection, fingerprint: str) -> bool:
    row = c.execute(
        "SELECT 1 FROM placements WHERE peer = (SELECT id FROM peers WHERE fingerprint = ?) LIMIT 1",
        (fingerprint,),
    ).fetchone()
    return row is not None


def unpack(number: int, change: int, packed: bytes) -> Epoch:
    pairs = msgspec.msgpack.decode(packed, type=tuple[tuple[str, str], ...])
    return Epoch(number, change, tuple(Supplier(i, *pair) for i, pair in enumerate(pairs)))
