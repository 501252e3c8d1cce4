"""What cannot be read did not go; what suppliers lost and the disk has is backed up again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.backup import restore_job
from bitdust.backup.views import Task
from bitdust.errors import Offline
from tests.world import ENDED, KIB, House, World, look


def ready(world: World, n: int = 2, **settings: object) -> House:
    """A customer with his suppliers."""
    world.suppliers(n)
    return world.customer(n=n, **settings)


def fails(monkeypatch: pytest.MonkeyPatch, name: str, call: str, error: int) -> None:
    """From now on this system call fails for this file name."""
    really: Callable[..., Any] = getattr(os, call)

    def failing(path: Any, *args: Any, **kwargs: Any) -> Any:
        if path == name.encode():
            raise OSError(error, os.strerror(error))
        return really(path, *args, **kwargs)

    monkeypatch.setattr(os, call, failing)


@pytest.mark.parametrize(
    ("name", "call"), [("deep", "stat"), ("deep", "open"), ("one", "open"), ("one", "stat")]
)
def test_what_cannot_be_read_is_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, call: str
) -> None:
    """A dying disk, backed up more often than versions are kept: all that was there comes back."""
    alice = ready(world, services__backups__max_copies=2)
    source = world.tree(a=b"a", deep__one=b"one", deep__er__two=b"two", z=b"z")
    assert alice.back_up(source).state == "committed"
    expected = look(source)
    (source / "deep" / "one").touch()
    expected = look(source) if (name, call) == ("deep", "open") else expected
    with monkeypatch.context() as dying:
        fails(dying, name, call, 5)
        for _ in range(3):
            task = alice.back_up(source)
            assert (task.state, task.skipped) == ("committed", 1)
            assert name in task.message
    newest = alice.versions("0/0/0/0")[-1]
    assert (newest.files, newest.skipped) == (4, 1)
    assert alice.restore(newest.backup_id, world.folder / "out").state == "done"
    found = look(Path(f"{world.folder}/out{source}"))
    assert found.keys() == expected.keys()
    assert Path(f"{world.folder}/out{source}/deep/er/two").read_bytes() == b"two"
    assert alice.versions("0/0/0/0")[0].skipped == 0


def test_what_went_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there when its folder is listed, and not when it is opened, is not in the version."""
    alice = ready(world)
    source = world.tree(a=b"a", b=b"b")
    assert alice.back_up(source).state == "committed"
    (source / "b").write_bytes(b"new")
    with monkeypatch.context() as gone:
        fails(gone, "b", "open", 2)
        assert alice.back_up(source).state == "committed"
    newest = alice.versions("0/0/0/0")[-1]
    assert (newest.files, newest.skipped) == (1, 0)


def test_a_disk_that_is_not_mounted(world: World) -> None:
    """An empty folder may be backed up; however often, the last version with files stays."""
    alice = ready(world, services__backups__max_copies=2)
    source = world.tree(a=b"a", b=b"b")
    assert alice.back_up(source).state == "committed"
    (full,) = alice.versions("0/0/0/0")
    for name in ("a", "b"):
        (source / name).unlink()
    for _ in range(4):
        assert alice.back_up(source).state == "committed"
    assert [version.files for version in alice.versions("0/0/0/0")] == [2, 0, 0]
    assert alice.restore(full.backup_id, world.folder / "out").state == "done"
    assert Path(f"{world.folder}/out{source}/a").read_bytes() == b"a"


