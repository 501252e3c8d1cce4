"""Trees that are written back: the same as before, and never outside."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from bitdust.backup import folders as folders_module
from bitdust.backup import replant as replant_module
from bitdust.backup.inside import TEMPORARY, temporary_name
from bitdust.backup.replant import Replant, refuse_taken
from bitdust.backup.walk import Found
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Conflict, Damaged
from tests.backup.trees import Taken, entries, picture, plant, read, round_trip
from tests.blocks.material import stuff

MIB = 2**20
root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")


@pytest.fixture(autouse=True)
def _no_descriptor_stays() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


def leftovers(folder: Path) -> list[bytes]:
    return [
        name for _, _, files in os.walk(os.fsencode(folder)) for name in files if TEMPORARY.fullmatch(name)
    ]


def rich(root: Path) -> None:
    """A tree with some of everything."""
    (root / "empty").mkdir(parents=True)
    (root / "closed").mkdir()
    (root / "closed" / "inside").mkdir()
    (root / "closed" / "inside" / "file").write_bytes(b"hidden")
    (root / "large").write_bytes(stuff(9 * MIB, 5))
    (root / "nothing").touch()
    (root / "program").write_bytes(b"#!/bin/sh\n")
    (root / "program").chmod(0o6755)
    (root / "locked").write_bytes(b"read only")
    (root / "locked").chmod(0o000)
    strange = os.path.join(os.fsencode(root), b"\xff\n" + b"x" * 253)
    Path(os.fsdecode(strange)).write_bytes(b"strange")
    os.link(root / "large", root / "closed" / "second")
    os.link(root / "large", root / "third")
    os.link(root / "nothing", root / "nothing too")
    (root / "link").symlink_to("closed/inside")
    (root / "dangling").symlink_to(b"/no\xffwhere".decode("utf-8", "surrogateescape"))
    with (root / "sparse").open("wb") as file:
        file.seek(3 * MIB)
        file.write(stuff(MIB, 6))
        file.seek(2 * MIB, os.SEEK_CUR)
        file.write(b"end")
        file.truncate(20 * MIB)
    with (root / "hole").open("wb") as file:
        file.truncate(5 * MIB)
    (root / "zeros").write_bytes(bytes(MIB))
    os.setxattr(root / "large", "user.note", b"\0\xff")
    os.setxattr(root / "closed", "user.colour", b"blue")
    os.setxattr(root, "user.top", b"1")
    if os.getuid() == 0:
        os.chown(root / "locked", 12345, 54321)
        os.chown(root / "link", 12345, 54321, follow_symlinks=False)
        os.chown(root / "closed" / "inside", 12345, 54321)
    (root / "closed" / "inside").chmod(0o500)
    (root / "closed").chmod(0o1770)
    for at, (folder, names, files) in enumerate(os.walk(os.fsencode(root), topdown=False)):
        for name in (*files, *names, b"."):
            when = 10**18 + at * 1_000_000_007 + len(name)
            os.utime(os.path.join(folder, name), ns=(when, when), follow_symlinks=False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_tree_comes_back(tmp_path: Path, overwrite: bool) -> None:
    """Content, modes, owners, dates, links of both kinds, holes, attributes, strange names, empty folders."""
    rich(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert picture(tmp_path / "target") == picture(tmp_path / "source")
    assert replant.skipped == []
    assert replant.files == 14
    assert (tmp_path / "target" / "sparse").stat().st_blocks * 512 < 2 * MIB
    assert (tmp_path / "target" / "hole").stat().st_blocks * 512 < MIB


@pytest.mark.parametrize("seed", range(4))
def test_few_descriptors_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Files come back whole when more of them grow, in more folders, than are kept open."""
    monkeypatch.setattr(replant_module, "OPEN_FILES", 3)
    monkeypatch.setattr(folders_module, "OPEN", 2)
    random = Random(seed)
    for number in range(40):
        folder = tmp_path / "source" / "/".join(random.choices("abc", k=4))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(stuff(random.randrange(2 * MIB), number))
        if number % 5 == 0:
            (tmp_path / "source" / "links").mkdir(exist_ok=True)
            os.link(folder / f"{number}", tmp_path / "source" / "links" / f"{number}")
    replant = plant(read(tmp_path / "source", entries(tmp_path / "source")), tmp_path / "target", seed=seed)
    assert picture(tmp_path / "target") == picture(tmp_path / "source")
    assert replant.skipped == []


