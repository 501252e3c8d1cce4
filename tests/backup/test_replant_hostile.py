"""Catalogs and places that want to lead a restore astray."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from bitdust.backup.inside import temporary_name
from bitdust.backup.replant import Replant
from bitdust.backup.walk import Found
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Damaged
from tests.backup.trees import Taken, plant

pytestmark = pytest.mark.usefixtures("no_descriptor_stays")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "path",
    [b"..", b"../x", b"a/../../x", b"/etc/x", b"a//b", b"a/./b", b".", b"a/", b"/", b"a\0b", b"a/.."],
)
def test_paths_that_leave_the_tree_are_refused(tmp_path: Path, kind: Kind, path: bytes) -> None:
    """Whatever kind of entry has such a path, or is a hard link to one, nothing is made."""
    replant = Replant(os.fsencode(tmp_path / "target"), True)
    for bad, meta in (
        (path, Meta(kind, size=1, target=b"x")),
        (b"fine", Meta(Kind.HARDLINK, target=path)),
    ):
        with pytest.raises(Damaged, match="stay in its tree"):
            replant.plant(bad, meta)
    replant.abandon()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("planted", [False, True])
@pytest.mark.parametrize("target", [b"../outside", b"nowhere", b"."])
def test_nothing_goes_through_a_link(tmp_path: Path, overwrite: bool, planted: bool, target: bytes) -> None:
    """Neither through a link that lay there before nor through one that the catalog itself plants."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    root.mkdir()
    replant = Replant(os.fsencode(root), overwrite)
    if planted:
        replant.plant(b"link", Meta(Kind.SYMLINK, target=target))
    else:
        (root / "link").symlink_to(os.fsdecode(target))
    before = outside.stat()
    for path, meta in (
        (b"link", Meta(Kind.DIR, mode=0o777)),
        (b"link/file", Meta(Kind.FILE, size=1)),
        (b"link/empty", Meta(Kind.FILE)),
        (b"link/folder", Meta(Kind.DIR, mode=0o777)),
        (b"link/inner", Meta(Kind.SYMLINK, target=b"x")),
        (b"link/second", Meta(Kind.HARDLINK, target=b"link/secret")),
        (b"stolen", Meta(Kind.HARDLINK, target=b"link/secret")),
    ):
        assert not replant.plant(path, meta)
        replant.write(path, 0, b"x")
    replant.finish()
    assert os.listdir(outside) == ["secret"]
    assert outside.stat().st_mode == before.st_mode
    assert outside.stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(root) == ["link"]
    assert os.readlink(root / "link") == os.fsdecode(target)


