"""Walks over real trees."""

from __future__ import annotations

import gc
import os
import socket
import stat as modes
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bitdust.backup import walk as walk_module
from bitdust.backup.description import DOUBTFUL
from bitdust.backup.walk import Walk
from bitdust.catalog.facts import Kind
from bitdust.catalog.rows import key_of
from bitdust.errors import Usage
from tests.backup.trees import entries, found, later, walked

#: letters around those that mean something in a path, bytes that are no UTF-8, and the largest
names = st.lists(st.sampled_from(list(b"!-./0aAz~ \n\x01\xff\xc3")), min_size=1, max_size=4).map(bytes)
file_names = names.filter(lambda name: b"/" not in name and name not in (b".", b".."))
trees: st.SearchStrategy[Any] = st.recursive(
    st.none(), lambda inner: st.dictionaries(file_names, inner, max_size=5), max_leaves=25
)


def make(folder: bytes, tree: Any) -> None:
    if tree is None:
        Path(os.fsdecode(folder)).touch()
        return
    os.mkdir(folder)
    for name, inner in tree.items():
        make(os.path.join(folder, name), inner)


def paths(tree: Any, above: bytes = b"") -> list[bytes]:
    if tree is None:
        return [above]
    below = [paths(inner, above + b"/" + name if above else name) for name, inner in tree.items()]
    return [above, *(path for each in below for path in each)]


@settings(max_examples=60, deadline=None)
@given(trees, st.integers(1, 9))
def test_the_order_is_the_catalogs(tree: Any, batch: int) -> None:
    """Every name once, parents before children, in the order of the catalog's keys, for any tree."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(os.fsencode(folder), b"root")
        make(root, tree)
        walk = walked(root, batch=batch)
        order = [each.path for each in walk.found]  # type: ignore[attr-defined]
    assert sorted(order) == sorted(paths(tree))
    assert order == sorted(order, key=key_of)
    assert [key_of(path) for path in order] == sorted({key_of(path) for path in order})
    assert walk.skipped == []


def test_a_large_folder_is_sorted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of more names than are held at a time still comes in order, each name once."""
    monkeypatch.setattr(walk_module, "NAMES", 10)
    for number in range(95):
        (tmp_path / f"{number * 37 % 95:03}").touch()
    (tmp_path / "050x").mkdir()
    (tmp_path / "050x" / "inside").touch()
    order = [each.path for each in entries(tmp_path)]
    assert order == sorted(order, key=key_of)
    assert len(set(order)) == len(order) == 98


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21])
def test_parts_meet_at_their_edges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """No name is lost or doubled where one part of a folder ends."""
    monkeypatch.setattr(walk_module, "NAMES", 10)
    for number in range(count):
        (tmp_path / f"{number:03}").touch()
    assert [each.path for each in entries(tmp_path)][1:] == [b"%03d" % number for number in range(count)]


def test_what_is_kept_of_each_kind(tmp_path: Path) -> None:
    """Kind, mode, size, target and names of the owner, for folders, files and links."""
    (tmp_path / "folder").mkdir(mode=0o750)
    (tmp_path / "folder" / "file").write_bytes(b"hello")
    (tmp_path / "folder" / "file").chmod(0o4711)
    (tmp_path / "link").symlink_to("folder/../elsewhere")
    os.link(tmp_path / "folder" / "file", tmp_path / "second")
    os.utime(tmp_path / "folder" / "file", ns=(1, 123_456_789_987_654_321))
    seen = found(tmp_path)
    assert {path: meta.kind for path, meta in seen.items()} == {
        b"": Kind.DIR,
        b"folder": Kind.DIR,
        b"folder/file": Kind.FILE,
        b"link": Kind.SYMLINK,
        b"second": Kind.HARDLINK,
    }
    file = seen[b"folder/file"]
    assert (file.mode, file.size, file.mtime_ns) == (0o4711, 5, 123_456_789_987_654_321)
    assert (file.uid, file.gid) == (os.getuid(), os.getgid())
    if os.getuid() == 0:
        assert (file.user, file.group) == ("root", "root")
    assert seen[b"link"].target == b"folder/../elsewhere"
    assert seen[b"second"].target == b"folder/file"
    assert seen[b"folder"].mode == 0o750