@pytest.mark.parametrize(("levels", "name"), [(1010, b"d"), (40, b"n" * 250)])
def test_deep_folders(tmp_path: Path, levels: int, name: bytes) -> None:
    """Deeper than Python recurses, and longer than a path may be; hard links to such places too."""
    deep = b"/".join([name] * levels)
    folders = [b"/".join([name] * (at + 1)) for at in range(levels)]
    taken = Taken([Found(path, Meta(Kind.DIR, mode=0o700)) for path in folders])
    taken.done.append(Found(deep + b"/file", Meta(Kind.FILE, mode=0o600, size=7)))
    taken.done.append(Found(b"o", Meta(Kind.HARDLINK, mode=0o600, target=deep + b"/file")))
    taken.chunks, taken.store = {deep + b"/file": [b"id"]}, {b"id": b"content"}
    try:
        assert plant(taken, tmp_path / "target").skipped == []
        seen = entries(tmp_path / "target")
        assert {each.path for each in seen} == {b"", *(each.path for each in taken.done)}
        assert [each.path for each in seen if each.meta.kind is Kind.HARDLINK] == [b"o"]
        assert read(tmp_path / "target", seen).content(deep + b"/file") == b"content"
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "target"], check=True)


def test_folders_are_made_when_their_entry_is_missing(tmp_path: Path) -> None:
    """A file inside a version can be restored alone."""
    replant = Replant(os.fsencode(tmp_path / "target"), False)
    assert replant.plant(b"a/b/file", Meta(Kind.FILE, mode=0o644, size=1))
    replant.write(b"a/b/file", 0, b"x")
    replant.finish()
    assert (tmp_path / "target/a/b/file").read_bytes() == b"x"


# -- what is there already


def old(root: Path) -> None:
    """The place as it was before: a file, a folder, a link and a pipe in the way of things to come."""
    root.mkdir()
    (root / "file").write_bytes(b"old")
    (root / "folder").mkdir()
    (root / "folder" / "kept").write_bytes(b"kept")
    (root / "outside").symlink_to("../outside")
    os.mkfifo(root / "pipe")


def new(root: Path) -> None:
    (root / "folder").mkdir(parents=True)
    for name in ("file", "folder/added", "outside", "pipe"):
        (root / name).write_bytes(b"new")


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    """Whatever has the name stays as it is, and is noted; what is missing is added."""
    (tmp_path / "outside").write_bytes(b"outside")
    old(tmp_path / "target")
    new(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target" / "file").read_bytes() == b"old"
    assert (tmp_path / "target" / "folder" / "kept").read_bytes() == b"kept"
    assert (tmp_path / "target" / "folder" / "added").read_bytes() == b"new"
    assert (tmp_path / "outside").read_bytes() == b"outside"
    assert (tmp_path / "target" / "outside").is_symlink()
    assert [each.path for each in replant.skipped] == [b"file", b"outside", b"pipe"]
    assert replant.files == 1


def test_told_to_it_overwrites(tmp_path: Path) -> None:
    """A file takes the place of a file, a link or a pipe, and never of what a link points to."""
    (tmp_path / "outside").write_bytes(b"outside")
    old(tmp_path / "target")
    new(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite=True)
    for name in ("file", "folder/added", "outside", "pipe"):
        path = tmp_path / "target" / name
        assert (path.read_bytes(), path.is_symlink()) == (b"new", False)
    assert (tmp_path / "target" / "folder" / "kept").read_bytes() == b"kept"
    assert (tmp_path / "outside").read_bytes() == b"outside"
    assert replant.skipped == []


def test_in_place_twice(tmp_path: Path) -> None:
    """A restore over the tree that it was made from changes nothing, hard links included."""
    rich(tmp_path / "source")
    before = picture(tmp_path / "source")
    assert round_trip(tmp_path / "source", tmp_path / "source", overwrite=True).skipped == []
    assert picture(tmp_path / "source") == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_way_of_a_file(tmp_path: Path, overwrite: bool) -> None:
    """A folder and what is in it is never thrown away."""
    (tmp_path / "target" / "name").mkdir(parents=True)
    (tmp_path / "target" / "name" / "precious").touch()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "name").write_bytes(b"x")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert [each.path for each in replant.skipped] == [b"name"]
    assert (tmp_path / "target" / "name" / "precious").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_way_of_a_folder(tmp_path: Path, overwrite: bool) -> None:
    """It stays, and whatever should be below it is noted."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "name").write_bytes(b"precious")
    (tmp_path / "source" / "name").mkdir(parents=True)
    (tmp_path / "source" / "name" / "file").write_bytes(b"x")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert [each.path for each in replant.skipped] == [b"name", b"name/file"]
    assert (tmp_path / "target" / "name").read_bytes() == b"precious"


def test_a_file_that_comes_meanwhile(tmp_path: Path) -> None:
    """What appears under the name while we restore stays too."""
    replant = Replant(os.fsencode(tmp_path), False)
    assert replant.plant(b"file", Meta(Kind.FILE, mode=0o644, size=3))
    (tmp_path / "file").write_bytes(b"mine")
    replant.write(b"file", 0, b"new")
    replant.finish()
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert [each.path for each in replant.skipped] == [b"file"]
    assert leftovers(tmp_path) == []


def test_a_link_is_not_made_to_what_was_there(tmp_path: Path) -> None:
    """When the first name was left alone, its content is not ours: the second is not made of it."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a").write_bytes(b"from the backup")
    os.link(tmp_path / "source" / "a", tmp_path / "source" / "b")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a").write_bytes(b"something else")
    replant = round_trip(tmp_path / "source", tmp_path / "target")
    assert not (tmp_path / "target" / "b").exists()
    assert [each.path for each in replant.skipped] == [b"a", b"b"]


