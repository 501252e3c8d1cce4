"""Folders of this machine, with the real inotify."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest

from bitdust.watches import RealWatches


class Hands:
    """What a reactor does with what comes from other threads."""

    def callFromThread(self, work: Any) -> None:
        work()


@pytest.fixture
def watches() -> Any:
    found = RealWatches(Hands())
    yield found
    found.stop()


def until(look: Any) -> None:
    end = time.monotonic() + 30
    while not look():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_is_told(watches: RealWatches, tmp_path: Path) -> None:
    """Writing, making, moving, deleting, in each folder asked for, in another thread; not reading."""
    told: list[tuple[bytes, bytes, bool]] = []
    threads = set()

    def heard(folder: bytes, name: bytes, is_folder: bool) -> None:
        told.append((folder, name, is_folder))
        threads.add(get_ident())

    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "old").write_bytes(b"1")
    watch = watches.open(heard, lambda: None)
    here, below = os.fsencode(tmp_path), os.fsencode(tmp_path / "b")
    watch.add(here)
    watch.add(below)
    (tmp_path / "b" / "old").read_bytes()
    list(tmp_path.iterdir())
    (tmp_path / "a\udcff").write_bytes(b"1")
    until(lambda: (here, b"a\xff", False) in told)
    assert told[0] == (here, b"a\xff", False)
    (tmp_path / "c").mkdir()
    until(lambda: (here, b"c", True) in told)
    (tmp_path / "b" / "old").rename(tmp_path / "b" / "new")
    until(lambda: {(below, b"old", False), (below, b"new", False)} <= set(told))
    (tmp_path / "b" / "new").unlink()
    (tmp_path / "b").rmdir()
    until(lambda: (here, b"b", True) in told)
    assert get_ident() not in threads
    watch.close()
    before = len(told)
    other: list[bytes] = []
    again = watches.open(lambda folder, name, is_folder: other.append(name), lambda: None)
    again.add(here)
    (tmp_path / "d").write_bytes(b"1")
    until(lambda: b"d" in other)
    assert len(told) == before


def test_two_who_watch_the_same(watches: RealWatches, tmp_path: Path) -> None:
    """Each is told; when one has had enough, the other is told on."""
    one: list[bytes] = []
    two: list[bytes] = []
    first = watches.open(lambda folder, name, is_folder: one.append(name), lambda: None)
    second = watches.open(lambda folder, name, is_folder: two.append(name), lambda: None)
    for each in (first, second):
        each.add(os.fsencode(tmp_path))
    (tmp_path / "a").touch()
    until(lambda: b"a" in one and b"a" in two)
    first.close()
    (tmp_path / "b").touch()
    until(lambda: b"b" in two)
    assert b"b" not in one


def test_a_link(watches: RealWatches, tmp_path: Path) -> None:
    """A link that leads to a folder stands for that folder."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    told: list[tuple[bytes, bytes, bool]] = []
    watch = watches.open(lambda *what: told.append(what), lambda: None)
    watch.add(os.fsencode(tmp_path / "link"))
    (tmp_path / "real" / "a").touch()
    until(lambda: (os.fsencode(tmp_path / "link"), b"a", False) in told)


def test_what_cannot_be_watched(watches: RealWatches, tmp_path: Path) -> None:
    """What is not there, and whatever comes after the end, is refused."""
    watch = watches.open(lambda *_: None, lambda: None)
    with pytest.raises(PermissionError, match="cannot be read"):
        watch.add(os.fsencode(tmp_path / "no"))
    watch.close()
    with pytest.raises(OSError, match="Bad file"):
        watch.add(os.fsencode(tmp_path))


def test_nothing_stays(tmp_path: Path) -> None:
    """After the end no thread and no open file is left."""
    before = set(os.listdir("/proc/self/fd")), set(os.listdir("/proc/self/task"))
    watches = RealWatches(Hands())
    watches.open(lambda *_: None, lambda: None).add(os.fsencode(tmp_path))
    watches.stop()
    until(lambda: set(os.listdir("/proc/self/fd")) <= before[0])
    until(lambda: set(os.listdir("/proc/self/task")) <= before[1])
