"""Restores that are given up, killed, out of room, or not permitted."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from bitdust.backup import replant as replant_module
from bitdust.backup.inside import temporary_name
from bitdust.backup.replant import SMALL, Replant
from bitdust.catalog.facts import Kind, Meta
from bitdust.disk import sync_file_system
from tests.backup.rich import MAY_GIVE, MIB, failing, leftovers, rich
from tests.backup.trees import entries, picture, plant, read, round_trip
from tests.blocks.material import stuff

pytestmark = pytest.mark.usefixtures("no_descriptor_stays")


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
        from bitdust.backup.replant import SMALL, Replant
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


@pytest.mark.parametrize("call", ["pwrite", "ftruncate", "open", "symlink", "link"])
def test_a_full_disk_ends_the_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """It is no note beside others: the error is told, and nothing half-written stays."""
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"whole", Meta(Kind.FILE, size=1, mode=0o644))
    replant.write(b"whole", 0, b"x")
    replant.plant(b"again", Meta(Kind.HARDLINK, target=b"whole"))
    replant.plant(b"growing", Meta(Kind.FILE, size=2, mode=0o644))
    failing(monkeypatch, call, errno.ENOSPC)

    def rest() -> None:
        replant.plant(b"large", Meta(Kind.FILE, size=SMALL + 1, mode=0o644))
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


def test_a_small_file_is_made_when_its_content_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then there is nothing to open again; what hinders one then is a note, and the others come."""
    replant = Replant(os.fsencode(tmp_path), False)
    for name in (b"hindered", b"fine", b"never"):
        assert replant.plant(name, Meta(Kind.FILE, size=4, mode=0o644))
    replant.plant(b"other", Meta(Kind.HARDLINK, target=b"hindered"))
    assert os.listdir(tmp_path) == []
    failing(monkeypatch, "open", errno.EACCES)
    replant.write(b"hindered", 0, b"ab")
    monkeypatch.undo()
    replant.write(b"hindered", 2, b"cd")
    replant.write(b"fine", 2, b"cd")
    replant.write(b"fine", 0, b"ab")
    replant.finish()
    assert os.listdir(tmp_path) == ["fine"]
    assert (tmp_path / "fine").read_bytes() == b"abcd"
    assert [each.path for each in replant.skipped] == [b"hindered", b"never", b"other"]


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


@pytest.mark.skipif(not MAY_GIVE, reason="only root gives files away")
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
    failing(monkeypatch, "chown", errno.EPERM)
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
    failing(monkeypatch, call, errno.ERANGE)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=1, xattrs=((b"user.a", b"1"),)))
    replant.write(b"file", 0, b"x")
    replant.finish()
    assert [each.path for each in replant.skipped] == [b"file"]
    assert replant.files == 1


def test_attributes_of_others_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the system may set is left out silently; what the user set is told."""
    failing(monkeypatch, "setxattr", errno.EPERM)
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
    failing(monkeypatch, "link", errno.EPERM)
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
        from bitdust.backup.replant import SMALL, Replant
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


@pytest.mark.parametrize("there", [False, True])
def test_what_is_replaced_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    """The new content is durable before it takes the place of what was there; a new name need not wait."""
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        steps.append(f"fsync {os.fstat(descriptor).st_size}")
        fsync(descriptor)

    def renamed(*names: bytes, **folders: int) -> None:
        steps.append("rename")
        rename(*names, **folders)

    if there:
        (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    replant = Replant(os.fsencode(tmp_path), True)
    replant.plant(b"file", Meta(Kind.FILE, size=5, mode=0o644))
    replant.write(b"file", 0, b"new!!")
    replant.finish()
    assert (tmp_path / "file").read_bytes() == b"new!!"
    assert steps == ["fsync 5"] * there + ["rename"]


def test_done_means_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files and names are there when the file system is synced, before the end is told."""
    seen: list[list[str]] = []

    def sync(descriptor: int) -> None:
        seen.append(sorted(os.listdir(descriptor)))
        sync_file_system(descriptor)

    monkeypatch.setattr(replant_module, "sync_file_system", sync)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=1, mode=0o644))
    replant.write(b"file", 0, b"x")
    replant.plant(b"again", Meta(Kind.HARDLINK, target=b"file"))
    replant.finish()
    assert seen == [["again", "file"]]


def test_what_could_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails when all is flushed: the restore has failed, and says why."""

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(replant_module, "sync_file_system", broken)
    replant = Replant(os.fsencode(tmp_path), False)
    replant.plant(b"file", Meta(Kind.FILE, size=0, mode=0o644))
    with pytest.raises(OSError, match="Input/output"):
        replant.finish()
    replant.abandon()


def test_a_file_system_that_is_none() -> None:
    """The system's own error comes out."""
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(-1)
