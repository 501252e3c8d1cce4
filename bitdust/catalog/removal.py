"""
Forgetting on purpose: versions, items, and then the blocks that nothing needs any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from bitdust.catalog import blocks, deletes, trash, versions
from bitdust.catalog.facts import BlockDropped, ItemRemoved, VersionRemoved
from bitdust.catalog.ops import record
from bitdust.catalog.replay import forget_block
from bitdust.catalog.rows import below
from bitdust.catalog.tree import NoSuchItem
from bitdust.errors import Conflict


def remove_version(c: sqlite3.Connection, item: str, label: str, gone: int = 0) -> None:
    """
    The version goes; blocks only it needed become garbage.

    @param gone: it can be brought back until then (Unix seconds); 0: not at all.

    @raise NotFound: there is no such item or version.
    """
    if gone:
        trash.trash_version(c, item, label, gone)
        return
    version = versions.get(c, item, label)
    record(c, VersionRemoved(version.item, version.label))


def remove_item(c: sqlite3.Connection, item: str, gone: int = 0) -> int:
    """
    The item goes, with all below it and all their versions.  Answers how many items that were.

    @param gone: they can be brought back until then (Unix seconds); 0: not at all.

    @raise NotFound: there is no such item.  @raise Conflict: a backup of it, or of something below it, is
        running.
    """
    row = c.execute("SELECT id, key FROM items WHERE path_id = ? AND id > 0 AND gone = 0", (item,)).fetchone()
    if row is None:
        raise NoSuchItem(f"item {item} is not in the catalog")
    where, values = "id = ? OR (key >= ? AND key < ?)", (row[0], *below(row[1]))
    if c.execute(f"SELECT 1 FROM jobs WHERE item IN (SELECT id FROM items WHERE {where})", values).fetchone():  # noqa: S608
        raise Conflict(f"a backup of item {item} is running")
    found = [
        path_id
        for (path_id,) in c.execute(
            f"SELECT path_id FROM items WHERE ({where}) AND gone = 0 ORDER BY key DESC",  # noqa: S608
            values,
        )
    ]
    if gone:
        trash.trash_items(c, found, gone)
    else:
        record(c, ItemRemoved(item))
    return len(found)


def remove_unmade(c: sqlite3.Connection, item: str) -> None:
    """The item goes if it was made for a stream of which no version came, and nothing is said of it."""
    unmade = c.execute(
        "SELECT 1 FROM items i WHERE path_id = ? AND id > 0 AND gone = 0 AND size = -1 AND children = 0"
        " AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.item = i.id)"
        " AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.item = i.id)"
        " AND NOT EXISTS (SELECT 1 FROM policies p WHERE p.item = i.path_id)"
        " AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.item = i.id)",
        (item,),
    ).fetchone()
    if unmade:
        record(c, ItemRemoved(item))


def garbage(c: sqlite3.Connection, limit: int = 100, spare: Collection[int] = ()) -> list[int]:
    """Serials of blocks that no version refers to and no job made or pins; but for those to be spared."""
    query = (
        "SELECT serial FROM blocks b WHERE job IS NULL"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM uses u WHERE u.serial = b.serial)"
        " AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.serial = b.serial)"
        f" AND serial NOT IN ({','.join('?' * len(spare))}) ORDER BY serial LIMIT ?"
    )
    return [serial for (serial,) in c.execute(query, (*spare, limit))]


def condemn(c: sqlite3.Connection, serials: Iterable[int], not_before: int = 0) -> list[str]:
    """
    These blocks leave the catalog, and their pieces are queued for deletion: of blocks the log knew, once it
    says at enough suppliers that they are dropped.  Answers the names of their spool files, to be removed
    after the transaction.

    @raise Conflict: one of them is needed.
    """
    files = []
    for serial in serials:
        block = blocks.get(c, serial)
        if c.execute(
            "SELECT 1 FROM uses WHERE serial = ? UNION ALL SELECT 1 FROM pins WHERE serial = ?",
            (serial, serial),
        ).fetchone():
            raise Conflict(f"block {serial} is needed")
        holders = [
            who for (who,) in c.execute("SELECT DISTINCT peer FROM placements WHERE serial = ?", (serial,))
        ]
        said = 0
        if block.state == "committed":
            said = record(c, BlockDropped(serial, block.id, not_before))
        else:
            forget_block(c, serial)
        for who in holders:
            deletes.queue(c, who, block.id, not_before, said)
        if block.spool is not None:
            files.append(block.spool)
    return files


def collect(
    c: sqlite3.Connection, not_before: int = 0, limit: int = 100, spare: Collection[int] = ()
) -> list[str]:
    """
    Condemn what is garbage now.  Answers the spool files to remove; call again until `garbage` is empty.
    """
    return condemn(c, garbage(c, limit, spare), not_before)


def drop_sealed(c: sqlite3.Connection, serial: int) -> None:
    """
    A block whose spool file is lost and that its pieces cannot rebuild is forgotten, if no version rests on
    it; what was in it is read and sealed anew by the job that needs it.

    @raise Conflict: it is committed.
    """
    block = blocks.get(c, serial)
    if block.state != "sealed":
        raise Conflict(f"block {serial} is committed: it can only be repaired")
    for (who,) in c.execute("SELECT DISTINCT peer FROM placements WHERE serial = ?", (serial,)).fetchall():
        deletes.queue(c, who, block.id, 0, 0)
    forget_block(c, serial)
