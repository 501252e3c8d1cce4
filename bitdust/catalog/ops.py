"""
The log's two verbs: `record` a fact that became true here, `apply` one that is read back.
"""

from __future__ import annotations

import sqlite3

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
    "decode",
    "encode",
    "record",
]


def apply(c: sqlite3.Connection, op: AnyOp) -> None:
    """
    Write into the tables what the fact says.

    @raise Damaged: it contradicts what is there.
    """
    WRITERS[type(op)](c, op)


def record(c: sqlite3.Connection, op: AnyOp) -> int:
    """Append the fact to the log and write it into the tables; answers its place in the log."""
    seq = c.execute("INSERT INTO log (op) VALUES (?)", (encode(op),)).lastrowid
    assert seq is not None
    apply(c, op)
    return seq
