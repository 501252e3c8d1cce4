"""The sealed blocks on our own disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bitdust.customer import spool as spool_module
from bitdust.customer.spool import Spool

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool that takes a thousand bytes."""
    return Spool(tmp_path / "spool", lambda: 1000)


def put(spool: Spool, block: bytes, content: bytes = b"sealed") -> None:
    file = spool.begin(block)
    file.write(content)
    spool.keep(block, file)


def names(spool: Spool) -> list[str]:
    return sorted(os.listdir(spool.folder))


def test_a_kept_block_is_there(spool: Spool) -> None:
    """What is kept can be found, measured and removed."""
    put(spool, ONE)
    put(spool, TWO, b"more")
    assert spool.path(ONE).read_bytes() == b"sealed"
    assert (spool.has(ONE), spool.size(ONE), spool.used) == (True, 6, 10)
    assert list(spool.blocks()) == [ONE, TWO]
    assert spool.remove(ONE) == 6
    assert (spool.has(ONE), spool.size(ONE), spool.used) == (False, 0, 4)
    assert names(spool) == [f"{TWO.hex()}.block"]


def test_nobody_else_looks_in(spool: Spool) -> None:
    """The folder is its owner's alone."""
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_removing_twice_is_nothing(spool: Spool) -> None:
    """A block that is not here frees nothing."""
    assert spool.remove(ONE) == 0


def test_a_block_counts_only_when_it_is_whole(spool: Spool) -> None:
    """Before `keep`, and after `discard`, there is no block."""
    file = spool.begin(ONE)
    file.write(b"half")
    assert not spool.has(ONE)
    spool.discard(ONE, file)
    assert names(spool) == []


def test_a_block_is_not_begun_twice(spool: Spool) -> None:
    """Two writers of one block would mix their bytes: the second is refused."""
    file = spool.begin(ONE)
    with pytest.raises(FileExistsError):
        spool.begin(ONE)
    spool.discard(ONE, file)


def test_discarding_a_copy_leaves_the_block(spool: Spool) -> None:
    """A second copy that is not wanted does not take the first with it."""
    put(spool, ONE)
    spool.discard(ONE, spool.begin(ONE))
    assert spool.path(ONE).read_bytes() == b"sealed"


def test_starts_with_what_lies_there(spool: Spool) -> None:
    """Whole blocks are found again; half-written ones are thrown away."""
    put(spool, ONE)
    spool.begin(TWO).close()
    again = Spool(spool.folder, lambda: 1000)
    assert list(again.blocks()) == [ONE]
    assert again.used == 6
    assert names(again) == [f"{ONE.hex()}.block"]


def test_touches_nothing_of_the_user(tmp_path: Path) -> None:
    """The folder may be one with other things in it: they are neither blocks nor leftovers."""
    for name in ("notes.new", "castle.block", "AB" * 32 + ".block"):
        (tmp_path / name).write_text("mine")
    (tmp_path / f"{ONE.hex()}.block").symlink_to(tmp_path / "nowhere")
    (tmp_path / f"{TWO.hex()}.block").mkdir()
    before = sorted(os.listdir(tmp_path))
    spool = Spool(tmp_path, lambda: 1000)
    assert list(spool.blocks()) == []
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("call", ["fsync", "rename", "sync_folder"])
def test_a_failing_disk_keeps_nothing(spool: Spool, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Whatever step of `keep` fails, `discard` leaves no file, and the block never counts."""

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = spool.begin(ONE)
    file.write(b"sealed")
    match call:
        case "fsync":
            monkeypatch.setattr(os, "fsync", full)
        case "rename":
            monkeypatch.setattr(Path, "rename", full)
        case _:
            monkeypatch.setattr(spool_module, "sync_folder", full)
    with pytest.raises(OSError, match="No space"):
        spool.keep(ONE, file)
    monkeypatch.undo()
    spool.discard(ONE, file)
    assert (names(spool), spool.has(ONE), spool.used) == ([], False, 0)


def test_discards_what_the_disk_has_no_room_for(spool: Spool) -> None:
    """Bytes that are still buffered for a full disk do not keep the file alive."""

    class Full:
        closed = False

        def close(self) -> None:
            self.closed = True
            raise OSError(errno.ENOSPC, "No space left on device")

    spool.begin(ONE).close()
    spool.discard(ONE, Full())  # type: ignore[arg-type]
    assert names(spool) == []


@pytest.mark.parametrize(
    ("free", "lying", "size", "room"),
    [
        (2**40, 0, 1000, True),
        (2**40, 0, 5000, True),  # larger than the limit, but the spool is empty
        (2**40, 600, 400, True),
        (2**40, 600, 401, False),
        (spool_module.FLOOR + 999, 0, 1000, False),
        (spool_module.FLOOR + 1000, 0, 1000, True),
    ],
)
def test_room(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, free: int, lying: int, size: int, room: bool
) -> None:
    """There is room within the limit and above the floor of the disk; an empty spool takes one block."""
    monkeypatch.setattr(spool_module, "free_space", lambda path: free)
    if lying:
        put(spool, ONE, bytes(lying))
    assert spool.has_room(size) == room
