"""What is said of single items."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from bitdust.catalog import policies, tree
from bitdust.catalog.schema import SCHEMA
from bitdust.database import Database
from bitdust.errors import NotFound
from bitdust.world import inline, spawn


def done(deferred: Deferred[object]) -> object:
    outcome: list[object] = []
    deferred.addCallback(outcome.append)
    return outcome[0]


def test_schedules_of_before(tmp_path: Path) -> None:
    """A catalog of the time when there were schedules only keeps them."""

    def begin(c: sqlite3.Connection) -> None:
        item, _ = tree.add_path(c, b"/a", "dir", -1)
        c.execute("INSERT INTO schedules VALUES (?, 'every 4h', 17.5)", (item,))
        c.execute("INSERT INTO schedules VALUES ('0/9/9', 'every 1h', 1.5)")

    async def story() -> list[policies.ItemPolicy]:
        old = Database(tmp_path / "catalog.db", SCHEMA[: SCHEMA.index(_that_made("policies"))], inline)
        await old(begin)
        await old.close()
        new = Database(tmp_path / "catalog.db", SCHEMA, inline)
        found = await new.read(policies.every)
        await new.close()
        return found

    [found] = done(spawn(story()))  # type: ignore[misc]
    assert (found.path, found.rule, found.last, found.says_more) == (b"/a", "every 4h", 17.5, False)


def _that_made(table: str) -> str:
    return next(script for script in SCHEMA if f"CREATE TABLE {table} " in script)


def test_of_what_is_not_there(tmp_path: Path) -> None:
    """Nothing can be said of an item that is not in the catalog; of one that is, nothing is said at first."""

    async def story() -> policies.ItemPolicy:
        db = Database(tmp_path / "catalog.db", SCHEMA, inline)
        for work in (policies.of, lambda c, item: policies.put(c, item, policies.Change(keep="last=1"))):
            with pytest.raises(NotFound):
                await db(work, "0/7")
        item, _ = await db(tree.add_path, b"/a", "dir", -1)
        found = await db.read(policies.of, item)
        await db.close()
        return found

    assert not done(spawn(story())).says_more  # type: ignore[attr-defined]
