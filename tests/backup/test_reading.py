"""Files as a stream of chunks."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitdust.backup import sparse
from bitdust.backup.description import DOUBTFUL
from bitdust.backup.reading import STRETCH, Reading
from bitdust.backup.walk import Found
from bitdust.blocks.chunker import MAX_CHUNK, Cutter
from bitdust.catalog.facts import Kind, Meta
from tests.backup.trees import entries, later, read
from tests.blocks.material import CHUNK_KEY, stuff

MIB = 2**20


def test_content_comes_whole(tmp_path: Path) -> None:
    """Small, empty and large files come as their chunks, each with its id, entries in order."""
    sizes = {"a": 0, "b": 1, "c": 300_000, "d": 5 * MIB + 17, "e": 4 * MIB}
    for at, (name, size) in enumerate(sizes.items()):
        (tmp_path / name).write_bytes(stuff(size, at))
    (tmp_path / "f").mkdir()
    (tmp_path / "g").symlink_to("a")
    given = entries(tmp_path)
    taken = read(tmp_path, given)
    assert [each.path for each in taken.done] == [each.path for each in given]
    for name in sizes:
        assert taken.content(name.encode()) == (tmp_path / name).read_bytes()
    assert taken.metas() == {each.path: each.meta for each in given}
    assert taken.skipped == []


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    """Also when it is reached by a link."""
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    for root in (tmp_path / "file", tmp_path / "link"):
        assert read(root, entries(root)).content(b"") == b"content"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A folder with a sparse file of several reads, and the chunks that its content has as one buffer."""
    folder = tmp_path_factory.mktemp("large")
    parts = [stuff(3 * MIB, 1), stuff(6 * MIB, 2), bytes(MIB), stuff(2 * MIB + 4096, 3)]
    with (folder / "file").open("wb") as file:
        for part in parts:
            file.write(part)
            file.seek(MIB, os.SEEK_CUR)
        file.truncate()
    content = b"".join(parts)
    ends = Cutter().cuts(content, True)
    return folder, [content[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("size", [MIB // 2 + 1, MIB, 4 * MIB, 5 * MIB + 3, 64 * MIB])
def test_the_cuts_do_not_depend_on_the_reads(
    large: tuple[Path, list[bytes]], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """However much is read at once, the chunks are those of the whole content."""
    folder, expected = large
    monkeypatch.setattr(sparse, "READ", size)
    taken = read(folder, entries(folder))
    assert [taken.store[each] for each in taken.chunks[b"file"]] == expected


def _read_by(monkeypatch: pytest.MonkeyPatch, pread: Callable[[int, int, int], bytes]) -> None:
    """Files are read by this function, also where they are read into a space that is there."""

    def preadv(descriptor: int, spaces: list[memoryview], at: int) -> int:
        data = pread(descriptor, len(spaces[0]), at)
        spaces[0][: len(data)] = data
        return len(data)

    monkeypatch.setattr(os, "pread", pread)
    monkeypatch.setattr(os, "preadv", preadv)


def test_the_cuts_do_not_depend_on_short_reads(
    large: tuple[Path, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that gives less than it was asked for changes nothing."""
    folder, expected = large
    pread = os.pread
    _read_by(monkeypatch, lambda fd, size, at: pread(fd, min(size, 777_777), at))
    taken = read(folder, entries(folder))
    assert [taken.store[each] for each in taken.chunks[b"file"]] == expected


def test_a_moved_hole_moves_no_chunk(tmp_path: Path) -> None:
    """Content is the bytes without the holes: where those lie says only the entry."""
    content = [stuff(MIB, 1), stuff(MIB, 2)]
    for name, gap in (("a", 0), ("b", MIB), ("c", 3 * MIB)):
        with (tmp_path / name).open("wb") as file:
            file.write(content[0])
            file.seek(gap, os.SEEK_CUR)
            file.write(content[1])
    taken = read(tmp_path, entries(tmp_path))
    assert taken.chunks[b"a"] == taken.chunks[b"b"] == taken.chunks[b"c"]
    assert [taken.metas()[name].holes for name in (b"a", b"b", b"c")] == [
        (),
        ((MIB, MIB),),
        ((MIB, 3 * MIB),),
    ]


def test_nothing_but_a_hole(tmp_path: Path) -> None:
    """A terabyte that was never written costs nothing."""
    with (tmp_path / "file").open("wb") as file:
        file.truncate(2**40)
    taken = read(tmp_path, entries(tmp_path))
    assert taken.chunks == {}
    assert taken.metas()[b"file"].holes == ((0, 2**40),)
    assert taken.metas()[b"file"].size == 2**40


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0, 1, 300_000, 3 * MIB, 9 * MIB]), max_size=8))
def test_stretches_are_a_few_mib(tmp_path: Path, sizes: list[int]) -> None:
    """However large or small the files are, a stretch is about `STRETCH`, and never holds much more."""
    given = []
    for at, size in enumerate(sizes):
        (tmp_path / f"{at}").write_bytes(bytes(size))
        given.append(Found(b"%d" % at, Meta(Kind.FILE, size=size)))
    reading = Reading(os.fsencode(tmp_path), CHUNK_KEY, later)
    reading.feed(given)
    stretches = []
    while (stretch := reading.next_stretch()) is not None:
        assert stretch.size == sum(len(cut.content) for cut in stretch.cuts)
        stretches.append(stretch)
    assert [each.path for stretch in stretches for each in stretch.done] == [each.path for each in given]
    assert sum(stretch.size for stretch in stretches) == sum(sizes)
    assert all(stretch.size >= STRETCH for stretch in stretches[:-1])
    assert all(stretch.size < STRETCH + MAX_CHUNK for stretch in stretches)
    assert reading.next_stretch() is None


def test_extended_attributes_and_dates_of_the_open_file(tmp_path: Path) -> None:
    """What is said of a file is what it was when it was opened, not when it was walked past."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    given = entries(tmp_path)
    path.write_bytes(b"newer")
    os.setxattr(path, "user.x", b"1")
    meta = read(tmp_path, given).metas()[b"file"]
    assert (meta.size, meta.mtime_ns, meta.xattrs) == (5, path.stat().st_mtime_ns, ((b"user.x", b"1"),))


def test_a_fresh_file_is_doubtful(tmp_path: Path) -> None:
    """A file that changed within two seconds of its read is marked, to be read again next time."""
    (tmp_path / "file").write_bytes(b"x")
    changed = (tmp_path / "file").stat().st_ctime_ns
    given = entries(tmp_path)
    fresh = read(tmp_path, given, lambda: changed + 10**9).metas()[b"file"]
    settled = read(tmp_path, given, lambda: changed + 3 * 10**9).metas()[b"file"]
    assert (fresh.flags, settled.flags) == (DOUBTFUL, 0)


@pytest.mark.parametrize("what", ["gone", "folder", "link", "pipe"])
def test_what_is_no_file_any_more(tmp_path: Path, what: str) -> None:
    """A file that went, or became something else, after the walk is a note; the others come along."""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode())
    given = entries(tmp_path)
    path = tmp_path / "b"
    path.unlink()
    match what:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("a")
        case "pipe":
            os.mkfifo(path)
    taken = read(tmp_path, given)
    assert [each.path for each in taken.done] == [b"", b"a", b"c"]
    assert [each.path for each in taken.skipped] == [b"b"]
    assert b"b" not in taken.chunks


def test_a_link_above_is_not_followed(tmp_path: Path) -> None:
    """Whoever swaps a folder for a link between walk and read does not make us read elsewhere."""
    for name in ("secret", "root/folder"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "key").write_bytes(name.encode())
    given = entries(tmp_path / "root")
    (tmp_path / "root" / "folder").rename(tmp_path / "moved")
    (tmp_path / "root" / "folder").symlink_to("../secret")
    taken = read(tmp_path / "root", given)
    assert taken.chunks == {}
    assert [each.path for each in taken.skipped] == [b"folder/key"]


def _failing(monkeypatch: pytest.MonkeyPatch, call: str, name: bytes, error: int) -> None:
    real = getattr(os, call)

    def fail(path: Any, *args: Any, **kwargs: Any) -> Any:
        if path == name:
            raise OSError(error, os.strerror(error))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, call, fail)


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENXIO, errno.EIO, errno.ESTALE])
def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """It is left out and told; the rest of the backup goes on."""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode())
    given = entries(tmp_path)
    _failing(monkeypatch, "open", b"b", error)
    taken = read(tmp_path, given)
    assert [each.path for each in taken.done] == [b"", b"a", b"c"]
    assert [(each.path, each.why) for each in taken.skipped] == [(b"b", os.strerror(error))]


def test_a_root_that_cannot_be_opened(tmp_path: Path) -> None:
    """When the one file of a backup cannot be read there is no backup."""
    (tmp_path / "file").touch()
    given = entries(tmp_path / "file")
    (tmp_path / "file").unlink()
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "file", given)


def test_a_disk_that_fails_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read to its end is no entry, however large it is."""
    (tmp_path / "a").write_bytes(bytes(100))
    (tmp_path / "b").write_bytes(bytes(9 * MIB))
    (tmp_path / "c").write_bytes(b"c")
    pread = os.pread

    def failing(descriptor: int, size: int, at: int) -> bytes:
        if os.fstat(descriptor).st_size in (100, 9 * MIB) and (at or size == 100):
            raise OSError(errno.EIO, "Input/output error")
        return pread(descriptor, size, at)

    given = entries(tmp_path)
    _read_by(monkeypatch, failing)
    taken = read(tmp_path, given)
    assert [each.path for each in taken.done] == [b"", b"c"]
    assert [each.path for each in taken.skipped] == [b"a", b"b"]


def _meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[int], None]) -> None:
    """`change(n)` happens after the n-th part of any file was read."""
    pread, count = os.pread, [0]

    def busy(descriptor: int, size: int, at: int) -> bytes:
        data = pread(descriptor, size, at)
        count[0] += 1
        change(count[0])
        return data

    _read_by(monkeypatch, busy)


def test_a_change_while_reading_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that changes once while it is read is read again, and nobody need hear of it."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    given = entries(tmp_path)

    def change(count: int) -> None:
        if count == 1:
            path.write_bytes(b"afterwards")
            os.utime(path, ns=(1, 1))

    _meanwhile(monkeypatch, change)
    taken = read(tmp_path, given)
    assert taken.content(b"file") == b"afterwards"
    assert taken.metas()[b"file"].size == 10
    assert taken.skipped == []


def test_a_file_that_never_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken as it came, marked and told; what is said of its size is what was read."""
    path = tmp_path / "log"
    path.write_bytes(b"line\n")
    given = entries(tmp_path)

    def grow(count: int) -> None:
        with path.open("ab") as file:
            file.write(b"line\n")
        os.utime(path, ns=(count, count))

    _meanwhile(monkeypatch, grow)
    taken = read(tmp_path, given)
    meta = taken.metas()[b"log"]
    assert taken.content(b"log") == b"line\n" * 4
    assert (meta.size, meta.flags) == (20, DOUBTFUL)
    assert [each.why for each in taken.skipped] == ["it changed while it was read; taken as it came"]


def test_a_large_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part that was there is taken, and the entry fits its content."""
    path = tmp_path / "file"
    content = stuff(10 * MIB, 4)
    path.write_bytes(content)
    given = entries(tmp_path)
    _meanwhile(monkeypatch, lambda count: os.truncate(path, 5 * MIB))
    taken = read(tmp_path, given)
    meta = taken.metas()[b"file"]
    assert taken.content(b"file") == content[: 5 * MIB]
    assert (meta.size, meta.flags) == (5 * MIB, DOUBTFUL)
    assert len(taken.skipped) == 1


class _Linked:
    """Three names of one file, walked past."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "a").write_bytes(b"content")
        os.link(folder / "a", folder / "b")
        os.link(folder / "a", folder / "c")
        self.given = entries(folder)

    def kinds(self) -> tuple[dict[bytes, tuple[Kind, bytes]], list[bytes]]:
        taken = read(self.folder, self.given)
        for path, meta in taken.metas().items():
            if meta.kind is Kind.FILE and path != b"a":
                assert taken.content(path) == b"content"
        seen = {path: (meta.kind, meta.target) for path, meta in taken.metas().items() if path}
        return seen, [each.path for each in taken.skipped]


def test_the_first_name_of_a_file_goes(tmp_path: Path) -> None:
    """The next name is read in its place, and the others are links to that."""
    linked = _Linked(tmp_path)
    (tmp_path / "a").unlink()
    assert linked.kinds() == ({b"b": (Kind.FILE, b""), b"c": (Kind.HARDLINK, b"b")}, [b"a"])


def test_the_first_name_is_another_file_now(tmp_path: Path) -> None:
    """A file saved anew under the first name does not become the content of the others."""
    linked = _Linked(tmp_path)
    (tmp_path / "new").write_bytes(b"new content")
    (tmp_path / "new").rename(tmp_path / "a")
    seen, skipped = linked.kinds()
    assert seen == {b"a": (Kind.FILE, b""), b"b": (Kind.FILE, b""), b"c": (Kind.HARDLINK, b"b")}
    assert skipped == []


def test_two_names_of_a_file_go(tmp_path: Path) -> None:
    """The last one that is left is read."""
    linked = _Linked(tmp_path)
    (tmp_path / "a").unlink()
    (tmp_path / "b").unlink()
    assert linked.kinds() == ({b"c": (Kind.FILE, b"")}, [b"a", b"b"])


def test_holds_nothing_open(tmp_path: Path) -> None:
    """When all that was fed has been read no descriptor is left."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    given = entries(tmp_path)
    before = len(os.listdir("/proc/self/fd"))
    reading = Reading(os.fsencode(tmp_path), CHUNK_KEY, later)
    reading.feed(given)
    assert reading.next_stretch() is not None
    assert reading.next_stretch() is None
    assert len(os.listdir("/proc/self/fd")) == before
