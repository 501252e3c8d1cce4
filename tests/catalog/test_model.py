"""The catalog against a plain model of it, and the log against the tables."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bitdust.catalog import (
    chunks,
    commit,
    deletes,
    entries,
    epochs,
    facts,
    holdings,
    jobs,
    log,
    ops,
    removal,
    rows,
    snapshot,
    trash,
    tree,
    versions,
    waste,
)
from bitdust.errors import Conflict, NotFound, TryLater
from tests.catalog import sample

PATHS = [b"/a", b"/a/b", b"/a/b/c", b"/a-b", b"/d/\xff", b"/d/e"]
NAMES = [b"x", b"x/y", b"x-y", b"x/y/z", b"\x01", b"\xff\xfe"]
FILES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5), max_size=5)


class CatalogMachine(RuleBasedStateMachine):
    """Everything one can do to a catalog, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.c = sample.open_catalog()
        #: path -> id, id -> {label: files}, what was ever said in the log, all ids ever given
        self.items: dict[bytes, str] = {}
        self.versions: dict[str, dict[str, dict[bytes, int]]] = {}
        self.said: list[bytes] = []
        self.ids: set[str] = set()
        self.clock = 0
        self.next_supplier = 4
        #: the job under way, what it has walked past, whether its base was removed
        self.running: jobs.Job | None = None
        self.walked: dict[bytes, int] = {}
        self.base_removed = False
        #: what can be brought back: (item, label) -> (files, until when); and items, path -> (id, until when)
        self.trash: dict[tuple[str, str], tuple[dict[bytes, int], int]] = {}
        self.hidden: dict[bytes, tuple[str, int]] = {}

    def teardown(self) -> None:
        self.c.close()

    @initialize(first=FILES, second=FILES)
    def begin(self, first: dict[bytes, int], second: dict[bytes, int]) -> None:
        sample.hire(self.c)
        self.add(b"/a")
        self.add(b"/d/e")
        for files in first, second:
            self._begin(self.items[b"/a"])
            self._finish(files)

    @rule(path=st.sampled_from(PATHS))
    def add(self, path: bytes) -> None:
        path_id, created = tree.add_path(self.c, path, "dir")
        known = self.items.get(path)
        if created and known is None:
            assert path_id not in self.ids or path_id == self.hidden[path][0]
        elif known is not None:
            assert path_id == known
        while path:
            self.items[path] = tree.find(self.c, path).path_id
            self.hidden.pop(path, None)
            self.ids.add(self.items[path])
            path = path.rpartition(b"/")[0]

    @precondition(lambda self: self.items and self.running is None)
    @rule(data=st.data(), files=FILES)
    def back_up(self, data: st.DataObject, files: dict[bytes, int]) -> None:
        self._begin(data.draw(st.sampled_from(self._choices())))
        self._finish(files)

    @precondition(lambda self: self.items and self.running is None)
    @rule(data=st.data(), files=FILES, acks=st.booleans())
    def back_up_in_parts(self, data: st.DataObject, files: dict[bytes, int], acks: bool) -> None:
        self._begin(data.draw(st.sampled_from(self._choices())))
        # First a checkpoint with what it has so far, on top of what was there.
        self._checkpoint(files, acks)

    def _choices(self) -> list[str]:
        # Mostly one that has versions: what goes wrong does so between them.
        return sorted(item for item, labels in self.versions.items() if labels) * 5 + sorted(
            self.items.values()
        )

    def _begin(self, item: str) -> None:
        self.clock += 1
        when = sample.NOON + sample.timedelta(seconds=self.clock)
        self.running = jobs.begin(self.c, item, when, float(self.clock))
        self.walked, self.base_removed = {}, False

    @precondition(lambda self: self.running is not None)
    @rule(more=FILES, acks=st.booleans())
    def checkpoint(self, more: dict[bytes, int], acks: bool) -> None:
        self._checkpoint(more, acks)

    @precondition(lambda self: self.running is not None)
    @rule(more=FILES, give_up=st.booleans())
    def finish(self, more: dict[bytes, int], give_up: bool) -> None:
        assert self.running is not None
        if give_up:
            jobs.end(self.c, self.running.id)
            self.running = None
        else:
            self._finish(more)

    @precondition(lambda self: self.running is not None)
    @rule()
    def start_again(self) -> None:
        """As after a crash."""
        assert self.running is not None
        self.running = jobs.begin_again(self.c, self.running.id)
        self.walked, self.base_removed = {}, False

    def _finish(self, more: dict[bytes, int]) -> None:
        job = self.running
        assert job is not None
        version = self._run(more, acks=True, complete=True)
        assert version.label == job.label
        kept = {
            version.label: self.versions[job.item][version.label]
            for version in versions.list_of(self.c, job.item)
            if version.label != job.label
        }
        assert all(version.complete for version in versions.list_of(self.c, job.item))
        self.versions[job.item] = {**kept, job.label: self.walked}
        self.running = None

    def _checkpoint(self, more: dict[bytes, int], acks: bool) -> None:
        job = self.running
        assert job is not None
        known = versions.list_of(self.c, job.item)
        older = self.versions[job.item][known[-1].label] if known else {}
        version = self._run(more, acks=acks, complete=False)
        assert not version.complete
        # What lies in blocks that are not at enough suppliers stays as it was.
        late = set() if acks else self._late(job)
        walked = {name: content for name, content in self.walked.items() if name not in late}
        self.versions.setdefault(job.item, {})[job.label] = {**older, **walked}

    def _run(self, more: dict[bytes, int], *, acks: bool, complete: bool) -> versions.Version:
        job = self.running
        assert job is not None
        files = more
        while True:
            self.c.execute("BEGIN")
            try:
                version = sample.run(self.c, job, files, acks=acks, complete=complete)
            except (Conflict, TryLater) as trouble:
                # What it had walked past is as in a version that was removed, or was lost: it walks anew.
                self.c.execute("ROLLBACK")
                assert files is more
                removed = isinstance(trouble, Conflict)
                assert self.base_removed if removed else holdings.endangered(self.c)
                job = self.running = jobs.begin_again(self.c, job.id)
                files, self.base_removed = {**self.walked, **more}, False
                continue
            self.c.execute("COMMIT")
            self.walked = {**self.walked, **more}
            return version

    def _late(self, job: jobs.Job) -> set[bytes]:
        weak = {serial for serial, _, enough in self.c.execute(commit.OF_JOB, {"job": job.id}) if not enough}
        late = set()
        for key, content in self.c.execute("SELECT key, content FROM pending WHERE job = ?", (job.id,)):
            path = rows.path_of(key)
            if content is not None:
                runs = facts.decode_runs(content)
            else:
                entry = entries.entry_at(self.c, job.item, job.base, path)
                runs = entry.runs if entry is not None else ()
            if not weak.isdisjoint(run[0] for run in runs):
                late.add(path)
        return late

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data())
    def remove_version(self, data: st.DataObject) -> None:
        choices = sorted((item, label) for item, labels in self.versions.items() for label in labels)
        item, label = data.draw(st.sampled_from(choices))
        if self.running is not None and self.running.item == item:
            self.base_removed |= versions.get(self.c, item, label).seq == self.running.base
        removal.remove_version(self.c, item, label)
        del self.versions[item][label]

    @precondition(lambda self: self.items and self.running is None)
    @rule(data=st.data())
    def remove_item(self, data: st.DataObject) -> None:
        # Mostly one that has no versions: else there were never many.
        empty = sorted(path for path, item in self.items.items() if not self.versions.get(item)) * 5
        path = data.draw(st.sampled_from(empty + sorted(self.items)))
        removal.remove_item(self.c, self.items[path])
        gone = set()
        for other in [*self.items, *self.hidden]:
            if other == path or other.startswith(path + b"/"):
                gone.add(self.items.pop(other) if other in self.items else self.hidden.pop(other)[0])
        for item in gone:
            self.versions.pop(item, None)
        self.trash = {key: kept for key, kept in self.trash.items() if key[0] not in gone}

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data(), delay=st.integers(1, 5))
    def trash_version(self, data: st.DataObject, delay: int) -> None:
        choices = sorted((item, label) for item, labels in self.versions.items() for label in labels)
        item, label = data.draw(st.sampled_from(choices))
        version = versions.get(self.c, item, label)
        if self.running is not None and self.running.item == item:
            self.base_removed |= version.seq == self.running.base
        removal.remove_version(self.c, item, label, self.clock + delay)
        files = self.versions[item].pop(label)
        if version.complete:
            self.trash[item, label] = files, self.clock + delay

    @precondition(lambda self: self.items and self.running is None)
    @rule(data=st.data(), delay=st.integers(1, 5))
    def trash_item(self, data: st.DataObject, delay: int) -> None:
        path = data.draw(st.sampled_from(sorted(self.items)))
        complete = {v.backup_id for v in versions.list_all(self.c) if v.complete}
        removal.remove_item(self.c, self.items[path], self.clock + delay)
        for other in list(self.items):
            if other == path or other.startswith(path + b"/"):
                item = self.items.pop(other)
                self.hidden[other] = item, self.clock + delay
                for label, files in self.versions.pop(item, {}).items():
                    if f"{item}/{label}" in complete:
                        self.trash[item, label] = files, self.clock + delay

    @precondition(lambda self: self.trash)
    @rule(data=st.data())
    def undelete_version(self, data: st.DataObject) -> None:
        item, label = data.draw(st.sampled_from(sorted(self.trash)))
        files, gone = self.trash[item, label]
        if gone <= self.clock:
            with pytest.raises(NotFound):
                trash.bring_back(self.c, item, label, self.clock)
            return
        assert trash.bring_back(self.c, item, label, self.clock) == [f"{item}/{label}"]
        del self.trash[item, label]
        self.versions.setdefault(item, {})[label] = files
        (path,) = [p for p, (i, _) in self.hidden.items() if i == item] or [b""]
        while path:
            if path in self.hidden:
                self.items[path] = self.hidden.pop(path)[0]
            path = path.rpartition(b"/")[0]

    @precondition(lambda self: self.hidden)
    @rule(data=st.data())
    def undelete_item(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.hidden)))
        item, gone = self.hidden[path]
        if gone <= self.clock:
            with pytest.raises(NotFound):
                trash.bring_back(self.c, item, None, self.clock)
            return
        back = trash.bring_back(self.c, item, None, self.clock)
        assert item in back
        for other, (other_item, until) in list(self.hidden.items()):
            way = path.startswith(other + b"/")
            if way or ((other == path or other.startswith(path + b"/")) and until > self.clock):
                self.items[other] = other_item
                del self.hidden[other]
        for (other_item, label), (files, until) in list(self.trash.items()):
            below = other_item == item or other_item.startswith(item + "/")
            if below and other_item in self.items.values() and until > self.clock:
                assert f"{other_item}/{label}" in back
                self.versions.setdefault(other_item, {})[label] = files
                del self.trash[other_item, label]

    @rule(hours=st.integers(0, 3))
    def time_passes(self, hours: int) -> None:
        self.clock += hours
        while trash.expire(self.c, self.clock):
            pass
        while trash.doom(self.c):
            pass
        self.trash = {key: kept for key, kept in self.trash.items() if kept[1] > self.clock}
        self.hidden = {path: kept for path, kept in self.hidden.items() if kept[1] > self.clock}
        found = trash.deleted(self.c, self.clock)
        assert {(each.item, each.label) for each in found if each.label} == set(self.trash)
        assert {each.path: (each.item, each.gone) for each in found if not each.label} == self.hidden
        pages, after = [], None
        while page := trash.deleted(self.c, self.clock, after, 2):
            pages += page
            after = page[-1].id
        assert pages == found

    @rule()
    def collect(self) -> None:
        while removal.garbage(self.c):
            removal.collect(self.c)

    @rule(data=st.data())
    def repack(self, data: st.DataObject) -> None:
        """Some blocks are emptied, wholly or not; what a job has found is left alone."""
        living = waste.Living()
        while waste.count(self.c, living):
            pass
        victims = []
        for (serial,) in self.c.execute(
            "SELECT serial FROM blocks WHERE state = 1 ORDER BY serial"
        ).fetchall():
            alive = [x for x in chunks.chunks_of(self.c, serial) if living.has(serial, x.number)]
            if alive and data.draw(st.booleans()):
                victims.append(waste.Sparse(serial, 10**6, 1, 2, 4, 262144, tuple(alive)))
        copied = [x.id for victim in victims for x in victim.chunks if data.draw(st.integers(0, 3))]
        if copied:
            sample.seal_ids(self.c, waste.REPACK, sorted(set(copied)))
        for serial in sample.blocks_of_job(self.c, waste.REPACK):
            sample.ack_all(self.c, serial)
        waste.switch(self.c, victims)

    @rule(compact=st.booleans())
    def publish(self, compact: bool) -> None:
        current = epochs.current(self.c).fingerprints
        if compact:
            log.compact(self.c)
            self.said = []
        keys = sample.SampleKeys()
        while (taken := log.take(self.c)) is not None:
            segment = log.seal_segment(
                keys, sample.counting_rng, taken.epoch, taken.number, taken.previous, taken.ops
            )
            log.store(self.c, taken, segment)
            self.said += log.open_segment(keys, segment.data, previous=taken.previous)[1]
        head = log.head(self.c, 1.0)
        if head is None:
            return
        for fingerprint in current:
            for number in log.unsent_to(self.c, fingerprint):
                log.mark_segment_acked(self.c, number, fingerprint)
            log.mark_head_acked(self.c, *head.place, fingerprint)
        assert log.committed(self.c) == head.sequence
        for fingerprint in deletes.due_at(self.c):
            deletes.done(self.c, fingerprint, [x.block for x in deletes.due(self.c, fingerprint)])
        assert all(v.is_known for item in self.versions for v in versions.list_of(self.c, item))

    @rule(position=st.integers(0, 3), moved=st.booleans())
    def replace_supplier(self, position: int, moved: bool) -> None:
        old, new = epochs.current(self.c).fingerprints[position], sample.fp(self.next_supplier)
        self.next_supplier += 1
        epochs.replace(self.c, old, (new, "http://127.0.0.1/new.xml"))
        holdings.replace_supplier(self.c, old, new)
        if moved:
            for missing in holdings.missing(self.c, new, 1000):
                assert holdings.acked(self.c, missing.block.serial, missing.number, new)
            assert holdings.held_by(self.c, old) == []

    @rule(position=st.integers(0, 3))
    def lose_all(self, position: int) -> None:
        holdings.lost_all(self.c, epochs.current(self.c).fingerprints[position])

    @rule()
    def repair(self) -> None:
        for missing in holdings.missing(self.c, limit=10000):
            holdings.acked(self.c, missing.block.serial, missing.number, missing.fingerprint)
        assert not holdings.unsafe(self.c)

    @invariant()
    def versions_hold_what_was_backed_up(self) -> None:
        for item, labels in self.versions.items():
            found = {version.label: version for version in versions.list_of(self.c, item)}
            assert set(found) == set(labels)
            for label, files in labels.items():
                content = sample.paths_at(self.c, found[label])
                assert content.pop(b"") == ()
                assert list(content) == sorted(files, key=lambda path: path.replace(b"/", b"\0"))
                refs = [refs[0] for refs in content.values()]
                stored = chunks.chunk_rows(self.c, refs)
                assert [c.id for _, c in stored] == [sample.hash_of("chunk", files[path]) for path in content]
                assert {serial for serial, _ in refs} == set(
                    versions.blocks_of(self.c, item, found[label].seq)
                )

    @invariant()
    def what_a_version_needs_is_not_doomed(self) -> None:
        doomed = {serial for (serial,) in self.c.execute("SELECT serial FROM blocks WHERE doomed > 0")}
        for item in self.versions:
            for version in versions.list_of(self.c, item):
                assert doomed.isdisjoint(versions.blocks_of(self.c, item, version.seq))

    @invariant()
    def what_can_be_brought_back_is_whole(self) -> None:
        for (item, label), (files, gone) in self.trash.items():
            if gone > self.clock:
                (seq,) = self.c.execute(
                    "SELECT seq FROM trash WHERE label = ? AND item ="
                    " (SELECT id FROM items WHERE path_id = ?)",
                    (label, item),
                ).fetchone()
                content = sample.contents_at(self.c, item, seq)
                assert content.pop(b"") == ()
                stored = chunks.chunk_rows(self.c, [refs[0] for refs in content.values()])
                assert [c.id for _, c in stored] == [sample.hash_of("chunk", files[path]) for path in content]
                assert set(content) == set(files)

    @invariant()
    def the_tree_lists_every_item_once_parents_first(self) -> None:
        walked = [item.path_id for item in tree.walk(self.c)]
        assert set(walked) == set(self.items.values())
        assert len(walked) == len(set(walked))
        for path_id in walked:
            above = path_id.rpartition("/")[0]
            assert not above or walked.index(above) < walked.index(path_id)

    @invariant()
    def a_replay_of_the_log_gives_the_same_tables(self) -> None:
        other = sample.open_catalog()
        for data in self.said:
            ops.apply(other, ops.decode(data))
        for (data,) in self.c.execute(
            "SELECT op FROM log WHERE seq > coalesce((SELECT value FROM marks WHERE name = 'sealed_op'), 0)"
        ):
            ops.apply(other, ops.decode(data))
        here = sample.state(self.c)
        # Serials of blocks that never came into the log are local: only committed ones are shared.
        assert sample.state(other)[1:] == here[1:]
        third = sample.open_catalog()
        snapshot.load(third, here)
        assert sample.state(third) == here
        other.close()
        third.close()

    @invariant()
    def counts_of_acknowledged_pieces_are_right(self) -> None:
        for serial, known in self.c.execute("SELECT serial, acked FROM blocks").fetchall():
            counts = holdings.counts(self.c, serial)
            assert known == counts["acked"] + counts["leaving"]


#: For a longer look: CATALOG_MODEL_EXAMPLES=300 pytest … --hypothesis-seed=N.  Without it the examples are
#: always the same few; and what fails is printed as it was found, since making it shorter takes minutes.
_EXAMPLES = os.environ.get("CATALOG_MODEL_EXAMPLES")
CatalogMachine.TestCase.settings = settings(
    max_examples=int(_EXAMPLES or 40),
    stateful_step_count=25,
    deadline=None,
    derandomize=_EXAMPLES is None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestCatalog = CatalogMachine.TestCase
