"""Chunks into sealed blocks."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bitdust.backup.packer import Packer, Place, Sealed
from bitdust.blocks.block import block_key, open_chunk, read_index
from bitdust.blocks.chunker import chunk_id
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import UNIT, Layout
from bitdust.blocks.stripes import roots_of
from bitdust.customer.spool import Spool
from bitdust.errors import Cancelled
from tests.blocks.material import CHUNK_KEY, DATA_KEY, stuff

SIZE = 300_000


class Bench:
    """A packer over an empty spool."""

    def __init__(self, folder: Path, shape: tuple[int, int] = (2, 4), size: int = SIZE) -> None:
        self.spool = Spool(folder, lambda: 2**40)
        self.shape = shape
        self.size = size
        self.packer = Packer(
            spool=self.spool,
            data_key=DATA_KEY,
            codecs=Codecs.best(),
            rng=Random(1).randbytes,
            shape=lambda: self.shape,
            block_size=lambda: self.size,
        )

    def files(self) -> list[str]:
        return sorted(os.listdir(self.spool.folder))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "spool")


def chunks(*sizes: int, seed: int = 0) -> list[tuple[bytes, bytes]]:
    found = [stuff(size, seed + at) for at, size in enumerate(sizes)]
    return [(chunk_id(content, CHUNK_KEY), content) for content in found]


def contents(bench: Bench, sealed: Sealed) -> list[tuple[bytes, bytes]]:
    """What a stranger with the data key reads from the file alone."""
    with bench.spool.path(sealed.block).open("rb") as file:
        index = read_index(file, DATA_KEY)
        assert (index.block_id, index.salt) == (sealed.block, sealed.salt)
        assert tuple(index.chunks) == sealed.chunks
        key = block_key(DATA_KEY, index.salt)
        found = []
        for chunk in index.chunks:
            file.seek(chunk.offset)
            found.append((chunk.id, open_chunk(key, index.block_id, chunk, file.read(chunk.stored))))
        return found


def test_a_sealed_block_can_be_read_back(bench: Bench) -> None:
    """Every chunk is where its place says, and the roots are those of the file that lies there."""
    given = chunks(100_000, 1, 50_000)
    places, full = bench.packer.add(given)
    assert full == []
    (sealed,) = bench.packer.finish()
    assert places == [Place(sealed.block, number) for number in range(3)]
    assert contents(bench, sealed) == given
    path = bench.spool.path(sealed.block)
    assert sealed.layout == Layout(path.stat().st_size, 2, 4, UNIT)
    with path.open("rb") as file:
        assert sealed.roots == roots_of(file, sealed.layout, Codecs.best().code(2, 4), sealed.block)
    assert bench.files() == [path.name]


def test_blocks_close_at_their_size(bench: Bench) -> None:
    """A block is closed by the chunk that makes it large enough, and the next chunk begins another."""
    given = chunks(*[110_000] * 7)
    places, full = bench.packer.add(given)
    assert len(full) == 2
    assert [place.number for place in places] == [0, 1, 2, 0, 1, 2, 0]
    assert [len(sealed.chunks) for sealed in full] == [3, 3]
    last = bench.packer.finish()
    assert [chunk for sealed in full + last for chunk in contents(bench, sealed)] == given
    assert len({sealed.salt for sealed in full + last}) == 3
    assert len({sealed.block for sealed in full + last}) == 3


def test_the_next_block_has_the_size_and_shape_of_its_time(bench: Bench) -> None:
    """Settings may change between blocks."""
    bench.packer.add(chunks(100_000))
    bench.size = 50_000
    _, (first,) = bench.packer.add(chunks(200_000))
    bench.shape = (7, 13)
    _, (second,) = bench.packer.add(chunks(60_000))
    assert (first.layout.k, first.layout.n, len(first.roots)) == (2, 4, 4)
    assert (second.layout.k, second.layout.n, len(second.roots)) == (7, 13, 13)
    assert bench.packer.block_size == 50_000


def test_the_last_block_is_padded(bench: Bench) -> None:
    """Two jobs of nearly the same size leave blocks of one size."""
    bench.packer.add(chunks(100_500))
    (one,) = bench.packer.finish()
    bench.packer.add(chunks(102_000))
    (other,) = bench.packer.finish()
    assert one.layout.size == other.layout.size


def test_nothing_makes_no_block(bench: Bench) -> None:
    """A job without new chunks leaves nothing."""
    assert bench.packer.add([]) == ([], [])
    assert bench.packer.finish() == []
    assert bench.files() == []


def test_an_abandoned_block_leaves_no_file(bench: Bench) -> None:
    """What was not closed goes; what was closed before stays; nothing is packed afterwards."""
    _, (kept,) = bench.packer.add(chunks(SIZE))
    bench.packer.add(chunks(1000))
    bench.packer.abandon()
    bench.packer.abandon()
    assert bench.files() == [f"{kept.block.hex()}.block"]
    with pytest.raises(Cancelled):
        bench.packer.add(chunks(1000))
    with pytest.raises(Cancelled):
        bench.packer.finish()


class _FullDisk:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, content: bytes) -> int:
        if len(content) > self._room:
            self._file.write(content[: self._room])
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(content)
        return int(self._file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 10, 80, 5_000, 100_100, 120_000])
def test_a_full_disk_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Wherever in a block the disk becomes full, no file of this call stays, and the error is told."""
    begin = bench.spool.begin
    monkeypatch.setattr(bench.spool, "begin", lambda block: _FullDisk(begin(block), room))

    def pack() -> None:
        bench.packer.add(chunks(100_000, 20_000))
        bench.packer.finish()

    with pytest.raises(OSError, match="No space"):
        pack()
    assert bench.files() == []
    assert bench.spool.used == 0


def test_blocks_nobody_hears_of_do_not_stay(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second block of a call fails, the first one goes too: its caller never learns of it."""
    begin, begun = bench.spool.begin, []

    def second_fails(block: bytes) -> Any:
        begun.append(block)
        return begin(block) if len(begun) == 1 else _FullDisk(begin(block), 1000)

    monkeypatch.setattr(bench.spool, "begin", second_fails)
    with pytest.raises(OSError, match="No space"):
        bench.packer.add(chunks(SIZE, SIZE))
    assert len(begun) == 2
    assert bench.files() == []
    assert bench.spool.used == 0


def test_a_disk_that_does_not_sync_keeps_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that is not durable is none."""

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        bench.packer.add(chunks(SIZE))
    assert bench.files() == []


def test_given_up_while_it_works(bench: Bench) -> None:
    """A job that is cancelled in the middle of a hop waits for nothing, and leaves nothing."""
    entered, go_on = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def slowly() -> Any:
        yield from chunks(SIZE)
        entered.set()
        assert go_on.wait(30)
        yield from chunks(1000)

    def work() -> None:
        try:
            bench.packer.add(slowly())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(30)
    bench.packer.abandon()
    go_on.set()
    thread.join(30)
    assert [type(failure) for failure in failures] == [Cancelled]
    assert bench.files() == []
    assert bench.spool.used == 0
