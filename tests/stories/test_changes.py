"""What a backup reads and sends, and what a restore fetches and writes: no more than it must."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bitdust.backup import restore_job
from bitdust.backup.choosing import Choice
from bitdust.backup.restore_job import RestoreJob
from bitdust.backup.retention import Policy
from bitdust.catalog import versions
from bitdust.errors import Conflict, NotFound, Usage
from tests.world import KIB, MIB, House, World, look, noise


def ready(world: World, n: int = 4, **settings: object) -> House:
    """A customer with his suppliers."""
    world.suppliers(n)
    return world.customer(n=n, **settings)


def sent(world: World, house: House) -> int:
    """Bytes that went out from a house so far."""
    return sum(size for (source, _), size in world.network.bytes.items() if source == house.place)


def fetched(world: World, house: House) -> int:
    """Bytes that came to a house so far."""
    return sum(size for (_, target), size in world.network.bytes.items() if target == house.place)


def test_an_unchanged_tree(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run of an unchanged tree reads no file, sends no block, and tells the log next to nothing."""
    alice = ready(world)
    source = world.tree(**{f"f{i}": 3000 + i for i in range(200)}, large=2 * MIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    blocks, before = len(alice.blocks()), sent(world, alice)
    log_before = alice.read(
        lambda c: c.execute("SELECT coalesce(sum(length(data)), 0) FROM segments").fetchone()[0]
    )
    read: list[object] = []
    really = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: read.append(args) or really(*args))
    task = alice.back_up(source)
    monkeypatch.undo()
    assert (task.state, task.done, task.files) == ("committed", 0, 201)
    assert read == []
    assert len(alice.blocks()) == blocks
    world.run(5)
    log_after = alice.read(
        lambda c: c.execute("SELECT coalesce(sum(length(data)), 0) FROM segments").fetchone()[0]
    )
    assert log_after - log_before <= KIB
    assert sent(world, alice) - before < 20 * KIB
    first, second = alice.versions("0/0/0/0")
    assert (first.files, first.bytes) == (second.files, second.bytes)