@pytest.mark.parametrize("what", ["symlink", "hard link", "pipe", "file"])
def test_what_waits_under_the_temporary_name(tmp_path: Path, what: str) -> None:
    """Whatever somebody put there goes; what it leads to is neither written nor cut."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"outside")
    root = tmp_path / "root"
    root.mkdir()
    for name in (b"file", b"link", b"again"):
        trap = os.path.join(os.fsencode(root), temporary_name(name))
        match what:
            case "symlink":
                os.symlink(outside, trap)
            case "hard link":
                os.link(outside, trap)
            case "pipe":
                os.mkfifo(trap)
            case _:
                Path(os.fsdecode(trap)).write_bytes(b"longer than what will come")
    replant = Replant(os.fsencode(root), False)
    assert replant.plant(b"file", Meta(Kind.FILE, mode=0o644, size=3))
    replant.plant(b"link", Meta(Kind.SYMLINK, target=b"file"))
    replant.plant(b"again", Meta(Kind.HARDLINK, target=b"file"))
    replant.write(b"file", 0, b"new")
    replant.finish()
    assert replant.skipped == []
    assert outside.read_bytes() == b"outside"
    assert (root / "file").read_bytes() == (root / "again").read_bytes() == b"new"
    assert sorted(os.listdir(root)) == ["again", "file", "link"]


def test_a_half_restored_file_in_the_backup(tmp_path: Path) -> None:
    """A leftover of another restore, backed up, does not get in the way of the file it is called after."""
    taken = Taken()
    leftover = temporary_name(b"file")
    taken.done = [Found(name, Meta(Kind.FILE, mode=0o644, size=5)) for name in (leftover, b"file")]
    taken.chunks = {leftover: [b"1"], b"file": [b"2"]}
    taken.store = {b"1": b"wrong", b"2": b"right"}
    for seed in range(2):
        replant = plant(taken, tmp_path / f"{seed}", seed=seed)
        assert os.listdir(tmp_path / f"{seed}") == ["file"]
        assert (tmp_path / f"{seed}" / "file").read_bytes() == b"right"
        assert [each.path for each in replant.skipped] == [leftover]


@pytest.mark.parametrize(
    "meta",
    [
        Meta(Kind.FILE, size=5, holes=((0, 9),)),
        Meta(Kind.FILE, size=2**63 - 1),
        Meta(Kind.SYMLINK, target=b""),
        Meta(Kind.SYMLINK, target=b"a\0b"),
        Meta(Kind.HARDLINK, target=b"missing"),
        Meta(Kind.HARDLINK, target=b""),
    ],
    ids=["holes", "size", "no target", "zero in the target", "missing", "root"],
)
def test_entries_that_cannot_be(tmp_path: Path, meta: Meta) -> None:
    """An impossible entry is noted, leaves nothing, and the next one comes back."""
    replant = Replant(os.fsencode(tmp_path), True)
    assert not replant.plant(b"bad", meta)
    assert replant.plant(b"good", Meta(Kind.FILE, mode=0o644, size=1))
    replant.write(b"good", 0, b"x")
    replant.finish()
    assert [each.path for each in replant.skipped] == [b"bad"]
    assert os.listdir(tmp_path) == ["good"]


def test_numbers_that_cannot_be(tmp_path: Path) -> None:
    """Modes, owners and dates of any size do no harm."""
    meta = Meta(
        Kind.FILE, mode=2**60 | 0o644, uid=2**60, gid=2**62, mtime_ns=-(2**63), xattrs=((b"user.\0", b""),)
    )
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", meta)
    replant.plant(b"link", replace(meta, kind=Kind.SYMLINK, target=b"x"))
    replant.plant(b"folder", replace(meta, kind=Kind.DIR, mode=2**61 | 0o755))
    replant.finish()
    assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o644
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "link"]


def test_a_file_in_place_of_the_root(tmp_path: Path) -> None:
    """The folder that is restored into is not replaced by a file."""
    replant = Replant(os.fsencode(tmp_path / "root"), True)
    assert not replant.plant(b"", Meta(Kind.FILE, size=1))
    replant.finish()
    assert [each.path for each in replant.skipped] == [b""]


def test_a_name_that_comes_twice(tmp_path: Path) -> None:
    """The second is noted and the first comes back whole."""
    replant = Replant(os.fsencode(tmp_path), True)
    replant.plant(b"file", Meta(Kind.FILE, size=2, mode=0o644))
    replant.plant(b"file", Meta(Kind.FILE, size=3, mode=0o644))
    replant.write(b"file", 0, b"xy")
    replant.finish()
    assert (tmp_path / "file").read_bytes() == b"xy"
    assert len(replant.skipped) == 1


@pytest.mark.parametrize("given", [[(0, b"1234")], [(2, b"12")], [(0, b"12"), (0, b"12")], [(2**62, b"1")]])
def test_more_content_than_the_file_has(tmp_path: Path, given: list[tuple[int, bytes]]) -> None:
    """A catalog whose chunks and sizes disagree is damaged; no wrong file gets its name."""
    replant = Replant(os.fsencode(tmp_path), True)
    replant.plant(b"file", Meta(Kind.FILE, size=3))
    *before, last = given
    for offset, content in before:
        replant.write(b"file", offset, content)
    with pytest.raises(Damaged, match="more content"):
        replant.write(b"file", *last)
    replant.abandon()
    assert os.listdir(tmp_path) == []


def test_less_content_than_the_file_has(tmp_path: Path) -> None:
    """A file that is not whole at the end gets no name, and is told."""
    replant = Replant(os.fsencode(tmp_path), True)
    replant.plant(b"file", Meta(Kind.FILE, size=3))
    replant.plant(b"second", Meta(Kind.HARDLINK, target=b"file"))
    replant.write(b"file", 0, b"12")
    assert replant.unfinished() == [b"file"]
    replant.finish()
    assert os.listdir(tmp_path) == []
    assert [each.path for each in replant.skipped] == [b"file", b"second"]
