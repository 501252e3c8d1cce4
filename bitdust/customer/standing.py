"""
What is known of each supplier: when he was there, and what he showed when he was asked.

Only time in which this node ran, and heard somebody, is counted, and an hour of each rest: who sleeps, or
has lost the network himself, accuses nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from bitdust.customer import owing, repairs

DAY = 86400
#: days of attendance and audits that count
MONTH = 30
#: audits and days that are kept of each supplier, whatever their date
AUDITS, DAYS = 100, 2 * MONTH
#: absences that are remembered of each supplier, and how many it takes to call one usual
GAPS, ENOUGH_GAPS = 20, 3
#: the share of his absences that are no longer than the usual one
USUAL = 0.9
#: who was there, and showed what he was asked for, to this part is better than somebody unknown
GOOD = 0.8
#: the rank of one who is not hired at present, and seconds for which that is who has asked us to leave
NOT_NOW, WEEK = 4, 7 * DAY
#: why a supplier is to be replaced, the most urgent first: he has lost something, has no contract with us, is
#: away, or asks us to leave
AUDIT, ENDED, ABSENT, LEAVE = KINDS = "audit", "ended", "absent", "leave"

SCHEMA = [
    """
    -- One audit: leaves asked for, and what came of them.  Times in Unix seconds.
    CREATE TABLE audits (
        supplier TEXT NOT NULL,
        at INTEGER NOT NULL,
        good INTEGER NOT NULL,
        bad INTEGER NOT NULL,
        silent INTEGER NOT NULL,
        PRIMARY KEY (supplier, at)
    ) STRICT, WITHOUT ROWID;

    -- Seconds of a day (number of days since 1970) in which we looked, and in which he was not there.
    CREATE TABLE days (
        supplier TEXT NOT NULL,
        day INTEGER NOT NULL,
        watched REAL NOT NULL,
        away REAL NOT NULL,
        PRIMARY KEY (supplier, day)
    ) STRICT, WITHOUT ROWID;

    -- His present absence, in seconds.
    CREATE TABLE away (
        supplier TEXT PRIMARY KEY,
        seconds REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- His past ones.
    CREATE TABLE gaps (
        supplier TEXT NOT NULL,
        at INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (supplier, at)
    ) STRICT, WITHOUT ROWID;

    -- Who is to be replaced, and why: `kind` is one of `KINDS`.
    CREATE TABLE doubts (
        supplier TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        why TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- One row: seconds of suppliers, in all, in which we looked; and how many were lost in them.
    CREATE TABLE lives (watched REAL NOT NULL, lost INTEGER NOT NULL) STRICT;
    INSERT INTO lives VALUES (0, 0);
    """,
    """
    -- Former suppliers, as they were: the share of time in which one was there (NULL: not known), leaves
    -- shown of those asked for, bytes a second that he took (NULL: not known), and whether his audits cost
    -- him his seat.
    CREATE TABLE past (
        idurl TEXT PRIMARY KEY,
        uptime REAL,
        shown INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        speed REAL,
        failed INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- What a supplier has said last of our contract (`Said`); and former suppliers who asked us to leave.
    CREATE TABLE notices (
        supplier TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        used INTEGER NOT NULL,
        granted INTEGER NOT NULL,
        until INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE past ADD COLUMN asked_to_leave INTEGER NOT NULL DEFAULT 0;
    """,
    owing.TABLES,
    """
    -- One row: when the roll was called last, in Unix seconds (0: never).
    CREATE TABLE called (at INTEGER NOT NULL) STRICT;
    INSERT INTO called VALUES (0);
    """,
    repairs.TABLES,
]


@dataclass(frozen=True)
class Audit:
    """
    What came of one audit: leaves that were shown, that were wrong or not there, and that did not come in
    time.
    """

    at: int
    good: int
    bad: int
    silent: int

    @property
    def asked(self) -> int:
        """Leaves asked for."""
        return self.good + self.bad + self.silent


@dataclass(frozen=True)
class Said:
    """
    A supplier's word on our contract (`packets.Notice`): how it stands, bytes kept and granted, when what he
    keeps goes (Unix seconds; 0: it does not), and when he said so.
    """

    state: str
    used: int
    granted: int
    until: int
    at: int


@dataclass(frozen=True)
class Standing:
    """
    A supplier as he was in the last 30 days.

    @param uptime: the share of the time in which he was there; None: nobody has looked yet.
    @param shown: leaves that he showed.
    @param asked: leaves that he was asked for.
    @param last: his last audit.
    @param doubt: why he is to be replaced, or "".
    @param said: what he has said last of our contract, if anything.
    """

    uptime: float | None
    shown: int
    asked: int
    last: Audit | None
    doubt: str
    said: Said | None = None


def audited(c: sqlite3.Connection, supplier: str, audit: Audit) -> None:
    """Write an audit down."""
    c.execute(
        "INSERT OR REPLACE INTO audits VALUES (?, ?, ?, ?, ?)",
        (supplier, audit.at, audit.good, audit.bad, audit.silent),
    )
    _tidy(c, "audits", "at", supplier, audit.at, AUDITS)


def _tidy(c: sqlite3.Connection, table: str, column: str, supplier: str, now: int, most: int) -> None:
    """
    Keep the last `most` rows of him.  By number, not by age: a clock that jumps ahead makes all look old, and
    when it is put right, what it wrote is in the future and would be taken for the last word for years.
    """
    c.execute(f"DELETE FROM {table} WHERE supplier = ? AND {column} > ?", (supplier, now))  # noqa: S608
    c.execute(
        f"DELETE FROM {table} WHERE supplier = :who AND {column} NOT IN"  # noqa: S608
        f" (SELECT {column} FROM {table} WHERE supplier = :who ORDER BY {column} DESC LIMIT :most)",
        {"who": supplier, "most": most},
    )


def audits(c: sqlite3.Connection, supplier: str, now: int) -> list[Audit]:
    """The audits up to now that are kept, newest first."""
    rows = c.execute(
        "SELECT at, good, bad, silent FROM audits WHERE supplier = ? AND at <= ? ORDER BY at DESC",
        (supplier, now),
    )
    return [Audit(*row) for row in rows]


def passed(c: sqlite3.Connection, ran: float, most: float, now: int) -> float:
    """
    The roll is called.  Answers how many seconds count since it was called last, `most` at most.

    @param ran: seconds of this run since then, or since its beginning.
    """
    (last,) = c.execute("SELECT at FROM called").fetchone()
    c.execute("UPDATE called SET at = ?", (now,))
    return min(max(ran, float(now - last)) if last else ran, most)


def looked(
    c: sqlite3.Connection, here: Collection[str], away: Collection[str], seconds: float, now: int
) -> dict[str, float]:
    """
    For so many seconds these were here, and those were away.

    Answers for those who are away how long, by now, in seconds.
    """
    today = now // DAY
    for supplier in sorted({*here, *away}):
        c.execute(
            "INSERT INTO days VALUES (?, ?, ?, ?) ON CONFLICT (supplier, day) DO UPDATE SET"
            " watched = watched + excluded.watched, away = away + excluded.away",
            (supplier, today, seconds, seconds if supplier in away else 0.0),
        )
    c.execute("UPDATE lives SET watched = watched + ?", (seconds * len({*here, *away}),))
    for supplier in sorted({*here, *away}):
        _tidy(c, "days", "day", supplier, today, DAYS)
    for supplier in sorted(here):
        _came_back(c, supplier, now)
    for supplier in sorted(away):
        c.execute(
            "INSERT INTO away VALUES (?, ?) ON CONFLICT (supplier) DO UPDATE SET"
            " seconds = seconds + excluded.seconds",
            (supplier, seconds),
        )
    found = dict(c.execute("SELECT supplier, seconds FROM away").fetchall())
    return {supplier: float(found[supplier]) for supplier in away}


def _came_back(c: sqlite3.Connection, supplier: str, now: int) -> None:
    row = c.execute("SELECT seconds FROM away WHERE supplier = ?", (supplier,)).fetchone()
    if row is None:
        return
    c.execute("DELETE FROM away WHERE supplier = ?", (supplier,))
    c.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?)", (supplier, now, row[0]))
    _tidy(c, "gaps", "at", supplier, now, GAPS)


def usual_gap(c: sqlite3.Connection, supplier: str) -> float:
    """Seconds that nine in ten of his absences do not exceed; 0 as long as he had too few."""
    gaps = sorted(s for (s,) in c.execute("SELECT seconds FROM gaps WHERE supplier = ?", (supplier,)))
    return float(gaps[int(USUAL * (len(gaps) - 1))]) if len(gaps) >= ENOUGH_GAPS else 0.0


def doubt(c: sqlite3.Connection, supplier: str, kind: str, why: str) -> bool:
    """He is to be replaced.  False: that was known, though perhaps for another reason."""
    was = _kind(c, supplier)
    if was is not None and KINDS.index(was) <= KINDS.index(kind):
        return False
    c.execute("INSERT OR REPLACE INTO doubts VALUES (?, ?, ?)", (supplier, kind, why))
    # Who asks us to leave keeps all until we have left: that is no loss.
    if kind != LEAVE and was in (None, LEAVE):
        c.execute("UPDATE lives SET lost = lost + 1")
    return was is None


def doubts(c: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Who is to be replaced -> (kind, why), the most urgent first."""
    found = c.execute("SELECT supplier, kind, why FROM doubts ORDER BY supplier").fetchall()
    found.sort(key=lambda row: KINDS.index(row[1]))
    return {who: (kind, why) for who, kind, why in found}


def trust(c: sqlite3.Connection, supplier: str) -> None:
    """He is not to be replaced any more: it was no loss."""
    was = _kind(c, supplier)
    c.execute("DELETE FROM doubts WHERE supplier = ?", (supplier,))
    if was is not None and was != LEAVE:
        c.execute("UPDATE lives SET lost = max(0, lost - 1)")


def _kind(c: sqlite3.Connection, supplier: str) -> str | None:
    row = c.execute("SELECT kind FROM doubts WHERE supplier = ?", (supplier,)).fetchone()
    return row[0] if row else None


def say(c: sqlite3.Connection, supplier: str, said: Said) -> bool:
    """He has said how our contract stands.  False: he had said the same before."""
    before = said_by(c, supplier)
    c.execute(
        "INSERT OR REPLACE INTO notices VALUES (?, ?, ?, ?, ?, ?)",
        (supplier, said.state, said.used, said.granted, said.until, said.at),
    )
    return (before.state if before else "well") != said.state


def said_by(c: sqlite3.Connection, supplier: str) -> Said | None:
    """What he has said last of our contract."""
    row = c.execute(
        "SELECT state, used, granted, until, at FROM notices WHERE supplier = ?", (supplier,)
    ).fetchone()
    return Said(*row) if row else None


def lives(c: sqlite3.Connection) -> tuple[float, int]:
    """Days of suppliers, in all, in which we looked, and how many of them were lost."""
    seconds, lost = c.execute("SELECT watched, lost FROM lives").fetchone()
    return seconds / DAY, lost


def remember(c: sqlite3.Connection, supplier: str, idurl: str, speed: float | None, now: int) -> None:
    """He is no supplier any more: how he was is kept for when he offers again."""
    found, why = of(c, supplier, now), _kind(c, supplier)
    if found.uptime is None and not found.asked and why != LEAVE:
        return
    c.execute(
        "INSERT OR REPLACE INTO past VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (idurl, found.uptime, found.shown, found.asked, speed, why == AUDIT, now, why == LEAVE),
    )


def said_to_be(c: sqlite3.Connection, state: str) -> list[str]:
    """Suppliers who said last that our contract stands so."""
    rows = c.execute("SELECT supplier FROM notices WHERE state = ? ORDER BY supplier", (state,))
    return [who for (who,) in rows]


def ranks(c: sqlite3.Connection, idurls: Collection[str], now: int) -> dict[str, tuple[int, float]]:
    """
    Those of these who were suppliers before -> (0 good, 2 poor, or asked us to leave, 3 failed his audits,
    `NOT_NOW` asked us to leave within a week; who is not here is 1), and the better the smaller: a second who
    was there more, showed more, and took bytes faster.
    """
    found = {}
    for idurl, uptime, shown, asked, speed, failed, at, left in c.execute(
        "SELECT idurl, uptime, shown, asked, speed, failed, at, asked_to_leave FROM past"
    ):
        if idurl in idurls:
            worth = (1.0 if uptime is None else uptime) * ((shown / asked) if asked else 1.0)
            # Speed decides among equals: what counts first is that he is there and has it.
            pace = 1.0 - 1.0 / (1.0 + (speed or 0.0) / 1e6)
            rank = 3 if failed else 0 if worth >= GOOD and not left else 2
            found[idurl] = (
                NOT_NOW if left and now - at < WEEK else rank,
                -round(worth, 2) - 0.001 * pace,
            )
    return found


def forget(c: sqlite3.Connection, supplier: str) -> None:
    """He is no supplier any more: should he ever be one again, he begins anew."""
    for table in ("audits", "days", "away", "gaps", "doubts", "notices", "owed", "owing"):
        c.execute(f"DELETE FROM {table} WHERE supplier = ?", (supplier,))  # noqa: S608


def known(c: sqlite3.Connection) -> list[str]:
    """Everybody of whom something is written here."""
    return [
        who
        for (who,) in c.execute(
            "SELECT supplier FROM days UNION SELECT supplier FROM doubts UNION SELECT supplier FROM notices"
        )
    ]


def of(c: sqlite3.Connection, supplier: str, now: int) -> Standing:
    """What is known of him."""
    watched, away = c.execute(
        "SELECT total(watched), total(away) FROM days WHERE supplier = ? AND day > ? AND day <= ?",
        (supplier, now // DAY - MONTH, now // DAY),
    ).fetchone()
    found = [audit for audit in audits(c, supplier, now) if audit.at >= now - MONTH * DAY]
    row = c.execute("SELECT why FROM doubts WHERE supplier = ?", (supplier,)).fetchone()
    return Standing(
        uptime=1 - away / watched if watched else None,
        shown=sum(audit.good for audit in found),
        asked=sum(audit.asked for audit in found),
        last=found[0] if found else None,
        doubt=row[0] if row else "",
        said=said_by(c, supplier),
    )