def test_a_destination_that_is_taken(tmp_path: Path) -> None:
    """Files, folders and links to nowhere count; a free name does not."""
    (tmp_path / "link").symlink_to("nowhere")
    for taken in (tmp_path, tmp_path / "link"):
        with pytest.raises(Conflict):
            refuse_taken(os.fsencode(taken))
    refuse_taken(os.fsencode(tmp_path / "free"))


# -- hostile catalogs, hostile places


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


# -- ends


def test_abandoning_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished files stay, growing ones go, open or not, and late calls do nothing."""
    monkeypatch.setattr(replant_module, "OPEN_FILES", 2)
    replant = Replant(os.fsencode(tmp_path), False)
    for number in range(9):
        assert replant.plant(b"folder/%d" % number, Meta(Kind.FILE, mode=0o644, size=2))
        replant.write(b"folder/%d" % number, 0, b"x")
    replant.write(b"folder/3", 1, b"y")
    replant.abandon()
    replant.abandon()
    replant.write(b"folder/4", 1, b"y")
    assert not replant.plant(b"other", Meta(Kind.FILE, size=2))
    replant.finish()
    assert os.listdir(tmp_path) == ["folder"]
    assert os.listdir(tmp_path / "folder") == ["3"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_killed_restore_can_be_repeated(tmp_path: Path, overwrite: bool) -> None:
    """Its own temporary files are overwritten, and none is left when the repetition has ended."""
    rich(tmp_path / "source")
    script = """if True:
        import os, sys
        from bitdust.backup.replant import Replant
        from tests.backup.trees import entries, read
        source, target, overwrite = sys.argv[1:]
        taken = read(source, entries(source))
        replant = Replant(os.fsencode(target), overwrite == "True")
        wanted = [each.path for each in taken.done if replant.plant(each.path, each.meta)]
        for at, path in enumerate(wanted):
            whole = taken.content(path)
            replant.write(path, 0, whole if at % 2 else whole[:3])
        os.kill(os.getpid(), 9)
    """
    target = tmp_path / "target"
    killed = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "source", target, str(overwrite)],
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -9
    assert leftovers(target) != []
    replant = round_trip(tmp_path / "source", target, overwrite)
    assert leftovers(target) == []
    if overwrite:
        assert picture(target) == picture(tmp_path / "source")
        assert replant.skipped == []
    else:
        before = picture(tmp_path / "source")
        for path, facts in picture(target).items():
            assert facts[4:6] == before[path][4:6]


def test_killed_between_name_and_name(tmp_path: Path) -> None:
    """A file that has got its name, and was killed before it lost its temporary one, loses that later."""
    (tmp_path / "file").write_bytes(b"x")
    os.link(tmp_path / "file", os.path.join(os.fsencode(tmp_path), temporary_name(b"file")))
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=1))
    replant.finish()
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").stat().st_nlink == 1


def _failing(monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, call, fail)


@pytest.mark.parametrize("call", ["pwrite", "ftruncate", "open", "symlink", "link"])
def test_a_full_disk_ends_the_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """It is no note beside others: the error is told, and nothing half-written stays."""
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"whole", Meta(Kind.FILE, size=1, mode=0o644))
    replant.write(b"whole", 0, b"x")
    replant.plant(b"again", Meta(Kind.HARDLINK, target=b"whole"))
    replant.plant(b"growing", Meta(Kind.FILE, size=2, mode=0o644))
    _failing(monkeypatch, call, errno.ENOSPC)

    def rest() -> None:
        replant.plant(b"more", Meta(Kind.FILE, size=1, mode=0o644))
        replant.write(b"more", 0, b"x")
        replant.plant(b"link", Meta(Kind.SYMLINK, target=b"x"))
        replant.finish()

    with pytest.raises(OSError, match="No space"):
        rest()
    monkeypatch.undo()
    replant.abandon()
    assert leftovers(tmp_path) == []
    assert set(os.listdir(tmp_path)) <= {"whole", "more"}


def test_abandoned_while_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Abandoning waits for the write under way in another thread, and nothing is written after it."""
    entered, go_on = threading.Event(), threading.Event()
    real = os.pwrite

    def slow(descriptor: int, part: bytes, at: int) -> int:
        entered.set()
        assert go_on.wait(30)
        return real(descriptor, part, at)

    monkeypatch.setattr(os, "pwrite", slow)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=4))
    writer = threading.Thread(target=lambda: [replant.write(b"file", at, b"xx") for at in (0, 2)])
    writer.start()
    assert entered.wait(30)
    ender = threading.Thread(target=replant.abandon)
    ender.start()
    go_on.set()
    writer.join(30)
    ender.join(30)
    assert leftovers(tmp_path) == []


