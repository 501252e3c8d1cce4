"""Versions come to be in one step, and say only what changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust.catalog import blocks, chunks, commit, entries, holdings, jobs, removal, tree, versions
from bitdust.catalog.entries import Pending
from bitdust.catalog.facts import MAX_CHUNKS, MAX_RUNS, Kind
from bitdust.errors import Conflict, NotFound, TryLater
from tests.catalog import sample

FILES = {b"a": 1, b"a/b": 2, b"c": 3}


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A catalog with four suppliers and the item 0/0."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/home/me", "dir")
    yield connection
    connection.close()


def log_bytes(c: sqlite3.Connection) -> int:
    return c.execute("SELECT coalesce(sum(length(op)), 0) FROM log").fetchone()[0]


def test_an_unchanged_run_adds_less_than_a_kibibyte(c: sqlite3.Connection) -> None:
    """Ten thousand names that are as before write one version and nothing else."""
    names = {b"d%d/f%d" % (i % 100, i): i % 50 for i in range(10_000)}
    first = sample.back_up(c, "0/0", names)
    before = log_bytes(c), c.execute("SELECT count(*) FROM entries").fetchone()
    second = sample.back_up(c, "0/0", names, when=1)
    assert log_bytes(c) - before[0] <= 1024
    assert c.execute("SELECT count(*) FROM entries").fetchone() == before[1]
    assert (second.files, second.bytes, second.stored, second.blocks) == (
        first.files,
        first.bytes,
        first.stored,
        first.blocks,
    )
    assert sample.paths_at(c, second) == sample.paths_at(c, first)


def test_a_version_counts_its_files_and_what_they_take(c: sqlite3.Connection) -> None:
    """Folders are no files; stored bytes have the parity in them; the item's size follows."""
    version = sample.back_up(c, "0/0", FILES)
    assert (version.files, version.bytes, version.stored, version.blocks) == (3, 3000, 2 * 2700, 1)
    assert version.backup_id == "0/0/F20160313120000PM"
    assert tree.get(c, "0/0").size == 3000


def test_a_version_is_waiting_then_committed_then_safe(c: sqlite3.Connection) -> None:
    """Waiting until a head that names it is at c suppliers; safe with n of n pieces."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    assert [v.state for v in versions.list_of(c, "0/0", running=True)] == ["running"]
    serial = sample.seal(c, job.id, ["x"])
    for number in range(3):
        assert not holdings.ready(c, job.id)
        holdings.acked(c, serial, number, sample.fp(number))
    assert holdings.ready(c, job.id)
    entries.put_pending(c, job.id, [Pending(b"", sample.meta(), [(serial, 0)])])
    version = commit.commit_version(c, job.id, time=0.0)
    assert (version.state, version.survives) == ("waiting", 1)
    sample.publish(c, to=(0, 1))
    assert versions.get(c, "0/0", version.label).state == "waiting"
    assert versions.newest(c, "0/0") is None
    sample.publish(c, to=(2,))
    assert versions.get(c, "0/0", version.label).state == "committed"
    assert versions.newest(c, "0/0").label == version.label
    holdings.acked(c, serial, 3, sample.fp(3))
    assert versions.get(c, "0/0", version.label).state == "safe"
    holdings.lost(c, serial, 0, sample.fp(0))
    assert (versions.get(c, "0/0", version.label).state, holdings.survives(c)) == ("committed", 1)


def test_nothing_is_committed_on_blocks_that_are_not_there(c: sqlite3.Connection) -> None:
    """Fewer than c receipts: the job waits, and says for whom."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x"])
    entries.put_pending(c, job.id, [Pending(b"", sample.meta(), [(serial, 0)])])
    holdings.acked(c, serial, 0, sample.fp(0))
    before = log_bytes(c)
    with pytest.raises(TryLater):
        commit.commit_version(c, job.id, time=0.0)
    assert log_bytes(c) == before
    assert holdings.waiting_for(c, job.id) == sorted(sample.fp(i) for i in (1, 2, 3))


def test_a_second_copy_costs_nothing_but_its_name(c: sqlite3.Connection) -> None:
    """Chunks in committed and in sealed blocks are found, and pinned for the job that found them."""
    sample.back_up(c, "0/0", {b"a": 1})
    tree.add_path(c, b"/home/you", "dir")
    sample.back_up(c, "0/1", {b"z": 1}, when=1)
    assert c.execute("SELECT count(*) FROM blocks").fetchone() == (1,)
    job = jobs.begin(c, "0/0", sample.NOON, 2.0)
    wanted = sample.hash_of("chunk", 1)
    assert chunks.known(c, [wanted, sample.hash_of("chunk", 77)], job.id) == {wanted: (1, 0)}
    removal.remove_item(c, "0/1")
    for version in versions.list_of(c, "0/0"):
        removal.remove_version(c, "0/0", version.label)
    assert removal.garbage(c) == []
    jobs.end(c, job.id)
    assert removal.garbage(c) == [1]


