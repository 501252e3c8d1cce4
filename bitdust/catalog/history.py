"""
What facts about entries and versions do to the tables.

An entry is valid from one version until another; which versions need a block follows from that (`uses`).
"""

from __future__ import annotations

import sqlite3

from bitdust.catalog import facts
from bitdust.catalog.rows import item_row, key_of, soiled
from bitdust.catalog.schema import FOREVER
from bitdust.errors import Damaged

Connection = sqlite3.Connection

#: what a version and a deleted one have in common
_COLUMNS = "item, seq, label, files, bytes, stored, time, complete, skipped, log_seq, pinned"


def entry_more(c: Connection, op: facts.EntryMore) -> None:
    item, key = item_row(c, op.item), key_of(op.path)
    row = c.execute(
        "SELECT id, until, content FROM entries WHERE item = ? AND key = ? AND since = ?", (item, key, op.seq)
    ).fetchone()
    if row is None:
        raise Damaged(f"the catalog's log goes on with a file of item {op.item} that it never began")
    known = facts.decode_runs(row[2])
    c.execute(
        "UPDATE entries SET content = ?, stored = stored + ? WHERE id = ?",
        (facts.encode_runs(known + op.content), stored_of(c, op.content), row[0]),
    )
    for serial in {run[0] for run in op.content} - {run[0] for run in known}:
        use(c, item, serial, op.seq, row[1])


def entry_gone(c: Connection, op: facts.EntryGone) -> None:
    item = item_row(c, op.item)
    row = c.execute(
        "SELECT id, since, content FROM entries INDEXED BY entries_open"
        " WHERE item = ? AND key = ? AND until = 9223372036854775807",
        (item, key_of(op.path)),
    ).fetchone()
    if row is not None:
        close(c, item, row, op.seq)


def stored_of(c: Connection, runs: tuple[facts.Run, ...]) -> int:
    """What the content takes at the suppliers, parity included."""
    bytes_ = 0
    for serial, first, count in runs:
        row = c.execute(
            "SELECT sum(ch.stored) * b.n / b.k FROM chunks ch JOIN blocks b USING (serial)"
            " WHERE ch.serial = ? AND ch.number >= ? AND ch.number < ?",
            (serial, first, first + count),
        ).fetchone()
        bytes_ += row[0] or 0
    return bytes_


def use(c: Connection, item: int, serial: int, since: int, until: int, count: int = 1) -> None:
    """So many entries more need the block: its rows stay the union of the intervals of all that do."""
    if (
        until == FOREVER
        and c.execute(
            "UPDATE uses SET live = live + ? WHERE item = ? AND serial = ? AND since <= ? AND until = ?",
            (count, item, serial, since, until),
        ).rowcount
    ):
        return
    near = c.execute(
        "SELECT since, until, live FROM uses WHERE item = ? AND serial = ? AND since <= ? AND"
        " until >= ? ORDER BY since",
        (item, serial, until, since),
    ).fetchall()
    live = sum(row[2] for row in near) + (count if until == FOREVER else 0)
    first, last = min([since, *(r[0] for r in near)]), max([until, *(r[1] for r in near)])
    if len(near) != 1 or near[0][0] != first:
        c.executemany(
            "DELETE FROM uses WHERE item = ? AND serial = ? AND since = ?",
            [(item, serial, row[0]) for row in near],
        )
    c.execute(
        "INSERT INTO uses VALUES (?, ?, ?, ?, ?) ON CONFLICT (item, serial, since)"
        " DO UPDATE SET until = excluded.until, live = excluded.live",
        (item, serial, first, last, live),
    )


def _unuse(c: Connection, item: int, content: bytes, seq: int) -> None:
    # An open entry with this content is open no more.
    for serial in {run[0] for run in facts.decode_runs(content)}:
        at = (item, serial, FOREVER)
        c.execute(
            "UPDATE uses SET live = live - 1, until = CASE live WHEN 1 THEN ? ELSE until END"
            " WHERE item = ? AND serial = ? AND until = ?",
            (seq, *at),
        )
        c.execute("DELETE FROM uses WHERE item = ? AND serial = ? AND since >= until", at[:2])


def close(c: Connection, item: int, row: tuple[int, int, bytes], seq: int) -> None:
    """What was there, (row, since, content) of an entry, is not in version `seq` any more."""
    id_, since, content = row
    if since >= seq:
        c.execute("DELETE FROM entries WHERE id = ?", (id_,))
    else:
        c.execute("UPDATE entries SET until = ? WHERE id = ?", (seq, id_))
    _unuse(c, item, content, seq)


