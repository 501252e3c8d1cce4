"""The spool is full, lost or rotten; long jobs commit what they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.backup import backup_job
from bitdust.backup.reading import STRETCH
from bitdust.catalog import holdings, versions
from tests.stories.test_recovery import recovered
from tests.world import KIB, MIB, House, World, look

FULL = 2 * MIB


@pytest.fixture
def small(world: World) -> tuple[World, House, Path]:
    """A customer with a spool of 2 MiB, and 6 MiB to back up."""
    world.suppliers(4)
    alice = world.customer(paths__spool_limit=f"{FULL // KIB} KB")
    return world, alice, world.tree(**{f"f{i:02}": 300_000 + i for i in range(20)})


def check(world: World, alice: House, source: Path) -> None:
    """Everything is there."""
    assert alice.restore(str(source), world.folder / "out", 1000).state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_a_full_spool_pauses(small: tuple[World, House, Path]) -> None:
    """A job larger than the spool waits for room, says for whom, and never takes more."""
    world, alice, _ = small
    source = world.tree("more", **{f"f{i:02}": 300_000 + i for i in range(40)})
    slowest = world.seated(alice)[2]
    for house in world.seated(alice):
        world.network.speed(20_000 if house is slowest else 500_000, alice.place, house.place)
    world.wait(alice.node.backups.start_path(str(source)))
    most, said = 0, set()
    while alice.node.backups.tasks()[-1].state != "committed":
        world.run(1)
        most = max(most, alice.customer.spool.used)
        said |= {running.state for running in alice.node.backups.running()}
    # When there is room for a block, a stretch of reading goes on.
    assert most <= FULL + STRETCH + MIB
    assert any("the spool is full, waiting for" in words for words in said)
    alice.until_safe(1000)
    check(world, alice, source)


def test_one_is_away_for_long(small: tuple[World, House, Path]) -> None:
    """
    Every block is at c of n, one supplier is away for long: what there is gets committed as a checkpoint, so
    that it may leave the spool, and the job goes on to its end.
    """
    world, alice, source = small
    gone = world.seated(alice)[0]
    world.away(gone)
    world.wait(alice.node.backups.start_path(str(source)))
    seen: list[versions.Version] = []

    def ended() -> bool:
        seen.extend(alice.versions("0/0/0/0"))
        return alice.node.backups.tasks()[-1].state == "committed"

    world.until(ended, 600)
    # A checkpoint is a version, marked incomplete, that the finished one replaced.
    assert any(not version.complete and version.is_committed for version in seen)
    (version,) = alice.versions("0/0/0/0")
    assert (version.complete, version.state, version.survives) == (True, "committed", 1)
    assert alice.customer.spool.used <= FULL
    check(world, alice, source)
    # When he is back he gets all of it, made from the others.
    world.back(gone)
    alice.until_safe(2000)
    assert len(gone.shelf_files()) == len(alice.blocks())
    assert alice.versions("0/0/0/0")[0].state == "safe"


def test_a_checkpoint_can_be_restored(small: tuple[World, House, Path]) -> None:
    """What a long job has committed on its way is restorable though the machine is lost before the end."""
    world, alice, source = small
    world.away(world.seated(alice)[0])
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: any(v.is_committed for v in alice.versions("0/0/0/0")), 600)
    (version,) = alice.versions("0/0/0/0")
    assert not version.complete
    # Nobody takes it for the end of the backup.
    assert world.wait(alice.node.backups.committed()) == []
    words = world.wait(alice.node.identity_backup(None, None)).words
    alice.crash()
    again = recovered(world, words)
    (part,) = world.wait(again.node.backups.committed())
    assert (part.backup_id, part.complete) == (version.backup_id, False)
    assert again.restore(str(source), world.folder / "out").state == "done"
    there = {path.name: path.read_bytes() for path in Path(f"{world.folder}/out{source}").iterdir()}
    assert 2 <= len(there) < 20
    assert all((source / name).read_bytes() == content for name, content in there.items())
    # The next backup is whole, and sends nothing of that again.
    assert again.back_up(source, 600).state == "committed"
    assert [v.complete for v in again.versions("0/0/0/0")] == [True]


def test_a_checkpoint_every_ten_minutes(world: World) -> None:
    """A job that goes on for long commits what it has every ten minutes."""
    world.suppliers(4)
    alice = world.customer()
    for house in world.seated(alice):
        world.network.speed(1500, alice.place, house.place)
    source = world.tree(**{f"f{i}": 300_000 + i for i in range(9)})
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: alice.versions("0/0/0/0"), 5000)
    assert world.clock.seconds() >= backup_job.CHECKPOINT_SECONDS
    files = [version.files for version in alice.versions("0/0/0/0")]
    began = world.clock.seconds()
    world.until(lambda: [version.files for version in alice.versions("0/0/0/0")] > files, 5000)
    assert world.clock.seconds() - began >= backup_job.CHECKPOINT_SECONDS - 10
    assert alice.ended("backup", "0/0/0/0", 50_000).state == "committed"
    assert [version.complete for version in alice.versions("0/0/0/0")] == [True]


def test_an_aborted_job_takes_its_checkpoint_along(small: tuple[World, House, Path]) -> None:
    """A backup that is given up leaves no version, not even an incomplete one."""
    world, alice, source = small
    world.away(world.seated(alice)[0])
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: alice.versions("0/0/0/0"), 600)
    world.wait(alice.node.backups.abort_running(alice.node.backups.running()[0].backup_id))
    assert alice.versions("0/0/0/0") == []
    world.run(30)
    assert alice.blocks() == []


def spool_files(alice: House) -> list[Path]:
    """The files in the spool."""
    return sorted((alice.home / "backups").glob("*.block"))


def held_back(world: World) -> tuple[House, Path, list[House]]:
    """A customer none of whose suppliers takes anything, with all blocks in the spool."""
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000)
    seated = world.seated(alice)
    world.away(*seated)
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: any("waiting" in running.state for running in alice.node.backups.running()))
    return alice, source, seated


@pytest.mark.parametrize("acks", [0, 1, 2, 3])
@pytest.mark.parametrize("restarted", [True, False])
def test_a_lost_spool_file(world: World, acks: int, restarted: bool) -> None:
    """
    A spool file is lost after so many of four acknowledgements: with k = 2 or more of them the block is made
    of its pieces, else it is dropped everywhere and made again from the files.
    """
    alice, source, seated = held_back(world)
    world.back(*seated[:acks])
    world.until(lambda: all(block.acked == acks for block in alice.blocks()), 1000)
    before = {block.id for block in alice.blocks()}
    if restarted:
        alice.stop()
    for file in spool_files(alice):
        file.unlink()
    if restarted:
        alice.start()
    world.back(*seated)
    world.until(lambda: alice.node.backups.tasks() and not alice.node.backups.running(), 3000)
    alice.until_safe(3000)
    after = {block.id for block in alice.blocks()}
    assert (before == after) == (acks >= 2)
    check(world, alice, source)
    # Nothing is left of what was dropped.
    world.run(60)
    assert all(len(house.shelf_files()) == len(after) for house in seated)


def test_a_rotten_spool_file(world: World) -> None:
    """A spool file that rots is not restored from, and nothing made of it is taken as a piece."""
    alice, source, seated = held_back(world)
    world.back(*seated[:3])
    assert alice.ended("backup", "0/0/0/0", 1000).state == "committed"
    for file in spool_files(alice):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    assert spool_files(alice)
    check(world, alice, source)
    world.back(seated[3])
    alice.until_safe(3000)
    assert alice.read(holdings.survives) == 2


def test_local_copies(world: World) -> None:
    """With local copies kept, restores need nobody; they can be removed, but never the last of anything."""
    world.suppliers(4)
    alice = world.customer(services__backups__keep_local_copies_enabled=True)
    source = world.tree(a=600_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    world.away(*world.seated(alice))
    check(world, alice, source)
    (version,) = alice.versions("0/0/0/0")
    files, used = len(spool_files(alice)), alice.customer.spool.used
    assert world.wait(alice.node.backups.delete_local(version.backup_id)) == (files, used)
    assert spool_files(alice) == []
    (source / "b").write_bytes(b"b" * 300_000)
    world.wait(alice.node.backups.start_path(str(source)))
    world.until(lambda: spool_files(alice))
    assert world.wait(alice.node.backups.delete_local(version.backup_id)) == (0, 0)