def test_an_interrupted_job_finds_its_blocks_again(c: sqlite3.Connection) -> None:
    """What was sealed before the crash is neither garbage nor sealed a second time."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, [1, 2])
    entries.put_pending(c, job.id, [Pending(b"gone since", sample.meta(), [(serial, 0)])])
    assert jobs.unfinished(c) == [job]
    again = jobs.begin_again(c, job.id)
    assert again == job
    assert removal.garbage(c) == []
    sample.ack_all(c, serial)
    version = sample.run(c, again, {b"a": 1, b"b": 2})
    assert sample.paths_at(c, version) == {b"": (), b"a": ((serial, 0),), b"b": ((serial, 1),)}
    assert jobs.unfinished(c) == []


def test_blocks_of_an_aborted_job_are_found_until_they_are_collected(c: sqlite3.Connection) -> None:
    """Giving a job up leaves its blocks to the next one, or to the collector."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, [1])
    jobs.end(c, job.id)
    assert removal.garbage(c) == [serial]
    other = jobs.begin(c, "0/0", sample.NOON, 0.0)
    assert chunks.known(c, [sample.hash_of("chunk", 1)], other.id)
    assert removal.garbage(c) == []


def test_a_checkpoint_is_restorable_and_replaced_by_the_finished_version(c: sqlite3.Connection) -> None:
    """It has what was there before, changed by what came; names with blocks still under way wait."""
    old = sample.back_up(c, "0/0", {b"a": 1, b"b": 2, b"c": 3})
    job = jobs.begin(c, "0/0", sample.NOON + sample.timedelta(seconds=9), 9.0)
    serial = sample.seal(c, job.id, [10])
    under_way = sample.seal(c, job.id, [20])
    sample.ack_all(c, serial)
    c.execute("UPDATE placements SET state = 0 WHERE serial = ?", (under_way,))
    c.execute("UPDATE blocks SET acked = 0 WHERE serial = ?", (under_way,))
    entries.put_pending(c, job.id, [Pending(b""), Pending(b"a", sample.meta(7), [(serial, 0)])])
    entries.put_pending(c, job.id, [Pending(b"b", sample.meta(8), [(under_way, 0)])])
    point = commit.commit_version(c, job.id, time=9.0, complete=False)
    assert not point.complete
    assert sample.paths_at(c, point) == {
        b"": (),
        b"a": ((serial, 0),),
        b"b": ((1, 1),),
        b"c": ((1, 2),),
    }
    sample.publish(c)
    assert versions.newest(c, "0/0").label == old.label
    sample.ack_all(c, under_way)
    version = commit.commit_version(c, job.id, time=9.0)
    assert version.label == point.label
    assert [v.label for v in versions.list_of(c, "0/0")] == [old.label, version.label]
    assert sample.paths_at(c, version) == {b"": (), b"a": ((serial, 0),), b"b": ((under_way, 0),)}
    assert sample.paths_at(c, old)[b"a"] == ((1, 0),)


def test_unchanged_means_as_in_the_version_compared_with(c: sqlite3.Connection) -> None:
    """A name that the removed newest version did not have comes back with what it had before."""
    sample.back_up(c, "0/0", {b"a": 1, b"b": 2})
    second = sample.back_up(c, "0/0", {b"b": 2}, when=1)
    removal.remove_version(c, "0/0", second.label)
    third = sample.back_up(c, "0/0", {b"a": 1, b"b": 2}, when=2)
    assert sample.paths_at(c, third) == {b"": (), b"a": ((1, 0),), b"b": ((1, 1),)}


def test_a_base_removed_meanwhile_makes_the_job_begin_again(c: sqlite3.Connection) -> None:
    """`Unchanged` never silently means an older content."""
    sample.back_up(c, "0/0", {b"a": 1})
    second = sample.back_up(c, "0/0", {b"a": 2}, when=1)
    job = jobs.begin(c, "0/0", sample.NOON, 2.0)
    assert job.base == second.seq
    entries.put_pending(c, job.id, [Pending(b""), Pending(b"a")])
    removal.remove_version(c, "0/0", second.label)
    with pytest.raises(Conflict):
        commit.commit_version(c, job.id, time=2.0)
    again = jobs.begin_again(c, job.id)
    assert again.base == 1
    assert sample.paths_at(c, sample.run(c, again, {b"a": 2}))[b"a"] != ((1, 0),)


