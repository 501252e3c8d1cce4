"""What is kept of an entry, and when its content counts as the same."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bitdust.backup import description
from bitdust.backup.description import DOUBTFUL, RACY, attributes_of, describe, unchanged
from bitdust.backup.owners import Owners
from bitdust.catalog.facts import EntryAdded, Kind, Meta, decode, encode

SECOND = 10**9


class Status:
    """What stat says, with the dates of our choice."""

    st_mode, st_uid, st_gid, st_ino, st_dev, st_size, st_nlink = 0o100644, 0, 0, 5, 6, 7, 1

    def __init__(self, mtime: int, ctime: int) -> None:
        self.st_mtime_ns, self.st_ctime_ns = mtime, ctime


def described(mtime: int, ctime: int, now: int) -> Meta:
    return describe(Status(mtime, ctime), Kind.FILE, now, Owners())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mtime", "ctime", "doubtful"),
    [
        (-100, -100, False),
        (-100, -2, False),
        (-100, -1.9, True),
        (-1.9, -100, True),
        (0, 0, True),
        # a date in the future that somebody gave: the change itself is long ago
        (3600, -100, False),
        (1.9, -100, True),
        # the clock was put back
        (-100, 3600, True),
    ],
)
def test_what_is_too_fresh_to_trust(mtime: float, ctime: float, doubtful: bool) -> None:
    """An entry that changed less than two seconds before it was read is read again next time."""
    now = 10**18
    meta = described(now + int(mtime * SECOND), now + int(ctime * SECOND), now)
    assert bool(meta.flags & DOUBTFUL) == doubtful
    assert unchanged(meta, meta) != doubtful


@pytest.mark.parametrize(
    "change",
    [{"size": 8}, {"mtime_ns": 2}, {"ctime_ns": 2}, {"ino": 2}, {"kind": Kind.DIR}, {"target": b"other"}],
)
def test_what_makes_it_changed(change: dict[str, Any]) -> None:
    """Any of these alone has the file read again; a doubt now does not, if there was none before."""
    meta = described(1, 1, 10**18)
    assert unchanged(meta, replace(meta, flags=DOUBTFUL))
    assert not unchanged(meta, replace(meta, **change))


def test_dates_beyond_the_catalog() -> None:
    """A date that the catalog has no room for becomes the nearest one that it has, and nothing breaks."""
    meta = described(2**64, -(2**64), 10**18)
    assert (meta.mtime_ns, meta.ctime_ns) == (2**63 - 1, -(2**63))
    op = EntryAdded("0", 1, b"x", meta, ())
    assert decode(encode(op)) == op


def test_attributes(tmp_path: Path) -> None:
    """Attributes of any bytes come in order; a file without any has none."""
    path = tmp_path / "file"
    path.touch()
    with path.open("rb") as file:
        notes: list[str] = []
        assert attributes_of(file.fileno(), notes.append) == ()
        os.setxattr(path, b"user.b", b"\0\xff")
        os.setxattr(path, b"user.a\xff", b"")
        assert attributes_of(file.fileno(), notes.append) == ((b"user.a\xff", b""), (b"user.b", b"\0\xff"))
        assert notes == []


def test_more_attributes_than_the_catalog_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is left out and told."""
    path = tmp_path / "file"
    path.touch()
    for name in ("a", "b", "c"):
        os.setxattr(path, f"user.{name}", b"12345")
    with path.open("rb") as file:
        for limit, value in (("XATTR_LIMIT", 10), ("XATTRS", 2)):
            with monkeypatch.context() as patch:
                patch.setattr(description, limit, value)
                notes: list[str] = []
                kept = attributes_of(file.fileno(), notes.append)
                assert [name for name, _ in kept] == [b"user.a", b"user.b"]
                assert len(notes) == 1
                assert "user.c" in notes[0]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        ("listxattr", errno.EOPNOTSUPP, 0),
        ("listxattr", errno.EIO, 1),
        ("getxattr", errno.ENODATA, 0),
        ("getxattr", errno.EACCES, 1),
    ],
)
def test_attributes_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int, told: int
) -> None:
    """A file system without attributes is no news; one that fails is."""
    path = tmp_path / "file"
    path.touch()
    os.setxattr(path, "user.a", b"1")

    def failing(*args: object) -> Any:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, call, failing)
    notes: list[str] = []
    with path.open("rb") as file:
        assert attributes_of(file.fileno(), notes.append) == ()
    assert len(notes) == told


def test_racy_is_two_seconds() -> None:
    """The promise of the design."""
    assert RACY == 2 * SECOND
