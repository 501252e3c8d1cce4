"""What a job may rest on: what could not be read, and what can be read no more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from bitdust.catalog import chunks, commit, entries, holdings, jobs, removal, tree, versions
from bitdust.catalog.entries import Pending
from bitdust.catalog.facts import Kind
from bitdust.errors import Conflict, TryLater
from tests.catalog import sample


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A catalog with four suppliers and the item 0/0."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/home/me", "dir")
    yield connection
    connection.close()


def begin(c: sqlite3.Connection, when: int = 9) -> jobs.Job:
    return jobs.begin(c, "0/0", sample.NOON + sample.timedelta(seconds=when), float(when))


def lose(c: sqlite3.Connection, serial: int, *numbers: int, spool: bool = False) -> None:
    """These suppliers lost their pieces of a block."""
    if not spool:
        holdings.set_spool(c, serial, None)
    for number in numbers:
        assert holdings.lost(c, serial, number, sample.fp(number))


def keep(c: sqlite3.Connection, job: jobs.Job, path: bytes) -> None:
    after: bytes | None = None
    while (after := jobs.keep(c, job.id, path, after, 2)) is not None:
        pass


def test_a_folder_that_cannot_be_read_stays(c: sqlite3.Connection) -> None:
    """All below it is as before; what was walked past is as it was found; its namesakes are gone."""
    old = sample.back_up(c, "0/0", {b"a": 0, b"d": 1, b"d/x": 2, b"d/x/y": 3, b"d/z": 4, b"d-": 5, b"de": 6})
    job = begin(c)
    entries.put_pending(c, job.id, [Pending(b""), Pending(b"d", sample.meta(7), [(1, 0)])])
    keep(c, job, b"d")
    new = commit.commit_version(c, job.id, time=9.0, skipped=1)
    was, now = sample.paths_at(c, old), sample.paths_at(c, new)
    assert now == {b"": (), b"d": ((1, 0),), **{path: was[path] for path in (b"d/x", b"d/x/y", b"d/z")}}


def test_nothing_stays_of_a_version_that_was_removed(c: sqlite3.Connection) -> None:
    """The job is to be begun again."""
    old = sample.back_up(c, "0/0", {b"a": 0})
    job = begin(c)
    removal.remove_version(c, "0/0", old.label)
    with pytest.raises(Conflict):
        keep(c, job, b"a")
    again = jobs.begin_again(c, job.id)
    keep(c, again, b"a")


def test_a_hard_link_whose_first_name_went(c: sqlite3.Connection) -> None:
    """It stays as the file that it was."""
    job = begin(c, 1)
    serial = sample.seal(c, job.id, [1])
    sample.ack_all(c, serial)
    link = replace(sample.meta(0), kind=Kind.HARDLINK, target=b"a")
    entries.put_pending(
        c,
        job.id,
        [
            Pending(b"", sample.meta(0, kind=Kind.DIR)),
            Pending(b"a", sample.meta(5), [(serial, 0)]),
            Pending(b"d/b", link),
            Pending(b"d/c", link),
        ],
    )
    commit.commit_version(c, job.id, time=1.0)
    second = begin(c, 2)
    entries.put_pending(c, second.id, [Pending(b"")])
    keep(c, second, b"d")
    new = commit.commit_version(c, second.id, time=2.0)
    assert sample.paths_at(c, new) == {b"": (), b"d/b": ((serial, 0),), b"d/c": ((serial, 0),)}
    found = entries.entry_at(c, "0/0", new.seq, b"d/b")
    assert found is not None
    assert (found.meta.kind, found.meta.size) == (Kind.FILE, 5)


def test_what_neither_the_disk_nor_the_suppliers_have(c: sqlite3.Connection) -> None:
    """It does not stay: no version would ever be whole again."""
    sample.back_up(c, "0/0", {b"a": 0})
    lose(c, 1, 0, 1, 2)
    job = begin(c)
    entries.put_pending(c, job.id, [Pending(b"")])
    keep(c, job, b"a")
    assert set(sample.paths_at(c, commit.commit_version(c, job.id, time=9.0))) == {b""}


def test_what_only_the_spool_has(c: sqlite3.Connection) -> None:
    """It stays, and the version waits until the suppliers have it again."""
    sample.back_up(c, "0/0", {b"a": 0})
    lose(c, 1, 0, 1, 2, spool=True)
    job = begin(c)
    entries.put_pending(c, job.id, [Pending(b"")])
    keep(c, job, b"a")
    with pytest.raises(TryLater):
        commit.commit_version(c, job.id, time=9.0)
    sample.ack_all(c, 1)
    assert set(sample.paths_at(c, commit.commit_version(c, job.id, time=9.0))) == {b"", b"a"}


def test_no_version_rests_on_what_is_lost(c: sqlite3.Connection) -> None:
    """Not even for a name that did not change; once it is made again, there is one."""
    old = sample.back_up(c, "0/0", {b"a": 0, b"b": 1})
    sample.publish(c)
    job = begin(c)
    entries.put_pending(c, job.id, [Pending(b""), Pending(b"a"), Pending(b"b")])
    chunks.known(c, [sample.hash_of("chunk", 0)], job.id)
    lose(c, 1, 0, 1, 2)
    with pytest.raises(TryLater):
        commit.commit_version(c, job.id, time=9.0)
    assert versions.get(c, "0/0", old.label).state == "damaged"
    assert jobs.begin_again(c, job.id) == job
    assert holdings.waiting_for(c, job.id) == []
    assert chunks.known(c, [sample.hash_of("chunk", 0)], job.id) == {}
    fresh = sample.seal(c, job.id, [0, 1])
    sample.ack_all(c, fresh)
    entries.put_pending(
        c, job.id, [Pending(b""), *(Pending(b"ab"[i : i + 1], sample.meta(), [(fresh, i)]) for i in range(2))]
    )
    new = commit.commit_version(c, job.id, time=9.0)
    sample.publish(c)
    assert versions.get(c, "0/0", new.label).state == "safe"
    assert versions.get(c, "0/0", old.label).state == "damaged"


def test_pieces_not_seen_since_a_recovery_are_not_lost(c: sqlite3.Connection) -> None:
    """A version that rests on them is committed, and so is the next."""
    old = sample.back_up(c, "0/0", {b"a": 0})
    sample.publish(c)
    holdings.set_spool(c, 1, None)
    c.execute("UPDATE placements SET state = 3")
    c.execute("UPDATE blocks SET acked = 0")
    assert versions.get(c, "0/0", old.label).state == "committed"
    assert holdings.endangered(c) == {}
    job = begin(c)
    entries.put_pending(c, job.id, [Pending(b""), Pending(b"a")])
    commit.commit_version(c, job.id, time=9.0)