def test_a_checkpoint_has_all_of_the_version_before_though_a_newer_one_was_removed(
    c: sqlite3.Connection,
) -> None:
    """Names that a removed version had otherwise, or not at all, are in the next checkpoint as before."""
    old = sample.back_up(c, "0/0", {b"a": 1, b"b": 2, b"c": 3, b"d": 4, b"e": 5})
    removed = sample.back_up(c, "0/0", {b"a": 10, b"b": 20, b"c": 3, b"e": 50}, when=1)
    removal.remove_version(c, "0/0", removed.label)
    job = jobs.begin(c, "0/0", sample.NOON + sample.timedelta(seconds=9), 9.0)
    here, under_way = sample.seal(c, job.id, [100]), sample.seal(c, job.id, [500])
    sample.ack_all(c, here)
    entries.put_pending(
        c,
        job.id,
        [
            Pending(b""),
            Pending(b"a", sample.meta(mtime=7), [(here, 0)]),
            Pending(b"b"),
            Pending(b"e", sample.meta(mtime=8), [(under_way, 0)]),
        ],
    )
    point = commit.commit_version(c, job.id, time=9.0, complete=False)
    was = sample.paths_at(c, old)
    assert sample.paths_at(c, point) == {**was, b"a": ((here, 0),)}
    assert (point.files, point.bytes) == (5, 5000)
    size = log_bytes(c)
    again = commit.commit_version(c, job.id, time=9.0, complete=False)
    assert sample.paths_at(c, again) == sample.paths_at(c, old) | {b"a": ((here, 0),)}
    assert log_bytes(c) - size < 1024
    sample.ack_all(c, under_way)
    version = commit.commit_version(c, job.id, time=9.0)
    assert sample.paths_at(c, version) == {
        b"": (),
        b"a": ((here, 0),),
        b"b": was[b"b"],
        b"e": ((under_way, 0),),
    }
    assert sample.paths_at(c, old) == was


