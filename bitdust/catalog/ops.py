"""
The log's two verbs: `record` a fact that became true here, `apply` one that is read back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from bitdust.catalog.additions import entries_added
from bitdust.catalog.facts import (
    AnyOp,
    BlockAdded,
    BlockDropped,
    ChunkFact,
    ChunksAdded,
    ChunksMoved,
    EntryAdded,
    EntryGone,
    EntryMore,
    EpochBegan,
    ItemAdded,
    ItemChanged,
    ItemRemoved,
    ItemTrashed,
    ItemType,
    Kind,
    Meta,
    NumbersUsed,
    Placed,
    Run,
    SerialsUsed,
    VersionAdded,
    VersionBack,
    VersionPinned,
    VersionRemoved,
    VersionTrashed,
    decode,
    encode,
)
from bitdust.catalog.replay import WRITERS

__all__ = [
    "AnyOp",
    "BlockAdded",
    "BlockDropped",
    "ChunkFact",
    "ChunksAdded",
    "ChunksMoved",
    "EntryAdded",
    "EntryGone",
    "EntryMore",
    "EpochBegan",
    "ItemAdded",
    "ItemChanged",
    "ItemRemoved",
    "ItemTrashed",
    "ItemType",
    "Kind",
    "Meta",
    "NumbersUsed",
    "Placed",
    "Run",
    "SerialsUsed",
    "VersionAdded",
    "VersionBack",
    "VersionPinned",
    "VersionRemoved",
    "VersionTrashed",
    "apply",
    "apply_all",
    "decode",
    "encode",
    "record",
    "record_all",
]


def apply(c: sqlite3.Connection, op: AnyOp) -> None:
    """
    Write into the tables what the fact says.

    @raise Damaged: it contradicts what is there.
    """
    WRITERS[type(op)](c, op)


def apply_all(c: sqlite3.Connection, ops: Iterable[AnyOp]) -> None:
    """
    The same for many, in order.

    @raise Damaged: one of them contradicts what is there.
    """
    for kind, group in groupby(ops, type):
        if kind is EntryAdded:
            entries_added(c, cast("Iterator[EntryAdded]", group))
        else:
            for op in group:
                apply(c, op)


def record_all(c: sqlite3.Connection, ops: Sequence[AnyOp]) -> None:
    """Append these facts to the log, in order, and write them into the tables."""
    c.executemany("INSERT INTO log (op) VALUES (?)", [(encode(op),) for op in ops])
    apply_all(c, ops)


def record(c: sqlite3.Connection, op: AnyOp) -> int:
    """Append the fact to the log and write it into the tables; answers its place in the log."""
    seq = c.execute("INSERT INTO log (op) VALUES (?)", (encode(op),)).lastrowid
    assert seq is not None
    apply(c, op)
    return seq
