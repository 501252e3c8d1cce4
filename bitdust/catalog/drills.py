"""
drills -- what came of the last restore drills.  Of this machine only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

#: how many are kept
KEPT = 100


@dataclass(frozen=True)
class Drilled:
    """
    A drill that ended at `time` (Unix seconds): so many files, and bytes of them, came back from suppliers as
    they were backed up; of `wrong` others something did not, as `note` tells of the first.
    """

    time: float
    files: int
    bytes: int
    wrong: int
    note: str


def put(c: sqlite3.Connection, drilled: Drilled) -> None:
    """Write it down; the oldest goes."""
    c.execute(
        "INSERT OR REPLACE INTO drills (time, files, bytes, wrong, note) VALUES (?, ?, ?, ?, ?)",
        (drilled.time, drilled.files, drilled.bytes, drilled.wrong, drilled.note),
    )
    c.execute(
        "DELETE FROM drills WHERE time NOT IN (SELECT time FROM drills ORDER BY time DESC LIMIT ?)", (KEPT,)
    )


def ended(c: sqlite3.Connection, limit: int = KEPT) -> list[Drilled]:
    """Those that ended, newest first."""
    return [
        Drilled(*row)
        for row in c.execute(
            "SELECT time, files, bytes, wrong, note FROM drills ORDER BY time DESC LIMIT ?", (limit,)
        )
    ]
