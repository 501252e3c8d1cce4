"""The folders of a tree as descriptors."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bitdust.backup import folders as folders_module
from bitdust.backup.folders import Folders


def ino(descriptor: int) -> int:
    return os.fstat(descriptor).st_ino


def test_answers_the_folder(tmp_path: Path) -> None:
    """Root, child and grandchild, asked for in any order and again."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    folders = Folders(os.fsencode(tmp_path))
    for path in (b"a/b", b"", b"a", b"a/b"):
        assert ino(folders.at(path)) == (tmp_path / os.fsdecode(path)).stat().st_ino
    folders.close()
    assert ino(folders.at(b"a")) == (tmp_path / "a").stat().st_ino
    folders.close()


@pytest.mark.parametrize("make", [False, True])
def test_goes_through_no_link(tmp_path: Path, make: bool) -> None:
    """Neither a link at the end nor one in the middle is followed, to a folder or to nowhere."""
    (tmp_path / "real" / "below").mkdir(parents=True)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to("../real")
    (root / "nowhere").symlink_to("gone")
    folders = Folders(os.fsencode(root), make=make)
    for path in (b"link", b"link/below", b"nowhere", b"nowhere/x"):
        with pytest.raises(NotADirectoryError):
            folders.at(path)
    assert sorted(os.listdir(tmp_path / "real")) == ["below"]
    folders.close()


def test_makes_what_is_missing(tmp_path: Path) -> None:
    """For the owner only; without `make` nothing is made."""
    with pytest.raises(FileNotFoundError):
        Folders(os.fsencode(tmp_path)).at(b"a")
    folders = Folders(os.fsencode(tmp_path / "new" / "root"), make=True)
    folders.at(b"a/b")
    folders.close()
    assert (tmp_path / "new" / "root" / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """What is in the way stays."""
    (tmp_path / "file").touch()
    folders = Folders(os.fsencode(tmp_path), make=True)
    with pytest.raises(NotADirectoryError):
        folders.at(b"file/below")
    folders.close()


def test_few_are_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many folders are asked for, and however deep they are."""
    monkeypatch.setattr(folders_module, "OPEN", 8)
    before = len(os.listdir("/proc/self/fd"))
    folders = Folders(os.fsencode(tmp_path), make=True)
    for number in range(50):
        folders.at(b"%d" % number)
    deep = b"/".join([b"d"] * 200)
    folders.at(deep)
    assert ino(folders.at(b"7")) == (tmp_path / "7").stat().st_ino
    assert ino(folders.at(deep)) == os.stat(os.path.join(os.fsencode(tmp_path), deep)).st_ino
    assert len(os.listdir("/proc/self/fd")) <= before + 9
    folders.close()
    assert len(os.listdir("/proc/self/fd")) == before