def test_strange_names(tmp_path: Path) -> None:
    """Names are bytes: any but `/` and zero, up to the longest."""
    root = os.fsencode(tmp_path)
    given = sorted([b"\xff\xfe", b"new\nline", b"x" * 255, "ä".encode(), "ä".encode("latin-1"), b" ", b"-rf"])
    for name in given:
        Path(os.fsdecode(os.path.join(root, name))).touch()
    assert [each.path for each in entries(root)] == [b"", *given]


def _deep(root: Path, levels: int, name: str) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)


def _remove_deep(root: Path, name: str) -> None:
    """What `rm -r` does; shutil and pathlib do not get so far."""
    os.system(f"rm -rf '{root / name}'")


@pytest.mark.parametrize(("levels", "name"), [(1010, "d"), (30, "n" * 250)])
def test_deep_folders(tmp_path: Path, levels: int, name: str) -> None:
    """Folders nested deeper than Python recurses, and longer than a path may be, are walked."""
    _deep(tmp_path, levels, name)
    try:
        walk = walked(tmp_path)
        order = [each.path for each in walk.found]  # type: ignore[attr-defined]
        assert len(order) == levels + 2
        assert order[-1] == b"/".join([name.encode()] * levels + [b"file"])
        assert walk.skipped == []
    finally:
        _remove_deep(tmp_path, name)


def test_too_long_a_path_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that the catalog has no room for is left out with all below it, and said."""
    monkeypatch.setattr(walk_module, "PATH_LIMIT", 4)
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "d").mkdir()
    (tmp_path / "abcde").touch()
    (tmp_path / "z").touch()
    walk = walked(tmp_path)
    assert [each.path for each in walk.found] == [b"", b"abc", b"z"]  # type: ignore[attr-defined]
    assert [each.path for each in walk.skipped] == [b"abc/d", b"abcde"]


def test_the_root_may_be_a_file(tmp_path: Path) -> None:
    """A file is a tree of one entry."""
    (tmp_path / "one").write_bytes(b"x")
    (only,) = entries(tmp_path / "one")
    assert (only.path, only.meta.kind, only.meta.size) == (b"", Kind.FILE, 1)


def test_the_root_may_be_reached_by_a_link(tmp_path: Path) -> None:
    """Whoever names a link to a folder means the folder."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "link").symlink_to("real")
    seen = found(tmp_path / "link")
    assert seen[b""].kind is Kind.DIR
    assert list(seen) == [b"", b"file"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder, to nowhere, or to itself is an entry and nothing more."""
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "nowhere").symlink_to("/nowhere")
    assert list(found(tmp_path)) == [b"", b"nowhere", b"self", b"up"]


def test_sockets_pipes_and_devices_are_left_out_and_said(tmp_path: Path) -> None:
    """What is no file, folder or link is skipped with a note, and nothing waits for it."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket"))
    expected = [b"pipe", b"socket"]
    if os.getuid() == 0:
        try:
            os.mknod(tmp_path / "device", modes.S_IFCHR | 0o600, os.makedev(1, 3))
            expected.insert(0, b"device")
        except PermissionError:
            pass  # a container without the right
    walk = walked(tmp_path)
    assert [each.path for each in walk.found] == [b""]  # type: ignore[attr-defined]
    assert [each.path for each in walk.skipped] == expected
    assert {each.why for each in walk.skipped} == {"not a file, a folder or a link"}


