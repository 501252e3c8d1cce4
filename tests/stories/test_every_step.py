"""Backup, restore, deletion, repacking, undeletion are cut off at every single step of theirs (`steps`)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bitdust.backup.retention import Policy
from bitdust.catalog import waste
from tests.balance import settle, temporaries
from tests.stories.steps import FATES, Scene, at_every_step, came_back, each_fate
from tests.world import House, look, noise


@each_fate
@pytest.mark.parametrize("who", ["customer", "supplier"])
def test_a_backup_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """T20, T21, T25: it ends by itself, restores identical, and the space is right to the byte."""
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    older = {v.backup_id: look(source) for v in alice.versions("0/0/0/0")}

    def prepare(at: int) -> None:
        (source / "changing").write_bytes(noise(f"changing {at}", 70_000 + at))
        os.utime(source / "changing", ns=(10**18 + at, 10**18 + at))
        for version in alice.versions("0/0/0/0")[1:]:
            world.wait(alice.node.backups.delete(version.backup_id))
        settle(world, alice)

    def work() -> None:
        world.wait(alice.node.backups.start_path(str(source)))

    def after() -> None:
        found = [v.backup_id for v in alice.versions("0/0/0/0")]
        assert set(older) <= set(found), "a version was lost"
        if len(found) == 1:
            # It died, or failed, before the wish was written down; nobody was told otherwise.
            assert alice.back_up(source).state == "committed"
        assert all(v.complete for v in alice.versions("0/0/0/0"))
        settle(world, alice)
        shutil.rmtree(out, ignore_errors=True)
        came_back(scene, str(source), out, look(source))

    at_every_step(scene, victim, fate, 20, prepare, work, after)
    shutil.rmtree(out)
    for backup_id, expected in older.items():
        came_back(scene, backup_id, out, expected)


@each_fate
def test_a_restore_at_every_step(scene: Scene, fate: str) -> None:
    """T20, T25: no file has a wrong byte under its own name; asked again all is there, and no more."""
    world, alice, source = scene
    out = world.folder / "out"
    (source / "link").symlink_to("same")
    os.link(source / "same", source / "deep" / "other")
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    expected = look(source)
    there = {path.name: path.read_bytes() for path in source.rglob("*") if path.is_file()}

    def prepare(at: int) -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()

    def work() -> None:
        world.wait(alice.node.backups.restore(str(source), str(out)))

    def after() -> None:
        for path in out.rglob("*"):
            if path.is_file() and path not in temporaries(out):
                assert path.read_bytes() == there[path.name]
        if FATES[fate][0] is not None:
            assert temporaries(out) == []
        task = alice.restore(str(source), out)
        assert task.state == "done"
        assert temporaries(out) == []
        found = look(Path(f"{out}{source}"))
        # What the first one brought is there, whatever became of it: nothing is left out.
        assert (task.skipped, expected.keys() - found.keys()) == (0, set())
        for path in Path(f"{out}{source}").rglob("*"):
            if path.is_file():
                assert path.read_bytes() == there[path.name]

    at_every_step(scene, alice, fate, 10, prepare, work, after, (out,))


@each_fate
@pytest.mark.parametrize("who", ["customer", "supplier"])
def test_a_deletion_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """T21, T25: the version is there or it is not; what only it needed goes from every shelf, to the byte."""
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    (first,) = alice.versions("0/0/0/0")
    expected = look(source)
    used = [house.shelf_used() for house in world.seated(alice)]

    def prepare(at: int) -> None:
        (source / "changing").write_bytes(noise(f"changing {at}", 70_000 + at))
        os.utime(source / "changing", ns=(10**18 + at, 10**18 + at))
        assert alice.back_up(source).state == "committed"
        settle(world, alice)

    def work() -> None:
        world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[1].backup_id))

    def after() -> None:
        for version in alice.versions("0/0/0/0")[1:]:
            world.wait(alice.node.backups.delete(version.backup_id))
        settle(world, alice)
        assert [house.shelf_used() for house in world.seated(alice)] == used

    at_every_step(scene, victim, fate, 10, prepare, work, after)
    came_back(scene, first.backup_id, out, expected)


@each_fate
@pytest.mark.parametrize("who", ["customer", "supplier"])
def test_a_repack_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """
    T20, T21, T25: after a deletion by policy, mostly dead blocks are emptied.  Whenever that is cut off, the
    version that is left comes back, and in the end as much is free as when nothing was cut off.
    """
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    expected: dict[str, object] = {}
    sizes: set[int] = set()

    def prepare(at: int) -> None:
        for name in range(6):
            (source / f"many{name}").write_bytes(noise(f"{at} {name}", 20_000))
        assert alice.back_up(source).state == "committed"
        for name in range(1, 6):
            (source / f"many{name}").unlink()
        assert alice.back_up(source).state == "committed"
        settle(world, alice)
        expected.clear()
        expected.update(look(source))

    def work() -> None:
        world.wait(alice.node.backups.forget(None, Policy(last=1), False))
        world.until(lambda: not victim.is_alive or tidy(alice), 2000)

    def after() -> None:
        newest = alice.versions("0/0/0/0")[-1]
        shutil.rmtree(out, ignore_errors=True)
        came_back(scene, newest.backup_id, out, expected)
        world.wait(alice.node.backups.forget(None, Policy(last=1), False))
        world.until(lambda: tidy(alice), 4000)
        settle(world, alice)
        sizes.add(sum(block.size for block in alice.blocks()))
        shutil.rmtree(out)
        came_back(scene, newest.backup_id, out, expected)

    at_every_step(scene, victim, fate, 20, prepare, work, after)
    # What padding makes of a block differs; a block that was not emptied would be 100 kB more.
    assert max(sizes) - min(sizes) < 40_000


@each_fate
@pytest.mark.parametrize("who", ["customer", "supplier"])
def test_an_undelete_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """
    T20, T21, T25: a version that is deleted for a while and brought back is there or can be brought back,
    wherever that is cut off; and once it is back it outlives the time it was given.
    """
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    expected: dict[str, object] = {}
    target: list[str] = []
    alice._settings["services/backups/delete-delay"] = 900
    alice.node.settings.set("services/backups/delete-delay", 900)

    def prepare(at: int) -> None:
        for version in alice.versions("0/0/0/0")[1:]:
            world.wait(alice.node.backups.delete(version.backup_id))
        (source / "changing").write_bytes(noise(f"changing {at}", 70_000 + at))
        os.utime(source / "changing", ns=(10**18 + at, 10**18 + at))
        assert alice.back_up(source).state == "committed"
        settle(world, alice)
        target.append(alice.versions("0/0/0/0")[1].backup_id)
        expected.clear()
        expected.update(look(source))

    def work() -> None:
        world.wait(alice.node.backups.delete(target[-1]))
        world.run(1)
        world.wait(alice.node.backups.undelete(target[-1]))

    def after() -> None:
        if target[-1] not in {version.backup_id for version in alice.versions("0/0/0/0")}:
            world.wait(alice.node.backups.undelete(target[-1]))
        settle(world, alice)
        # Suppliers walk every hour, and so does the round that empties the trash.
        world.run(4000)
        world.until(lambda: not alice.read(lambda c: c.execute("SELECT 1 FROM trash").fetchone()), 8000)
        settle(world, alice)
        shutil.rmtree(out, ignore_errors=True)
        came_back(scene, target[-1], out, expected)
        assert world.wait(alice.node.backups.deleted()) == []

    at_every_step(scene, victim, fate, 10, prepare, work, after)


def tidy(alice: House) -> bool:
    """Nothing is left to be emptied."""
    return alice.read(waste.is_tidy) and not alice.customer.repacker.is_busy
