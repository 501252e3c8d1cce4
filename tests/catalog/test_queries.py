"""No page, count or look-up of the catalog walks a whole table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest

from bitdust.catalog import (
    blocks,
    chunks,
    deletes,
    entries,
    epochs,
    holdings,
    jobs,
    log,
    removal,
    tree,
    versions,
)
from tests.catalog import sample
from tests.catalog.sample import fp


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A small catalog, without statistics, like every young one."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/me", "dir")
    for when in range(3):
        sample.back_up(connection, "0", {b"a": 1, b"b": when}, when=when)
    sample.publish(connection)
    yield connection
    connection.close()


LABEL = "F20160313120001PM"
#: what runs per page, per file, per packet
QUICK: dict[str, Callable[[sqlite3.Connection], object]] = {
    "entries_at": lambda c: entries.entries_at(c, "0", 2, b"a", 10),
    "entries_at from the start": lambda c: entries.entries_at(c, "0", 2, None, 10),
    "entries_below": lambda c: entries.entries_below(c, "0", 2, b"a", b"a/b", 10),
    "entry_at": lambda c: entries.entry_at(c, "0", 2, b"b"),
    "walk": lambda c: tree.walk(c, "0", 10),
    "walk under": lambda c: tree.walk(c, None, 10, under="0"),
    "children": lambda c: tree.children(c, "0", 0, 10),
    "find": lambda c: tree.find(c, b"/me"),
    "find_above": lambda c: tree.find_above(c, b"/me/x/y"),
    "get": lambda c: tree.get(c, "0"),
    "add_path": lambda c: tree.add_path(c, b"/me/x", "dir"),
    "versions of an item": lambda c: versions.list_of(c, "0", running=True),
    "all versions": lambda c: versions.list_all(c, ("0", 2), 10),
    "blocks of a version": lambda c: versions.blocks_of(c, "0", 2),
    "known": lambda c: chunks.known(c, [bytes(32), sample.hash_of("chunk", 1)], 1),
    "chunk_rows": lambda c: chunks.chunk_rows(c, [(1, 0)]),
    "run_rows": lambda c: chunks.run_rows(c, 1, 0, 5),
    "acked": lambda c: (holdings.lost(c, 1, 0, fp(0)), holdings.acked(c, 1, 0, fp(0))),
    "missing at one": lambda c: holdings.missing(c, fp(0), 10),
    "missing at one, in the spool": lambda c: holdings.missing(c, fp(0), 10, spooled=True),
    "held_by": lambda c: holdings.held_by(c, fp(0), (bytes(32), 1), 10),
    "survives": lambda c: holdings.survives(c),
    "survives of a version": lambda c: holdings.survives(c, "0", 2),
    "waiting_for": lambda c: holdings.waiting_for(c, 1),
    "unsafe": lambda c: holdings.unsafe(c, 10),
    "spooled": lambda c: holdings.spooled(c, 0, 10),
    "block by id": lambda c: blocks.by_id(c, bytes(32)),
    "placements": lambda c: blocks.placements(c, 1),
    "due": lambda c: deletes.due(c, fp(0), 10),
    "is_to_hear": lambda c: deletes.is_to_hear(c, fp(0)),
    "dropped": lambda c: deletes.was_dropped(c, bytes(32)),
    "unsent_to": lambda c: log.unsent_to(c, fp(0), 10),
    "next_to": lambda c: log.next_to(c, fp(0), 0.0),
    "standing": lambda c: log.standing(c, fp(0)),
    "take": lambda c: log.take(c),
    "current": lambda c: epochs.current(c),
    "jobs": lambda c: jobs.begin(c, "0", sample.NOON, 0.0),
    "a commit": lambda c: sample.back_up(c, "0", {b"a": 1, b"z": 9}, when=9),
    "a checkpoint": lambda c: sample.run(
        c, jobs.begin(c, "0", sample.NOON, 0.0), {b"a": 1, b"z": 9}, complete=False
    ),
    "a removal": lambda c: removal.remove_version(c, "0", LABEL),
    "replacing": lambda c: holdings.replace_supplier(c, fp(0), fp(9)),
}
#: tables of a few rows, walked in their order; and walks that stop at the limit
SMALL = ("peers", "epochs", "jobs", "p", "log")
#: sorted after they were found: the few versions or pieces of one thing
SORTED = ("placements", "FROM jobs", "FROM chunks", "FROM versions WHERE item")


def plans(c: sqlite3.Connection, work: Callable[[sqlite3.Connection], object]) -> list[tuple[str, str]]:
    """(step of the plan, statement) of all that `work` runs."""
    statements: list[str] = []
    c.set_trace_callback(statements.append)
    work(c)
    c.set_trace_callback(None)
    found = []
    for statement in statements:
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            found += [(row[3], statement) for row in c.execute(f"EXPLAIN QUERY PLAN {statement}")]
    return found


@pytest.mark.parametrize("name", QUICK)
def test_no_table_is_walked(c: sqlite3.Connection, name: str) -> None:
    """Every step is a search by an index, or an ordered walk along one that ends at the limit."""
    for step, statement in plans(c, QUICK[name]):
        if step.startswith("SCAN"):
            assert "USING" in step or "LIMIT" in statement or step.split()[1] in SMALL, (step, statement)
        if "TEMP B-TREE FOR ORDER BY" in step:
            assert any(table in statement for table in SORTED), (
                step,
                statement,
            )


@pytest.mark.parametrize("name", [name for name in QUICK if name.startswith("entr")])
def test_pages_of_entries_go_by_their_key(c: sqlite3.Connection, name: str) -> None:
    """A million names cost as much per page as a hundred."""
    steps = [step for step, _ in plans(c, QUICK[name])]
    assert any("entries USING INDEX entries_key (item=? AND key" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps)