def version_added(c: Connection, op: facts.VersionAdded) -> None:
    item = item_row(c, op.item)
    old = c.execute("SELECT seq FROM versions WHERE item = ? AND label = ?", (item, op.label)).fetchall()
    try:
        c.execute(
            "INSERT INTO versions (item, seq, label, files, bytes, stored, time, complete, skipped)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (item, op.seq, op.label, op.files, op.bytes, op.stored, op.time, op.complete, op.skipped),
        )
    except sqlite3.IntegrityError:
        raise Damaged(f"the catalog's log adds version {op.seq} of item {op.item} twice") from None
    c.execute("UPDATE items SET last_seq = max(last_seq, ?) WHERE id = ?", (op.seq, item))
    for (seq,) in old:
        _forget_version(c, item, seq)


def version_removed(c: Connection, op: facts.VersionRemoved) -> None:
    item = item_row(c, op.item)
    for (seq,) in c.execute(
        "SELECT seq FROM versions WHERE item = :item AND label = :label"
        " UNION ALL SELECT seq FROM trash WHERE item = :item AND label = :label",
        {"item": item, "label": op.label},
    ).fetchall():
        _forget_version(c, item, seq)


def version_trashed(c: Connection, op: facts.VersionTrashed) -> None:
    item = item_row(c, op.item)
    at = (item, op.label)
    c.execute(
        f"INSERT OR REPLACE INTO trash ({_COLUMNS}, gone) SELECT {_COLUMNS}, ? FROM versions"  # noqa: S608
        " WHERE item = ? AND label = ?",
        (op.gone, *at),
    )
    c.execute("DELETE FROM versions WHERE item = ? AND label = ?", at)
    _close_deleted(c, item)


def version_back(c: Connection, op: facts.VersionBack) -> None:
    at = (item_row(c, op.item), op.label)
    c.execute(
        f"INSERT OR IGNORE INTO versions ({_COLUMNS}) SELECT {_COLUMNS} FROM trash"  # noqa: S608
        " WHERE item = ? AND label = ?",
        at,
    )
    c.execute("DELETE FROM trash WHERE item = ? AND label = ?", at)


def version_pinned(c: Connection, op: facts.VersionPinned) -> None:
    c.execute(
        "UPDATE versions SET pinned = ? WHERE item = ? AND label = ?",
        (op.pinned, item_row(c, op.item), op.label),
    )


def _close_deleted(c: Connection, item: int) -> None:
    """What is still so in deleted versions alone is not what the next version begins with."""
    (newest,) = c.execute("SELECT coalesce(max(seq), 0) FROM versions WHERE item = ?", (item,)).fetchone()
    rows = c.execute(
        "SELECT id, content FROM entries INDEXED BY entries_since"
        " WHERE item = ? AND since > ? AND until = 9223372036854775807",
        (item, newest),
    ).fetchall()
    if not rows:
        return
    (end,) = c.execute(
        "UPDATE items SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq", (item,)
    ).fetchone()
    for id_, content in rows:
        c.execute("UPDATE entries SET until = ? WHERE id = ?", (end, id_))
        _unuse(c, item, content, end)


def _forget_version(c: Connection, item: int, seq: int) -> None:
    soiled(c)
    for table in ("versions", "trash"):
        c.execute(f"DELETE FROM {table} WHERE item = ? AND seq = ?", (item, seq))  # noqa: S608
    known = "(SELECT seq FROM versions WHERE item = :item UNION ALL SELECT seq FROM trash WHERE item = :item)"
    here = {"item": item, "seq": seq}
    (before,) = c.execute(f"SELECT max(seq) FROM {known} WHERE seq < :seq", here).fetchone()  # noqa: S608
    (after,) = c.execute(f"SELECT min(seq) FROM {known} WHERE seq > :seq", here).fetchone()  # noqa: S608
    # What began behind the version before and ends with the version after was seen in this one only.
    at = (item, before or 0, after or FOREVER)
    index = "entries_since" if after is None else "entries_until"
    only_here = "item = ? AND since > ? AND until <= ?"
    if after is None:
        for (content,) in c.execute(
            f"SELECT content FROM entries INDEXED BY {index} WHERE {only_here} AND until = {FOREVER}",  # noqa: S608
            at,
        ):
            _unuse(c, item, content, seq)
    c.execute(f"DELETE FROM entries INDEXED BY {index} WHERE {only_here}", at)  # noqa: S608
    c.execute(f"DELETE FROM uses WHERE {only_here}", at)  # noqa: S608
    if c.execute("SELECT 1 FROM trash WHERE item = ? LIMIT 1", (item,)).fetchone():
        _close_deleted(c, item)