# -- owners, and what we may not do


@root_only
def test_the_name_of_the_owner_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine where the same user has another number he gets his files; an unknown one keeps his."""
    monkeypatch.setattr(pwd, "getpwnam", lambda name: {"anna": SimpleNamespace(pw_uid=4444)}[name])
    replant = Replant(os.fsencode(tmp_path), False)
    for name, user in ((b"hers", "anna"), (b"his", "bert"), (b"whose", "")):
        replant.plant(name, Meta(Kind.FILE, mode=0o644, uid=1234, user=user))
        replant.plant(name + b" link", Meta(Kind.SYMLINK, target=b"x", uid=1234, user=user))
    replant.finish()
    for name, uid in (("hers", 4444), ("his", 1234), ("whose", 1234)):
        assert (tmp_path / name).stat().st_uid == uid
        assert (tmp_path / f"{name} link").lstat().st_uid == uid


def test_what_is_not_permitted_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to give files away they are ours, say nothing, and run with nobody's rights."""
    _failing(monkeypatch, "chown", errno.EPERM)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"program", Meta(Kind.FILE, mode=0o6755, uid=1, gid=1))
    replant.plant(b"folder", Meta(Kind.DIR, mode=0o2755, uid=1, gid=1))
    replant.plant(b"link", Meta(Kind.SYMLINK, target=b"x", uid=1, gid=1))
    replant.finish()
    assert (tmp_path / "program").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "folder").stat().st_mode & 0o7777 == 0o2755
    assert replant.skipped == []


@pytest.mark.parametrize("call", ["setxattr", "chmod", "utime", "chown"])
def test_what_fails_otherwise_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """The content is there all the same."""
    _failing(monkeypatch, call, errno.ERANGE)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=1, xattrs=((b"user.a", b"1"),)))
    replant.write(b"file", 0, b"x")
    replant.finish()
    assert [each.path for each in replant.skipped] == [b"file"]
    assert replant.files == 1


def test_attributes_of_others_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the system may set is left out silently; what the user set is told."""
    _failing(monkeypatch, "setxattr", errno.EPERM)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, xattrs=((b"security.x", b"1"), (b"user.a", b"1"))))
    replant.finish()
    assert len(replant.skipped) == 1
    assert "user.a" in replant.skipped[0].why


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_system_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    """A copy is the next best thing."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a").write_bytes(stuff(3 * MIB, 1))
    (tmp_path / "source" / "a").chmod(0o640)
    os.link(tmp_path / "source" / "a", tmp_path / "source" / "b")
    taken = read(tmp_path / "source", entries(tmp_path / "source"))
    _failing(monkeypatch, "link", errno.EPERM)
    replant = plant(taken, tmp_path / "target", overwrite)
    assert replant.skipped == []
    assert sorted(os.listdir(tmp_path / "target")) == ["a", "b"]
    for name in ("a", "b"):
        copy, first = tmp_path / "target" / name, tmp_path / "source" / "a"
        assert copy.read_bytes() == first.read_bytes()
        assert copy.stat().st_mtime_ns == first.stat().st_mtime_ns
        assert copy.stat().st_mode == first.stat().st_mode


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A large file, many folders and many links take no more memory than a few."""
    script = """if True:
        import os, resource, sys
        from bitdust.backup.reading import Reading
        from bitdust.backup.replant import Replant
        from bitdust.backup.walk import Found
        from bitdust.catalog.facts import Kind, Meta
        source, target = map(os.fsencode, sys.argv[1:])
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        reading = Reading(source, bytes(32), lambda: 2**62)
        replant = Replant(target, False)
        before = peak()
        replant.plant(b"copy", Meta(Kind.FILE, mode=0o600, size=200 * 2**20))
        reading.feed([Found(b"large", Meta(Kind.FILE))])
        offset = 0
        while (stretch := reading.next_stretch()) is not None:
            for cut in stretch.cuts:
                replant.write(b"copy", offset, cut.content)
                offset += len(cut.content)
        for number in range(60_000):
            replant._planted.add(b"some/folder/that/has/a/name/%d" % number, Meta(Kind.DIR, mode=0o700))
        print(peak() - before)
        replant.abandon()
    """
    with (tmp_path / "large").open("wb") as file:
        for seed in range(25):
            file.write(stuff(8 * MIB, seed))
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path, tmp_path / "target"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) < 60