def test_lost_blocks_are_made_again_from_the_disk(world: World) -> None:
    """Every supplier lost everything: what is unchanged here is made again by itself, to the byte."""
    alice = ready(world, n=4)
    source = world.tree(a=300 * KIB, deep__b=100 * KIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    contents = [{file.read_bytes() for file in house.shelf_files()} for house in world.seated(alice)]
    for house in world.seated(alice):
        for file in house.shelf_files():
            file.unlink()
    # Whoever asks for them finds out.
    assert alice.restore(str(source), world.folder / "first").state == "failed"
    world.until(lambda: alice.customer.rebuilder.blocks_remade >= len(alice.blocks()), 4 * 3600)
    alice.until_safe()
    for house, content in zip(world.seated(alice), contents, strict=True):
        assert {file.read_bytes() for file in house.shelf_files()} == content
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_lost_blocks_are_sealed_anew(world: World) -> None:
    """The same of blocks of which nobody here knows how they were sealed: the next backup mends it."""
    alice = ready(world, n=4, services__backups__max_copies=2)
    source = world.tree(a=300 * KIB, deep__b=100 * KIB)
    os.link(source / "a", source / "c")
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    world.wait(alice.customer.db(lambda c: c.execute("UPDATE blocks SET sealed = NULL")))
    (old,) = alice.versions("0/0/0/0")
    lost = {block.serial for block in alice.blocks()}
    for house in world.seated(alice):
        for file in house.shelf_files():
            file.unlink()
    assert alice.restore(old.backup_id, world.folder / "first").state == "failed"
    world.until(lambda: alice.versions("0/0/0/0")[0].state == "damaged")
    assert [each.backup_id for each in world.wait(alice.node.backups.committed())] == [old.backup_id]
    with pytest.raises(Offline, match="have 0, need 2"):
        alice.restore(old.backup_id, world.folder / "lost")
    task = alice.back_up(source)
    assert task.state == "committed"
    new = alice.versions("0/0/0/0")[-1]
    assert new.state in ("committed", "safe")
    assert alice.versions("0/0/0/0")[0].state == "damaged"
    assert alice.restore(new.backup_id, world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    for number in range(2):
        (source / "more").write_bytes(str(number).encode())
        assert alice.back_up(source).state == "committed"
    assert old.label not in [version.label for version in alice.versions("0/0/0/0")]
    assert lost.isdisjoint(block.serial for block in alice.blocks())


def restored(
    world: World, alice: House, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]
) -> Task:
    """A restore of the oldest version, and what became of it, with something happening on the way."""
    monkeypatch.setattr(restore_job, "PAGE", 2)
    monkeypatch.setattr(restore_job, "GATHER", 1)
    batch = restore_job.RestoreJob._batch
    waiting: list[Deferred[None]] = []

    async def slow(self: restore_job.RestoreJob, entries: Any) -> None:
        if not waiting:
            waiting.append(Deferred())
            await waiting[0]
        await batch(self, entries)

    monkeypatch.setattr(restore_job.RestoreJob, "_batch", slow)
    version = alice.versions("0/0/0/0")[0]
    restoring = world.wait(alice.node.backups.restore(version.backup_id, str(world.folder / "out")))
    world.until(lambda: bool(waiting))
    meanwhile()
    waiting[0].callback(None)
    world.until(lambda: alice.task(restoring.task).state in ENDED)
    return alice.task(restoring.task)


def test_a_version_that_is_being_restored_is_not_trimmed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backups go on while a version is restored; it goes when it is no longer needed."""
    alice = ready(world, services__backups__max_copies=1)
    source = world.tree(**{f"f{i}": 10_000 + i for i in range(9)})
    assert alice.back_up(source).state == "committed"
    expected = look(source)

    def meanwhile() -> None:
        for path in source.iterdir():
            path.unlink()
        for number in range(2):
            (source / "new").write_bytes(str(number).encode())
            assert alice.back_up(source).state == "committed"

    task = restored(world, alice, monkeypatch, meanwhile)
    assert (task.state, task.files) == ("done", 9)
    assert look(Path(f"{world.folder}/out{source}")) == expected
    assert len(alice.versions("0/0/0/0")) == 2
    assert alice.back_up(source).state == "committed"
    assert len(alice.versions("0/0/0/0")) == 1


@pytest.mark.parametrize("what", ["version", "item"])
def test_a_version_that_is_deleted_while_it_is_restored(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The restore says so; it is never "done" with files missing."""
    alice = ready(world)
    source = world.tree(**{f"f{i}": 10_000 + i for i in range(9)})
    assert alice.back_up(source).state == "committed"
    (version,) = alice.versions("0/0/0/0")
    name = version.backup_id if what == "version" else "0/0/0/0"
    task = restored(world, alice, monkeypatch, lambda: world.wait(alice.node.backups.delete(name)))
    assert task.state == "failed"
    assert "deleted while it was being restored" in task.error + task.message