def test_one_changed_byte(world: World) -> None:
    """One changed byte in a large file sends a chunk or two, and both versions come back."""
    alice = ready(world)
    source = world.tree(large=8 * MIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    before, old = sent(world, alice), (source / "large").read_bytes()
    new = old[: 4 * MIB] + bytes([old[4 * MIB] ^ 1]) + old[4 * MIB + 1 :]
    (source / "large").write_bytes(new)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    # Parity doubles it.
    assert sent(world, alice) - before < 2 * 2 * MIB
    first, second = alice.versions("0/0/0/0")
    for version, content in ((first, old), (second, new)):
        out = world.folder / version.label
        assert alice.restore(version.backup_id, out).state == "done"
        assert Path(f"{out}{source}/large").read_bytes() == content


def test_dedup_across_items(world: World) -> None:
    """The same bytes under another name, in another item, are not sent again."""
    alice = ready(world)
    one = world.tree("one", a=1 * MIB)
    assert alice.back_up(one).state == "committed"
    alice.until_safe()
    blocks, before = alice.blocks(), sent(world, alice)
    two = world.tree("two", other__name=(one / "a").read_bytes(), more=100)
    assert alice.back_up(two).state == "committed"
    alice.until_safe()
    assert sum(block.size for block in alice.blocks()[len(blocks) :]) < 4 * KIB
    assert sent(world, alice) - before < 40 * KIB
    # What two items share stays while one of them needs it.
    world.wait(alice.node.backups.delete("0/0/0/0"))
    world.run(10)
    assert alice.restore(str(two), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{two}")) == look(two)


def test_one_small_file_of_a_large_version(world: World) -> None:
    """A small file costs about its own size, also when its primary supplier is away."""
    alice = ready(world, services__backups__block_size="16 MB")
    source = world.tree(large=12 * MIB, small=5000, other=9 * MIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    before = fetched(world, alice)
    (version,) = alice.versions("0/0/0/0")
    task = alice.restore(f"{version.backup_id}:small", world.folder / "one")
    assert task.state == "done"
    assert Path(f"{world.folder}/one{source}/small").read_bytes() == (source / "small").read_bytes()
    assert fetched(world, alice) - before < 140 * KIB
    seated = world.seated(alice)
    for number, pair in enumerate((seated[:2], seated[1:3], seated[2:])):
        world.away(*pair)
        before = fetched(world, alice)
        assert alice.restore(f"{version.backup_id}:small", world.folder / f"less{number}").state == "done"
        assert fetched(world, alice) - before < 2 * 140 * KIB
        world.back(*pair)
        world.until(lambda: world.staffed(alice, 4), 1000)


@pytest.fixture
def two_versions(world: World) -> tuple[World, House, Path]:
    """A folder with some depth, twice."""
    alice = ready(world, n=2)
    source = world.tree(a=100, deep__one=b"one", deep__two=b"two", deep__er__three=b"three")
    (source / "link").symlink_to("deep/one")
    assert alice.back_up(source).state == "committed"
    (source / "deep" / "one").write_bytes(b"uno")
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return world, alice, source


def test_what_can_be_named(two_versions: tuple[World, House, Path]) -> None:
    """A path ID, a backup ID, either with `:relative/path`, or a local path, to another place."""
    world, alice, source = two_versions
    old, new = alice.versions("0/0/0/0")
    out = world.folder / "out"
    for number, (what, expected) in enumerate(
        {
            "0/0/0/0": {"a", "deep", "deep/one", "deep/two", "deep/er", "deep/er/three", "link"},
            old.backup_id: {"a", "deep", "deep/one", "deep/two", "deep/er", "deep/er/three", "link"},
            f"{new.backup_id}:deep": {"deep", "deep/one", "deep/two", "deep/er", "deep/er/three"},
            f"{new.backup_id}:deep/er/three": {"deep", "deep/er", "deep/er/three"},
            str(source / "deep"): {"deep", "deep/one", "deep/two", "deep/er", "deep/er/three"},
            str(source / "deep" / "two"): {"deep", "deep/two"},
            str(source / "link"): {"link"},
        }.items()
    ):
        there = Path(f"{out}{number}{source}")
        task = alice.restore(what, f"{out}{number}")
        assert (task.state, task.message) == ("done", "")
        assert {str(path.relative_to(there)) for path in there.rglob("*")} == expected
    assert Path(f"{out}0{source}/deep/one").read_bytes() == b"uno"
    assert Path(f"{out}1{source}/deep/one").read_bytes() == b"one"


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("0/9", NotFound, "not in the catalog"),
        ("0/0/0/0/F20010101010101AM", NotFound, "no version"),
        ("0/0/0/0:nowhere", NotFound, "nowhere"),
        ("VERSION:nowhere", NotFound, "nowhere"),
        ("VERSION:../../etc", (NotFound, Usage), "etc"),
        ("VERSION:/etc/passwd", (NotFound, Usage), "etc"),
        ("/nowhere/at/all", NotFound, "not in the catalog"),
        ("what is this", Usage, "what is this"),
        ("", Usage, "''"),
    ],
)
def test_what_cannot(
    two_versions: tuple[World, House, Path], what: str, error: type[Exception], words: str
) -> None:
    """Everything else is refused with the words it was asked in."""
    world, alice, _ = two_versions
    with pytest.raises(error, match=words):
        alice.restore(what.replace("VERSION", alice.versions("0/0/0/0")[0].backup_id), world.folder / "out")
    assert not (world.folder / "out").exists()


def test_a_file_in_the_place_of_the_destination(two_versions: tuple[World, House, Path]) -> None:
    """It is refused as what it is, before anything begins."""
    world, alice, source = two_versions
    (world.folder / "plain").write_bytes(b"plain")
    for place in (world.folder / "plain", world.folder / "plain" / "deeper"):
        with pytest.raises(Usage, match="/plain is not a folder"):
            alice.restore(str(source), place)
        with pytest.raises(Usage, match="/plain is not a folder"):
            world.wait(alice.node.backups.restores.foresee(str(source), str(place), None, Choice(), 9))
    assert (world.folder / "plain").read_bytes() == b"plain"


def test_a_file_of_the_newest_version(two_versions: tuple[World, House, Path]) -> None:
    """A path ID means the newest version, also with a path behind it."""
    world, alice, source = two_versions
    assert alice.restore("0/0/0/0:deep/one", world.folder / "out").state == "done"
    assert Path(f"{world.folder}/out{source}/deep/one").read_bytes() == b"uno"


def test_to_the_old_place(two_versions: tuple[World, House, Path]) -> None:
    """Without a destination files go back to where they were, over what is there now."""
    _, alice, source = two_versions
    expected = look(source)
    (source / "deep" / "one").write_bytes(b"spoiled")
    (source / "deep" / "two").unlink()
    (source / "mine").write_bytes(b"mine")
    assert alice.restore(str(source)).state == "done"
    (source / "mine").unlink()
    found = look(source)
    assert found == expected


def test_not_over_what_is_there(two_versions: tuple[World, House, Path]) -> None:
    """With a destination nothing that is there is touched: one file is refused, in a folder it is said."""
    world, alice, source = two_versions
    there = Path(f"{world.folder}/out{source}")
    (there / "deep").mkdir(parents=True)
    (there / "deep" / "one").write_bytes(b"mine")
    with pytest.raises(Conflict, match="is there already"):
        alice.restore(str(source / "deep" / "one"), world.folder / "out")
    task = alice.restore(str(source), world.folder / "out")
    assert (task.state, task.skipped) == ("done", 1)
    assert "deep/one" in task.message
    assert "there already" in task.message
    assert (there / "deep" / "one").read_bytes() == b"mine"
    told = world.wait(
        alice.node.backups.restores.foresee(str(source), str(world.folder / "out"), None, Choice(), 9)
    )
    assert (told.there - told.same, told.taken[b"deep/one"]) == (1, False)
    (there / "deep" / "one").unlink()
    again = alice.restore(str(source), world.folder / "out")
    assert (again.state, again.skipped, again.files) == ("done", 0, 1)
    assert "there already" in again.notes
    assert alice.restore(str(source / "deep" / "one"), world.folder / "out").notes.startswith("1 of")
    assert alice.restore(str(source / "deep"), world.folder / "out").skipped == 0
    assert (there / "deep" / "two").read_bytes() == b"two"


def test_hard_links(world: World) -> None:
    """Names of one file are one file again; a part of them is whole by itself."""
    alice = ready(world, n=2)
    source = world.tree(first__a=noise("a", 300_000))
    (source / "second").mkdir()
    os.link(source / "first" / "a", source / "second" / "b")
    os.link(source / "first" / "a", source / "second" / "c")
    assert alice.back_up(source).state == "committed"
    assert sum(block.size for block in alice.blocks()) < 400_000
    assert alice.restore(str(source), world.folder / "all").state == "done"
    whole = Path(f"{world.folder}/all{source}")
    assert len({(whole / name).stat().st_ino for name in ("first/a", "second/b", "second/c")}) == 1
    assert alice.restore(str(source / "second"), world.folder / "part").state == "done"
    part = Path(f"{world.folder}/part{source}/second")
    for name in ("b", "c"):
        assert (part / name).read_bytes() == noise("a", 300_000)


def test_at_most_so_many_versions(world: World) -> None:
    """`max-copies` lets the oldest go, with the blocks that only they needed, at every supplier."""
    alice = ready(world, services__backups__max_copies=2)
    source = world.tree(same=500_000)
    labels = []
    for number in range(4):
        (source / "other").write_bytes(noise(str(number), 400_000))
        assert alice.back_up(source).state == "committed"
        labels.append(alice.versions("0/0/0/0")[-1].label)
        alice.until_safe()
    world.run(10)
    assert [version.label for version in alice.versions("0/0/0/0")] == labels[2:]
    blocks = alice.blocks()
    assert sum(block.size for block in blocks) < 1_600_000
    for house in world.seated(alice):
        assert len(house.shelf_files()) == len(blocks)


def test_a_policy_is_kept_after_each_backup(world: World) -> None:
    """`services/backups/keep` holds in place of `max-copies`, from the next backup on."""
    alice = ready(world, services__backups__max_copies=1, services__backups__keep="last=3, yearly=1")
    source = world.tree(same=50_000)
    labels = []
    for number in range(5):
        if number == 4:
            alice.node.settings.set("services/backups/keep", "")
        assert len(labels) < 4 or [v.label for v in alice.versions("0/0/0/0")] == labels[-3:]
        (source / "other").write_bytes(noise(str(number), 40_000))
        assert alice.back_up(source).state == "committed"
        labels.append(alice.versions("0/0/0/0")[-1].label)
        alice.until_safe()
        world.run(10)
    assert [version.label for version in alice.versions("0/0/0/0")] == labels[-1:]


def test_forget(world: World) -> None:
    """
    A dry run changes nothing; what a policy does not keep goes, with the blocks only it needed, at every
    supplier, and stays gone when the node starts anew.
    """
    alice = ready(world)
    source = world.tree(same=500_000)
    labels = []
    for number in range(4):
        (source / "other").write_bytes(noise(str(number), 400_000))
        assert alice.back_up(source).state == "committed"
        labels.append(alice.versions("0/0/0/0")[-1].label)
        alice.until_safe()
    backups, policy = alice.node.backups, Policy(last=2)
    told = world.wait(backups.forget(None, policy, True))
    assert [(each.keep, each.backup_id) for each in told] == [
        (number > 1, f"0/0/0/0/{label}") for number, label in enumerate(labels)
    ]
    assert len(alice.versions("0/0/0/0")) == 4
    with pytest.raises(Usage):
        world.wait(backups.forget(None, Policy(), False))
    with pytest.raises(NotFound):
        world.wait(backups.forget("0/7", policy, False))
    assert world.wait(backups.forget("0/0/0/0", policy, False)) == told
    world.run(10)
    assert [version.label for version in alice.versions("0/0/0/0")] == labels[2:]
    blocks = alice.blocks()
    assert sum(block.size for block in blocks) < 1_600_000
    for house in world.seated(alice):
        assert len(house.shelf_files()) == len(blocks)
    alice.restart()
    assert [version.label for version in alice.versions("0/0/0/0")] == labels[2:]
    for label in labels[2:]:
        assert alice.restore(f"0/0/0/0/{label}", world.folder / label).state == "done"


def test_forget_page_by_page(world: World) -> None:
    """A page ends with a whole item, the next goes on behind it; one short of the limit is the last."""
    alice = ready(world, n=2)
    for name in ("a", "b", "c"):
        source = world.tree(name, file=1000)
        for _ in range(2):
            assert alice.back_up(source).state == "committed"
    backups, policy = alice.node.backups, Policy(last=1)
    whole = world.wait(backups.forget(None, policy, True))
    assert len(whole) == 6
    first = world.wait(backups.forget(None, policy, False, 3))
    assert first == whole[:4]
    rest = world.wait(backups.forget(None, policy, False, 3, first[-1].backup_id.rpartition("/")[0]))
    assert rest == whole[4:]
    assert len(alice.read(versions.list_all)) == 3
    # A clock that was far off when it was made.
    world.wait(alice.customer.db(lambda c: c.execute("UPDATE versions SET time = 1e300")))
    assert all(each.keep for each in world.wait(backups.forget(None, Policy(daily=1, within="1d"), False)))


def test_two_nodes_in_one_interpreter(world: World) -> None:
    """Two customers live beside each other, with the same suppliers and the same files, and share nothing."""
    world.suppliers(4)
    alice, bob = world.customer("alice"), world.customer("bob")
    source = world.tree(a=300_000)
    assert alice.back_up(source).state == "committed"
    assert bob.back_up(source).state == "committed"
    assert {block.id for block in alice.blocks()}.isdisjoint(block.id for block in bob.blocks())
    world.wait(alice.node.backups.delete("0/0/0/0"))
    world.run(10)
    bob.until_safe()
    assert bob.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    assert [task.kind for task in alice.node.backups.tasks()] == ["backup"]
    assert [task.kind for task in bob.node.backups.tasks()] == ["backup", "restore"]


def test_many_tiny_files_are_restored_in_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the files are, no more than so many wait in memory at a time."""
    portions: list[int] = []
    really = RestoreJob._batch

    async def counted(job: RestoreJob, batch: list[Any]) -> None:
        portions.append(len(batch))
        await really(job, batch)

    monkeypatch.setattr(restore_job, "MOST", 16)
    monkeypatch.setattr(RestoreJob, "_batch", counted)
    alice = ready(world)
    source = world.tree(**{f"f{i}": 1 for i in range(100)})
    assert alice.back_up(source).state == "committed"
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / f"out{source}") == look(source)
    assert max(portions) == 16
