"""Content without holes, and the way back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.backup import sparse
from bitdust.backup.sparse import Content, content_size, holes_of, is_sound, places
from bitdust.catalog.facts import Kind, Meta

BLOCK = 4096


def make(path: Path, layout: str) -> None:
    """A file of one block per letter; `.` is a hole."""
    with path.open("wb") as file:
        for number, letter in enumerate(layout):
            if letter != ".":
                os.pwrite(file.fileno(), letter.encode() * BLOCK, number * BLOCK)
        os.ftruncate(file.fileno(), len(layout) * BLOCK)


def whole(content: Content) -> bytes:
    """All of it, read into a space that holds a block and a half."""
    space = memoryview(bytearray(BLOCK + BLOCK // 2))
    data = b""
    while True:
        got = content.fill(space)
        data += space[:got]
        if got < len(space):
            return data


@pytest.mark.parametrize(
    ("layout", "holes"),
    [
        ("", []),
        ("a", []),
        (".", [(0, 1)]),
        ("....", [(0, 4)]),
        ("a..b", [(1, 2)]),
        ("..ab", [(0, 2)]),
        ("ab..", [(2, 2)]),
        (".a.b.", [(0, 1), (2, 1), (4, 1)]),
    ],
)
def test_holes(tmp_path: Path, layout: str, holes: list[tuple[int, int]]) -> None:
    """Where the holes are, and the content between them."""
    make(tmp_path / "file", layout)
    with (tmp_path / "file").open("rb") as file:
        size = len(layout) * BLOCK
        seen = holes_of(file.fileno(), size)
        assert seen == tuple((start * BLOCK, length * BLOCK) for start, length in holes)
        content = Content(file.fileno(), size, seen)
        assert whole(content) == b"".join(x.encode() * BLOCK for x in layout if x != ".")
        assert (content.end, content.holes_read()) == (size, seen)


def test_the_largest_holes_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more holes than the catalog has room for the smaller ones are read as zeros."""
    monkeypatch.setattr(sparse, "MAX_HOLES", 2)
    make(tmp_path / "file", "a.b...c..d.e")
    with (tmp_path / "file").open("rb") as file:
        holes = holes_of(file.fileno(), 12 * BLOCK)
        assert holes == ((3 * BLOCK, 3 * BLOCK), (7 * BLOCK, 2 * BLOCK))
        content = whole(Content(file.fileno(), 12 * BLOCK, holes))
        assert content == b"".join((b"\0" if x == "." else x.encode()) * BLOCK for x in "a.bcd.e")


@pytest.mark.parametrize("left", [0, 1, BLOCK, 2 * BLOCK, 3 * BLOCK + 5, 5 * BLOCK])
def test_a_file_that_became_shorter(tmp_path: Path, left: int) -> None:
    """What was read is a beginning of the file, with the holes that lie in it."""
    make(tmp_path / "file", "ab.c.d")
    with (tmp_path / "file").open("rb+") as file:
        content = Content(file.fileno(), 6 * BLOCK, holes_of(file.fileno(), 6 * BLOCK))
        os.ftruncate(file.fileno(), left)
        data = whole(content)
        meta = Meta(Kind.FILE, size=content.end, holes=content.holes_read())
        assert is_sound(meta)
        assert content_size(meta) == len(data)
        rebuilt = bytearray(content.end)
        for offset, length in places(meta, 0, len(data)):
            rebuilt[offset : offset + length], data = data[:length], data[length:]
        restored = bytes(rebuilt)
        assert (tmp_path / "file").read_bytes().startswith(restored.rstrip(b"\0"))
        assert len(restored) >= left or left > content.end


def test_a_file_system_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SEEK_HOLE a sparse file is one with zeros."""

    def refuse(*args: object) -> int:
        raise OSError(22, "Invalid argument")

    make(tmp_path / "file", "a.b")
    with (tmp_path / "file").open("rb") as file:
        monkeypatch.setattr(os, "lseek", refuse)
        assert holes_of(file.fileno(), 3 * BLOCK) == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), max_size=6), st.integers(0, 5), st.data())
def test_every_byte_has_its_place(gaps: list[tuple[int, int]], tail: int, data: st.DataObject) -> None:
    """Content in any parts goes between the holes, each byte once, in order."""
    holes, end = [], 0
    for before, length in gaps:
        holes.append((end + before, length))
        end += before + length
    meta = Meta(Kind.FILE, size=end + tail, holes=tuple(holes))
    assert is_sound(meta)
    free = [at for at in range(meta.size) if not any(o <= at < o + n for o, n in holes)]
    assert content_size(meta) == len(free)
    start = data.draw(st.integers(0, len(free)))
    length = data.draw(st.integers(0, len(free) - start))
    got = [at for offset, size in places(meta, start, length) for at in range(offset, offset + size)]
    assert got == free[start : start + length]


@pytest.mark.parametrize(
    ("size", "holes"),
    [(10, ((0, 0),)), (10, ((5, 6),)), (10, ((0, 5), (4, 2))), (10, ((5, 2), (1, 2))), (0, ((0, 1),))],
)
def test_holes_that_contradict_themselves(size: int, holes: tuple[tuple[int, int], ...]) -> None:
    """What a catalog says of holes is looked at before it is believed."""
    assert not is_sound(Meta(Kind.FILE, size=size, holes=holes))
