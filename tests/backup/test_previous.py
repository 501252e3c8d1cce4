"""What is as it was is written down in stretches, and no name comes into a version by that or gets lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TypeVar

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bitdust.backup import previous
from bitdust.backup.previous import Previous
from bitdust.backup.walk import Found
from bitdust.catalog import jobs, removal, tree
from bitdust.catalog.schema import SCHEMA
from bitdust.database import Database
from bitdust.errors import TryLater
from bitdust.world import inline, spawn
from tests.catalog import sample

T = TypeVar("T")

NAMES = [f"{number:02d}".encode() for number in range(20)]


@pytest.fixture
def db() -> Iterator[Database]:
    """A catalog in memory."""
    made = Database(":memory:", SCHEMA, inline)
    yield made
    made.close()


def result(work: Deferred[T]) -> T:
    """What it came to: nothing waits here."""
    found: list[T] = []
    failed: list[Failure] = []
    work.addCallbacks(found.append, failed.append)
    for failure in failed:
        failure.raiseException()
    return found[0]


def test_stretches_end_where_something_changed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept are the names that were found again, whoever of them went, changed or came in between."""
    monkeypatch.setattr(previous, "PAGE", 3)
    item, job = _second_job(db)
    before = Previous(db, job, item, 1)

    async def walk() -> list[bytes]:
        said = await before.said(100)
        assert set(said) == {b"", *NAMES}
        # 03 has gone, 07 is another file, and 07a is new.
        here = [name for name in (b"", *NAMES) if name != b"03"]
        batch = [Found(name, sample.meta(9) if name == b"07" else said[name]) for name in here]
        batch.insert(8, Found(b"07a", sample.meta(9)))
        at, others = 0, []
        while at < len(batch):
            if count := before.keep_all(batch, at):
                at += count
                continue
            found = batch[at]
            at += 1
            others.append(found.path)
            entry = await before.at(found.path)
            if entry is not None and entry.meta is found.meta:
                before.keep(found.path)
        await before.write()
        return others

    # What stands behind a name that went is asked for by its name.
    assert result(spawn(walk())) == [b"04", b"07", b"07a"]
    kept = [name for name in (b"", *NAMES) if name not in (b"03", b"07")]
    assert result(db.read(_pending)) == [(name, None, None) for name in kept]


def test_names_that_went_with_their_version_are_missed(db: Database) -> None:
    """A version is not made of what the one before it has no more: the job begins again."""
    item, job = _second_job(db)
    before = Previous(db, job, item, 1)
    result(spawn(before.said(100)))

    async def keep() -> None:
        await before.at(b"05")
        before.keep(b"05")
        label = (await db.read(_labels))[0]
        await db(removal.remove_version, item, label)
        await before.write()

    with pytest.raises(TryLater):
        result(spawn(keep()))


def test_one_by_one_is_a_stretch_too(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compares by himself keeps what he likes; after so many it is time to write."""
    monkeypatch.setattr(previous, "NAMES", 5)
    item, job = _second_job(db)
    before = Previous(db, job, item, 1)

    async def walk() -> None:
        for number, name in enumerate(NAMES[:6]):
            entry = await before.at(name)
            assert entry is not None
            assert entry.path == name
            if number != 2:
                before.keep(name)
            assert before.is_much == (number >= 3)
        await before.write()
        assert not before.is_much
        assert await before.at(b"99") is None

    result(spawn(walk()))
    assert [row[0] for row in result(db.read(_pending))] == [*NAMES[:2], *NAMES[3:6]]


def _second_job(db: Database) -> tuple[str, int]:
    """(item, job): the second backup of an item whose first has a folder with these names."""

    def make(c: sqlite3.Connection) -> tuple[str, int]:
        sample.hire(c)
        item, _ = tree.add_path(c, b"/home/me", "dir")
        sample.back_up(c, item, {name: number for number, name in enumerate(NAMES)})
        return item, jobs.begin(c, item, sample.NOON + sample.timedelta(seconds=9), 9.0).id

    return result(db(make))


def _pending(c: sqlite3.Connection) -> list[tuple[bytes, bytes | None, bytes | None]]:
    return c.execute("SELECT key, meta, content FROM pending ORDER BY key").fetchall()


def _labels(c: sqlite3.Connection) -> list[str]:
    return [label for (label,) in c.execute("SELECT label FROM versions ORDER BY seq")]
