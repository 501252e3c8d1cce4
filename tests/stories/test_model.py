"""
A whole network against a plain model of it: whatever is done, in any order, and whoever dies in the middle.

`MODEL_OPERATIONS=10000 pytest -n0 tests/stories/test_model.py` takes so many operations, other ones each time
(or those of MODEL_SEED); without it they are few, and always the same.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bitdust.backup.choosing import Choice
from bitdust.backup.retention import Policy
from bitdust.catalog import waste
from bitdust.errors import BitDustError, NotFound
from tests.balance import balanced, settle, temporaries
from tests.power import Power
from tests.world import House, PowerOff, World, noise

OPERATIONS = int(os.environ.get("MODEL_OPERATIONS", "0"))
STEPS = 50
NAMES = ["a", "b", "c", "d/a", "d/b", "d/e/a", "f"]
names = st.sampled_from(NAMES)
sizes = st.sampled_from([0, 1, 10, 3000, 70_000, 400_000])
suppliers = st.integers(0, 3)
steps = st.integers(1, 250)


def described(folder: Path) -> dict[str, Any]:
    """What a folder holds: kinds, modes, dates, contents, targets, and which names are one file."""
    found: dict[str, Any] = {}
    first: dict[int, str] = {}
    for parent, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            path = Path(parent, name)
            status, key = path.lstat(), str(path.relative_to(folder))
            inside: object = None
            if path.is_symlink():
                inside = os.readlink(path)
            elif path.is_file():
                inside = path.read_bytes()
            same = first.setdefault(status.st_ino, key) if status.st_nlink > 1 and path.is_file() else ""
            found[key] = status.st_mode, status.st_mtime_ns, inside, same
    return found


class NetworkMachine(RuleBasedStateMachine):
    """One customer, four suppliers, and everything that can be done to them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World("model")
        #: item -> label -> what it holds
        self.versions: dict[str, dict[str, dict[str, Any]]] = {}
        self.sources: dict[str, Path] = {}
        #: what was deleted and can be brought back: (item, label) -> what it holds, and until when
        self.trash: dict[tuple[str, str], tuple[dict[str, Any], int]] = {}
        self.pinned: set[tuple[str, str]] = set()
        #: item -> source, of deleted ones too
        self.origins: dict[str, str] = {}
        self.delay = 0
        #: label -> what was sent, of the one item that is a stream
        self.streams: dict[str, bytes] = {}
        self.stream_item = ""
        self.dates = 10**18
        self.absent: House | None = None

    @initialize()
    def begin(self) -> None:
        self.houses = self.world.suppliers(4)
        self.alice = self.world.customer()
        for name in "one", "two":
            source = self.world.tree(name, a=1000, d__b=80_000)
            self._date(source)
            self.sources[name] = source
        self.items: dict[str, str] = {}

    def teardown(self) -> None:
        try:
            if hasattr(self, "alice"):
                self.check()
                for item, labels in self.versions.items():
                    for label in labels:
                        self._restore(item, label)
                for label in self.streams:
                    self._restore_stream(label)
        except BaseException:
            self.world.houses.clear()
            raise
        finally:
            self.world.close()

    def _date(self, *paths: Path) -> None:
        for path in paths:
            self.dates += 1
            os.utime(path, ns=(self.dates, self.dates), follow_symlinks=False)

    # -- what changes under the customer's hands

    @rule(source=st.sampled_from(["one", "two"]), name=names, size=sizes, content=st.integers(0, 5))
    def write(self, source: str, name: str, size: int, content: int) -> None:
        path = self.sources[source] / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        with suppress(FileNotFoundError):
            path.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(f"{content}", size))
        self._date(path, path.parent)

    @rule(source=st.sampled_from(["one", "two"]), name=names, data=st.data())
    def alter(self, source: str, name: str, data: st.DataObject) -> None:
        path = self.sources[source] / name
        if not path.is_file() or path.is_symlink():
            return
        match data.draw(
            st.sampled_from(["append", "mode", "date", "delete", "rename", "link", "symlink", "hole"])
        ):
            case "append":
                path.chmod(0o600)
                with path.open("ab") as file:
                    file.write(b"more")
            case "mode":
                path.chmod(data.draw(st.sampled_from([0o600, 0o644, 0o755, 0o400])))
            case "delete":
                path.unlink()
            case "hole":
                path.chmod(0o600)
                with path.open("r+b") as file:
                    file.truncate(300_000)
            case "date":
                pass
            case word:
                new = self.sources[source] / data.draw(names)
                if os.path.lexists(new):
                    return
                new.parent.mkdir(parents=True, exist_ok=True)
                if word == "rename":
                    path.rename(new)
                elif word == "link":
                    os.link(path, new)
                else:
                    new.symlink_to(path.name)
                self._date(new, new.parent)
        if os.path.lexists(path):
            self._date(path)
        self._date(path.parent)

    # -- what the customer asks for

    @rule(source=st.sampled_from(["one", "two"]))
    def back_up(self, source: str) -> None:
        self._start(source)
        settle_queue(self.world, self.alice)
        self._took(source)

    def _start(self, source: str) -> None:
        started = self.world.wait(self.alice.node.backups.start_path(str(self.sources[source])))
        self.items[source] = started.path_id

    def _took(self, source: str) -> None:
        """Whatever is new since is what the source is now."""
        if source not in self.items:
            row = [
                i
                for i in self.world.wait(self.alice.node.backups.items())
                if i.path == os.fsencode(self.sources[source])
            ]
            if not row:
                return
            self.items[source] = row[0].path_id
        item = self.items[source]
        self.origins[item] = source
        known = self.versions.setdefault(item, {})
        # Who died right behind the commit has perhaps not told the suppliers yet.
        self.world.until(lambda: all(version.is_known for version in self.alice.versions(item)), 2000)
        new = [v for v in self.alice.versions(item) if v.label not in known]
        assert len(new) <= 1
        for version in new:
            assert version.complete
            known[version.label] = described(self.sources[source])

    @rule(source=st.sampled_from(["one", "two"]), moment=st.sampled_from([0.0, 0.05, 0.3, 0.8, 1.5]))
    def abort(self, source: str, moment: float) -> None:
        for house in self.world.seated(self.alice):
            self.world.network.speed(300_000, self.alice.place, house.place)
        self._start(source)
        self.world.run(moment)
        for running in self.alice.node.backups.running():
            self.world.wait(self.alice.node.backups.abort_running(running.backup_id))
        for house in self.world.seated(self.alice):
            self.world.network.speed(float("inf"), self.alice.place, house.place)
        settle_queue(self.world, self.alice)
        self._took(source)

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data())
    def delete_version(self, data: st.DataObject) -> None:
        item, label = self._draw(data)
        self.world.wait(self.alice.node.backups.delete(f"{item}/{label}"))
        self._went(item, label)

    def _went(self, item: str, label: str) -> None:
        """The version is not there any more; with a delay it can be brought back."""
        held = self.versions[item].pop(label)
        if self.delay:
            gone = {each.id: each.gone for each in self.world.wait(self.alice.node.backups.deleted())}
            self.trash[item, label] = held, gone[f"{item}/{label}"]
        else:
            self.pinned.discard((item, label))

    @rule(delay=st.sampled_from([0, 900, 6000]))
    def delays(self, delay: int) -> None:
        """From now on what is deleted can be brought back for so long."""
        self.alice.node.settings.set("services/backups/delete-delay", delay)
        self.delay = delay

    @precondition(lambda self: self.trash)
    @rule(data=st.data())
    def undelete(self, data: st.DataObject) -> None:
        item, label = data.draw(st.sampled_from(sorted(self.trash)))
        held, gone = self.trash.pop((item, label))
        back = self.alice.node.backups.undelete(f"{item}/{label}")
        if gone <= self.world.wall():
            self.pinned.discard((item, label))
            with pytest.raises(NotFound):
                self.world.wait(back)
            return
        assert self.world.wait(back) == [f"{item}/{label}"]
        self.versions.setdefault(item, {})[label] = held
        self.items[self.origins[item]] = item

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data(), pinned=st.booleans())
    def pin(self, data: st.DataObject, pinned: bool) -> None:
        item, label = self._draw(data)
        self.world.wait(self.alice.node.backups.pin(f"{item}/{label}", pinned))
        (self.pinned.add if pinned else self.pinned.discard)((item, label))

    @precondition(lambda self: self.items)
    @rule(source=st.sampled_from(["one", "two"]), last=st.integers(1, 2))
    def forget(self, source: str, last: int) -> None:
        if source in self.items:
            policy = Policy(last=last)
            plan = self.world.wait(self.alice.node.backups.forget(self.items[source], policy, True))
            assert self.world.wait(self.alice.node.backups.forget(self.items[source], policy, False)) == plan
            self._forgot(self.items[source], last, [each.backup_id.rpartition("/")[2] for each in plan])

    def _forgot(self, item: str, last: int, known: list[str]) -> None:
        """All but the last so many, those that are pinned, and the last that has files, went."""
        there = {version.label for version in self.alice.versions(item)}
        kept = {label for label in known if (item, label) in self.pinned} | set(known[-last:])
        assert kept <= there
        for label in known:
            if label not in there:
                self._went(item, label)
        # Nobody but the newest that has any file is kept beside.
        assert len(there - kept) <= 1

    @rule()
    def clean(self) -> None:
        self._back()
        self.world.wait(self.alice.node.backups.clean_up(False))
        settle(self.world, self.alice)
        plan = self.world.wait(self.alice.node.backups.clean_up(True))
        assert (plan.sparse, plan.unreferenced, plan.freed) == (0, 0, 0)

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data(), who=st.integers(0, 4), at=steps, lost=st.booleans())
    def dies_during_a_cleaning(self, data: st.DataObject, who: int, at: int, lost: bool) -> None:
        """Versions go by policy, what is left is repacked, and somebody dies in the middle of that."""
        self._back()
        item, _ = self._draw(data)
        victim = self.alice if who == 4 else self.houses[who]
        with Power(victim, at, None, lost) as power:
            try:
                self.world.wait(self.alice.node.backups.forget(item, Policy(last=1), False))
                self.world.until(lambda: bool(power.met) or tidy(self.alice), 2000)
            except (PowerOff, AssertionError):
                if not power.met:
                    raise
        if not victim.is_alive:
            victim.start()
        there = {version.label for version in self.alice.versions(item)}
        for label in sorted(self.versions[item].keys() - there):
            self._went(item, label)

    @rule(hours=st.sampled_from([0.2, 1.0, 3.0]))
    def time_passes(self, hours: float) -> None:
        self.world.run(hours * 3600)

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        self._restore(*self._draw(data))

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data())
    def restore_one_file(self, data: st.DataObject) -> None:
        item, label = self._draw(data)
        files = [n for n, v in self.versions[item][label].items() if isinstance(v[2], bytes)]
        if not files:
            return
        name = data.draw(st.sampled_from(sorted(files)))
        out = self.world.folder / "out"
        task = self.alice.restore(f"{item}/{label}:{name}", out, 2000)
        assert (task.state, task.message) == ("done", "")
        mode, date, content, _ = self.versions[item][label][name]
        back = Path(f"{out}{self._source_of(item)}") / name
        assert (back.stat().st_mode, back.stat().st_mtime_ns, back.read_bytes()) == (mode, date, content)
        shutil.rmtree(out)

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data(), name=st.sampled_from(["a", "b", "d", "e", "f"]), include=st.booleans())
    def restore_a_choice(self, data: st.DataObject, name: str, include: bool) -> None:
        """What has that name, with all below it; or all but that."""
        self._back()
        item, label = self._draw(data)
        held = self.versions[item][label]
        fits = {key for key in held if name in key.split("/")}
        if include:
            above = {
                "/".join(key.split("/")[:depth]) for key in fits for depth in range(1, key.count("/") + 1)
            }
            wanted = fits | above
        else:
            wanted = held.keys() - fits
        choice = Choice(include=[name]) if include else Choice(exclude=[name])
        out = self.world.folder / "out"
        begun = self.alice.node.backups.restore(f"{item}/{label}", str(out), None, choice)
        if include and not fits:
            with pytest.raises(NotFound):
                self.world.wait(begun)
            return
        number = self.world.wait(begun).task
        self.world.until(lambda: self.alice.task(number).state in ("done", "failed"), 2000)
        assert (self.alice.task(number).state, self.alice.task(number).message) == ("done", "")
        found = described(Path(f"{out}{self._source_of(item)}"))
        # Which names are one file may be said by another name, when the first stays out.
        assert {key: each[:3] for key, each in found.items()} == {key: held[key][:3] for key in wanted}
        shutil.rmtree(out)

    @precondition(lambda self: any(self.versions.values()))
    @rule()
    def drill(self) -> None:
        """All of one version of each item comes back from the suppliers."""
        self._back()
        settle(self.world, self.alice)
        number = self.world.wait(self.alice.node.backups.drills.begin(None, 2**60))
        self.world.until(lambda: self.alice.task(number).state in ("done", "failed"), 2000)
        assert (self.alice.task(number).state, self.alice.task(number).skipped) == ("done", 0)

    @rule(size=st.sampled_from([0, 10, 70_000, 5_000_000]), content=st.integers(0, 3), ends=st.booleans())
    def stream(self, size: int, content: int, ends: bool) -> None:
        """What a program sends is a version when it was ended, and nothing when it was broken off."""
        streams = self.alice.node.backups.streams
        data = noise(f"stream {content}", size)
        number, item = self.world.wait(streams.begin(str(self.world.folder / "stream")))
        offset = 0
        while offset < size:
            offset = self.world.wait(streams.give(number, offset, data[offset : offset + 400_000]))
        if ends:
            streams.end(number, size)
        else:
            self.world.wait(streams.abort(number))
        settle_queue(self.world, self.alice)
        try:
            found = self.alice.versions(item)
        except NotFound:
            # It was made for this stream alone, and went with it.
            assert not ends
            assert not self.streams
            return
        self.stream_item = item
        for version in found:
            if version.label not in self.streams:
                assert ends
                self.streams[version.label] = data

    @precondition(lambda self: self.streams)
    @rule(data=st.data())
    def delete_stream(self, data: st.DataObject) -> None:
        label = data.draw(st.sampled_from(sorted(self.streams)))
        self._restore_stream(label)
        self.world.wait(self.alice.node.backups.delete(f"{self.stream_item}/{label}"))
        del self.streams[label]

    def _restore_stream(self, label: str) -> None:
        self._back()
        out = self.world.folder / "out"
        assert self.alice.restore(f"{self.stream_item}/{label}", out, 2000).state == "done"
        assert Path(f"{out}{self.world.folder}/stream").read_bytes() == self.streams[label]
        shutil.rmtree(out)

    @rule(source=st.sampled_from(["one", "two"]))
    @precondition(lambda self: self.items and self.dates % 7 == 0)
    def delete_item(self, source: str) -> None:
        if source in self.items:
            item = self.items.pop(source)
            self.world.wait(self.alice.node.backups.delete(item))
            for label in list(self.versions.get(item, {})):
                self._went(item, label)
            self.versions.pop(item, None)
            if not self.delay:
                # Nothing of it can be brought back, however it went.
                self.trash = {key: kept for key, kept in self.trash.items() if key[0] != item}

    def _draw(self, data: st.DataObject) -> tuple[str, str]:
        return data.draw(
            st.sampled_from(
                sorted((item, label) for item, labels in self.versions.items() for label in labels)
            )
        )

    def _source_of(self, item: str) -> Path:
        return next(self.sources[source] for source, known in self.items.items() if known == item)

    def _restore(self, item: str, label: str) -> None:
        out = self.world.folder / "out"
        task = self.alice.restore(f"{item}/{label}", out, 2000)
        assert (task.state, task.message) == ("done", "")
        assert described(Path(f"{out}{self._source_of(item)}")) == self.versions[item][label]
        assert temporaries(out) == []
        shutil.rmtree(out)

    # -- what happens to them

    @rule(source=st.sampled_from(["one", "two"]), who=st.integers(0, 4), at=steps, lost=st.booleans())
    def dies_during_a_backup(self, source: str, who: int, at: int, lost: bool) -> None:
        self._back()
        victim = self.alice if who == 4 else self.houses[who]
        with Power(victim, at, None, lost) as power:
            try:
                self._start(source)
                self.world.until(lambda: bool(power.met) or not busy(self.alice), 2000)
            except (PowerOff, AssertionError):
                if not power.met:
                    raise
        if not victim.is_alive:
            victim.start()
        settle_queue(self.world, self.alice)
        self._took(source)

    @precondition(lambda self: any(self.versions.values()))
    @rule(data=st.data(), at=steps, lost=st.booleans())
    def dies_during_a_deletion(self, data: st.DataObject, at: int, lost: bool) -> None:
        item, label = self._draw(data)
        with Power(self.alice, at, None, lost) as power:
            try:
                self.world.wait(self.alice.node.backups.delete(f"{item}/{label}"))
                self.world.run(2)
            except (PowerOff, AssertionError):
                if not power.met:
                    raise
        if not self.alice.is_alive:
            self.alice.start()
        if label not in {v.label for v in self.alice.versions(item)}:
            self._went(item, label)
        else:
            assert power.met

    @rule(
        source=st.sampled_from(["one", "two"]),
        who=st.integers(0, 4),
        at=steps,
        error=st.sampled_from([5, 28]),
    )
    def disk_fails_during_a_backup(self, source: str, who: int, at: int, error: int) -> None:
        self._back()
        with Power(self.alice if who == 4 else self.houses[who], at, error):
            with suppress(BitDustError):
                self._start(source)
            settle_queue(self.world, self.alice)
        self._took(source)
        self.world.broken = [each for each in self.world.broken if not each.startswith("a patrol failed")]

    @rule(who=suppliers)
    def goes_away(self, who: int) -> None:
        self._back()
        self.absent = self.houses[who]
        self.world.away(self.absent)

    @rule()
    def comes_back(self) -> None:
        self._back()

    def _back(self) -> None:
        if self.absent is not None:
            self.world.back(self.absent)
            self.absent = None
            self.world.until(lambda: self.world.staffed(self.alice, 4), 4000)

    @rule(part=st.sampled_from(["customer", "private_messages"]))
    def switch(self, part: str) -> None:
        for on in False, True:
            self.world.wait(self.alice.node.services.switch(part, on))

    @rule(who=suppliers)
    def restart(self, who: int) -> None:
        self._back()
        self.houses[who].restart()
        self.alice.restart()
        self.world.until(lambda: self.world.staffed(self.alice, 4), 4000)

    @rule()
    def check(self) -> None:
        """Nothing is under way: everything agrees."""
        self._back()
        settle(self.world, self.alice)
        balanced(self.world, self.alice)
        for item, labels in self.versions.items():
            found = self.alice.versions(item)
            assert {version.label for version in found} == set(labels)
            assert all(version.complete for version in found)
            assert {v.label for v in found if v.pinned} == {
                label for of, label in self.pinned if of == item
            } & set(labels)
        if self.stream_item:
            assert {version.label for version in self.alice.versions(self.stream_item)} == set(self.streams)
        now = self.world.wall()
        of_stream = f"{self.stream_item}/"
        deleted = {
            each.id
            for each in self.world.wait(self.alice.node.backups.deleted())
            if each.label and not (self.stream_item and each.id.startswith(of_stream))
        }
        assert deleted == {f"{item}/{label}" for (item, label), (_, gone) in self.trash.items() if gone > now}


def busy(alice: House) -> bool:
    """Is a backup waiting or running?"""
    return bool(alice.customer.queue.running() or alice.customer.queue.waiting())


def tidy(alice: House) -> bool:
    """Nothing is left to be emptied."""
    return alice.read(waste.is_tidy) and not alice.customer.repacker.is_busy


def settle_queue(world: World, alice: House) -> None:
    """Let every backup come to its end."""
    world.until(lambda: not busy(alice), 4000)


NetworkMachine.TestCase.settings = settings(
    max_examples=OPERATIONS // STEPS or 6,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not OPERATIONS,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
if "MODEL_SEED" in os.environ:
    NetworkMachine.TestCase = seed(int(os.environ["MODEL_SEED"]))(NetworkMachine.TestCase)
TestNetwork = NetworkMachine.TestCase