def test_a_root_that_cannot_be_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty version is not committed for a root that is missing, unreadable or no file."""
    with pytest.raises(FileNotFoundError):
        walked(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Not a file"):
        walked(tmp_path / "pipe")

    def closed(*args: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError):
        walked(tmp_path)


def test_an_unreadable_folder_comes_along_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder itself is kept, what is in it is not, and that is said once."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "file").touch()
    (tmp_path / "open").touch()
    real = os.open

    def refusing(path: Any, *args: Any, **kwargs: Any) -> int:
        if path == b"closed":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refusing)
    walk = walked(tmp_path)
    assert [each.path for each in walk.found] == [b"", b"closed", b"open"]  # type: ignore[attr-defined]
    assert [(each.path, each.why) for each in walk.skipped] == [(b"closed", "Permission denied")]


def test_what_goes_while_we_walk_is_said(tmp_path: Path) -> None:
    """A folder or file that vanishes between two looks is a note, no failure."""
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    walk = Walk(os.fsencode(tmp_path), frozenset(), later)
    assert [each.path for each in walk.next_batch(2)] == [b"", b"a"]
    (tmp_path / "b").unlink()
    assert [each.path for each in walk.next_batch(9)] == [b"c"]
    assert [(each.path, each.why) for each in walk.skipped] == [(b"b", "No such file or directory")]
    assert walk.next_batch(9) == []


def test_what_is_as_it_was_is_told_by_the_same_word(tmp_path: Path) -> None:
    """A file of one name that moved in nothing is not described anew; whatever else there is, is."""
    for name in ("changed", "linked", "same"):
        (tmp_path / name).write_text(name)
    os.link(tmp_path / "linked", tmp_path / "other")
    said = {each.path: each.meta for each in Walk(os.fsencode(tmp_path), frozenset(), later).next_batch(9)}
    (tmp_path / "changed").write_text("longer than before")
    found = Walk(os.fsencode(tmp_path), frozenset(), later).next_batch(9, said)
    assert [each.path for each in found if each.meta is said[each.path]] == [b"same"]
    assert [each.path for each in found if each.meta != said[each.path]] == [b"changed"]
    doubtful = {path: replace(meta, flags=DOUBTFUL) for path, meta in said.items()}
    found = Walk(os.fsencode(tmp_path), frozenset(), later).next_batch(9, doubtful)
    assert not [each for each in found if each.meta is doubtful[each.path]]


def test_a_folder_that_becomes_a_link_is_not_entered(tmp_path: Path) -> None:
    """Whoever swaps a folder for a link while we walk does not make us read elsewhere."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").touch()
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    walk = Walk(os.fsencode(root), frozenset(), later)
    assert [each.path for each in walk.next_batch(2)] == [b"", b"folder"]
    (root / "folder").rmdir()
    (root / "folder").symlink_to(secret)
    assert walk.next_batch(9) == []


def test_excluded_folders(tmp_path: Path) -> None:
    """They are left out with all below, silently, also when another path leads there."""
    for name in ("own/deep", "owner", "other/own"):
        (tmp_path / "tree" / name).mkdir(parents=True)
    excluded = frozenset([os.fsencode(tmp_path / "tree" / "own")])
    walk = walked(tmp_path / "tree", excluded)
    assert [each.path for each in walk.found] == [  # type: ignore[attr-defined]
        b"", b"other", b"other/own", b"owner",
    ]  # fmt: skip
    assert walk.skipped == []
    (tmp_path / "alias").symlink_to("tree")
    assert b"own" not in found(tmp_path / "alias", excluded)


def test_an_excluded_folder_that_comes_later(tmp_path: Path) -> None:
    """A folder of the node that is only made while we walk is left out by its name."""
    (tmp_path / "a").mkdir()
    walk = Walk(os.fsencode(tmp_path), frozenset([os.fsencode(tmp_path / "a" / "spool")]), later)
    assert [each.path for each in walk.next_batch(1)] == [b""]
    (tmp_path / "a" / "spool").mkdir()
    assert [each.path for each in walk.next_batch(9)] == [b"a"]


def test_the_nodes_own_folder_is_refused(tmp_path: Path) -> None:
    """A backup of the spool would feed on itself."""
    with pytest.raises(Usage, match="own folder"):
        walked(tmp_path, frozenset([os.fsencode(tmp_path)]))


def test_links_that_wait_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once all names of a file were seen it is forgotten; of too many at a time the rest are files."""
    for number in range(6):
        (tmp_path / f"a{number}").touch()
        os.link(tmp_path / f"a{number}", tmp_path / f"b{number}")
    walk = walked(tmp_path)
    assert sum(each.meta.kind is Kind.HARDLINK for each in walk.found) == 6  # type: ignore[attr-defined]
    assert walk._linked == {}
    monkeypatch.setattr(walk_module, "LINKS", 4)
    kinds = {path: meta.kind for path, meta in found(tmp_path).items()}
    assert [path for path, kind in kinds.items() if kind is Kind.HARDLINK] == [b"b0", b"b1", b"b2", b"b3"]


def test_leaves_no_descriptor_open(tmp_path: Path) -> None:
    """A walk that ended, and one that was let go of in the middle, hold nothing."""
    for number in range(20):
        (tmp_path / f"{number}").mkdir()
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    walked(tmp_path)
    walk = Walk(os.fsencode(tmp_path), frozenset(), later)
    walk.next_batch(5)
    del walk
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