def test_many_names_of_the_version_before_come_back(
    c: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many a removed version had otherwise, and in however many versions they ended."""
    monkeypatch.setattr(commit, "_PAGE", 3)
    names = {b"%02d" % i: i for i in range(20)}
    old = sample.back_up(c, "0/0", names)
    for when in range(1, 5):
        other = {name: i + 100 * when if i % 4 < when else i for name, i in names.items()}
        removed = sample.back_up(c, "0/0", other, when=when)
    for label in [version.label for version in versions.list_of(c, "0/0")[1:-1]]:
        removal.remove_version(c, "0/0", label)
    removal.remove_version(c, "0/0", removed.label)
    job = jobs.begin(c, "0/0", sample.NOON + sample.timedelta(seconds=9), 9.0)
    point = sample.run(c, job, {b"new": 7}, complete=False)
    was = sample.paths_at(c, old)
    assert {**sample.paths_at(c, point), b"new": None} == {**was, b"new": None}


def test_no_version_rests_on_a_block_that_is_gone(c: sqlite3.Connection) -> None:
    """A block dropped after the job found it there makes the job begin again, not a file without content."""
    first = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, first.id, [1])
    jobs.end(c, first.id)
    job = jobs.begin(c, "0/0", sample.NOON, 1.0)
    chunks.known(c, [sample.hash_of("chunk", 1)], job.id)
    entries.put_pending(c, job.id, [Pending(b"a", sample.meta(), [(serial, 0)])])
    removal.drop_sealed(c, serial)
    c.execute("BEGIN")
    with pytest.raises(Conflict):
        commit.commit_version(c, job.id, time=1.0)
    c.execute("ROLLBACK")
    assert versions.list_of(c, "0/0") == []
    version = sample.run(c, jobs.begin_again(c, job.id), {b"a": 1})
    assert [x.id for _, x in chunks.chunk_rows(c, sample.paths_at(c, version)[b"a"])] == [
        sample.hash_of("chunk", 1)
    ]


def test_a_block_found_again_is_waited_for_like_a_new_one(c: sqlite3.Connection) -> None:
    """What lies in the spool is not sealed twice; but nothing rests on it until its suppliers have it."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, [1])
    sample.ack_all(c, serial)
    jobs.end(c, job.id)
    for number in range(3):
        holdings.lost_all(c, sample.fp(number))
    job = jobs.begin(c, "0/0", sample.NOON, 1.0)
    point = sample.run(c, job, {b"a": 1}, acks=False, complete=False)
    assert sample.paths_at(c, point) == {b"": ()}
    with pytest.raises(TryLater):
        sample.run(c, job, {b"a": 1}, acks=False)
    assert sample.paths_at(c, sample.run(c, job, {b"a": 1})) == {b"": (), b"a": ((serial, 0),)}


def test_long_files_and_full_blocks_are_said_in_several_facts(c: sqlite3.Connection) -> None:
    """No fact grows beyond its bound, however many chunks there are; a replay joins them again."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, range(MAX_CHUNKS + 5))
    sample.ack_all(c, serial)
    content = [(serial, i % MAX_CHUNKS) for i in range(0, 2 * (MAX_RUNS + 7), 2)]
    entries.put_pending(c, job.id, [Pending(b"", sample.meta(), content)])
    version = commit.commit_version(c, job.id, time=0.0)
    other = sample.open_catalog()
    sample.snapshot.load(other, [op for (op,) in c.execute("SELECT op FROM log ORDER BY seq")])
    for each in (c, other):
        assert entries.entry_at(each, "0/0", version.seq, b"").content == tuple(content)
        assert len(chunks.chunks_of(each, serial)) == MAX_CHUNKS + 5
    assert sample.state(other) == sample.state(c)
    other.close()


def test_metadata_comes_back_as_it_was(c: sqlite3.Connection) -> None:
    """Symlinks, holes, attributes, times before 1970, names that are no text."""
    odd = entries.Meta(
        Kind.SYMLINK, 0o777, 1, 2, "me", "us", -5, 2**60, 2**64 - 1, 2**64 - 1, 9, b"\xff/..",
        ((b"user.x", b"\0"),), ((0, 4096), (8192, 1)), 3,
    )  # fmt: skip
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    entries.put_pending(c, job.id, [Pending(b"\xff\n", odd)])
    version = commit.commit_version(c, job.id, time=0.0)
    found = entries.entry_at(c, "0/0", version.seq, b"\xff\n")
    assert found is not None
    assert (found.meta, found.path) == (odd, b"\xff\n")


def test_one_item_has_one_job(c: sqlite3.Connection) -> None:
    """A second backup of an item is refused while one runs; unknown items and jobs are not found."""
    jobs.begin(c, "0/0", sample.NOON, 0.0)
    with pytest.raises(Conflict):
        jobs.begin(c, "0/0", sample.NOON, 0.0)
    with pytest.raises(Conflict):
        removal.remove_item(c, "0")
    with pytest.raises(NotFound):
        jobs.begin(c, "0/7", sample.NOON, 0.0)
    with pytest.raises(NotFound):
        commit.commit_version(c, 99, time=0.0)
    with pytest.raises(NotFound):
        versions.get(c, "0/0", "F20160313120000PM")


def test_versions_of_all_items_come_in_pages(c: sqlite3.Connection) -> None:
    """Items in walk order, newest first within one, no gap between pages."""
    tree.add_path(c, b"/home/you", "dir")
    for when in range(3):
        sample.back_up(c, "0/0", {b"a": when}, when=when)
        sample.back_up(c, "0/1", {b"b": when}, when=when)
    whole = versions.list_all(c)
    assert [(v.item, v.seq) for v in whole] == [(i, s) for i in ("0/0", "0/1") for s in (3, 2, 1)]
    paged: list[versions.Version] = []
    while page := versions.list_all(c, (paged[-1].item, paged[-1].seq) if paged else None, 2):
        paged += page
    assert paged == whole


def test_what_a_commit_says_of_a_moving_piece_is_where_it_is(c: sqlite3.Connection) -> None:
    """A block committed while a supplier is replaced names who really has the piece."""
    job = jobs.begin(c, "0/0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x"])
    sample.ack_all(c, serial)
    holdings.replace_supplier(c, sample.fp(0), sample.fp(9))
    entries.put_pending(c, job.id, [Pending(b"", sample.meta(), [(serial, 0)])])
    commit.commit_version(c, job.id, time=0.0)
    other = sample.open_catalog()
    sample.snapshot.load(other, sample.state(c))
    assert [x.fingerprint for x in blocks.placements(other, serial)] == [sample.fp(i) for i in range(4)]
    holdings.acked(c, serial, 0, sample.fp(9))
    sample.snapshot.load(third := sample.open_catalog(), sample.state(c))
    assert blocks.placements(third, serial)[0].fingerprint == sample.fp(9)
    other.close()
    third.close()
