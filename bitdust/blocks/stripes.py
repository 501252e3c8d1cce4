"""
The pieces of a sealed block, computed from its file a few MiB at a time.  It blocks: call it in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bitdust.blocks.code import Code
from bitdust.blocks.hashtree import Tree, leaf_hashes
from bitdust.blocks.layout import LEAF, Layout
from bitdust.errors import Damaged

#: most bytes of the block in memory at once
READ = 4 * 1024 * 1024


@dataclass(frozen=True)
class _Window:
    """A stretch inside one unit of one row: the same for all pieces."""

    row: int
    start: int
    length: int


def piece_body(file: BinaryIO, layout: Layout, code: Code, number: int, offset: int, length: int) -> bytes:
    """
    A stretch of the body of piece `number`.

    @param file: the sealed block; its position is neither used nor moved.
    @raise Damaged: the file is shorter than the layout says.
    """
    return piece_bodies(file, layout, code, [number], offset, length)[0]


def piece_bodies(
    file: BinaryIO, layout: Layout, code: Code, numbers: Sequence[int], offset: int, length: int
) -> list[bytes]:
    """
    The same stretch of the bodies of several pieces; the block is read once for all of them.

    @raise Damaged: the file is shorter than the layout says.
    """
    layout.check_stretch(offset, length)
    if any(not 0 <= number < layout.n for number in numbers):
        raise Damaged(f"there are only {layout.n} pieces")
    parts: list[list[bytes]] = [[] for _ in numbers]
    parities = [number for number in numbers if number >= layout.k]
    buffer = bytearray(min(_step(layout), length) * layout.k) if parities else bytearray()
    for window in _windows(layout, offset, length):
        if parities:
            units = _read_units(file, layout, window, buffer)
            made = dict(zip(parities, code.encode(units, parities), strict=True))
            found = [made[number] if number >= layout.k else bytes(units[number]) for number in numbers]
        else:
            found = [_read_unit(file, layout, window, number) for number in numbers]
        for part, unit in zip(parts, found, strict=True):
            part.append(unit)
    return [b"".join(part) for part in parts]


def roots_of(file: BinaryIO, layout: Layout, code: Code, block_id: bytes) -> tuple[bytes, ...]:
    """
    The roots of the hash trees of all n pieces.

    @raise Damaged: the file is shorter than the layout says.
    """
    k, n = layout.k, layout.n
    hashes: list[list[bytes]] = [[] for _ in range(n)]
    step = _step(layout)
    buffer = bytearray(step * k)
    space = memoryview(bytearray(step * (n - k)))
    for window in _windows(layout, 0, layout.piece_size):
        units = _read_units(file, layout, window, buffer)
        size = window.length
        parities = [space[at * size : (at + 1) * size] for at in range(n - k)]
        code.encode_into(units, range(k, n), parities)
        first = (window.row * layout.unit + window.start) // LEAF
        for number, unit in enumerate([*units, *parities]):
            hashes[number] += leaf_hashes(block_id, number, first, unit)
    return tuple(Tree.grow(leaves).root for leaves in hashes)


def _step(layout: Layout) -> int:
    """Bytes of each unit that are read at once: whole leaves, so that k of them stay within `READ`."""
    return min(max(READ // layout.k // LEAF, 1) * LEAF, layout.unit, layout.piece_size)


def _windows(layout: Layout, offset: int, length: int) -> Iterator[_Window]:
    step = _step(layout)
    end = offset + length
    while offset < end:
        row, start = divmod(offset, layout.unit)
        size = min(step, layout.unit_of(row) - start, end - offset)
        yield _Window(row, start, size)
        offset += size


def _read_units(file: BinaryIO, layout: Layout, window: _Window, buffer: bytearray) -> list[memoryview]:
    size = window.length
    view = memoryview(buffer)[: size * layout.k]
    if size == layout.unit_of(window.row):  # whole units lie behind each other
        _fill(file, layout, window.row * layout.row, view)
    else:
        for number in range(layout.k):
            _fill(file, layout, _place(layout, window, number), view[number * size : (number + 1) * size])
    return [view[number * size : (number + 1) * size] for number in range(layout.k)]


def _read_unit(file: BinaryIO, layout: Layout, window: _Window, number: int) -> bytes:
    offset = _place(layout, window, number)
    real = max(0, min(window.length, layout.size - offset))
    data = os.pread(file.fileno(), real, offset) if real else b""
    if len(data) != real:
        raise Damaged("the file of a block is shorter than the block")
    return data if real == window.length else data.ljust(window.length, b"\0")


def _place(layout: Layout, window: _Window, number: int) -> int:
    return window.row * layout.row + number * layout.unit_of(window.row) + window.start


def _fill(file: BinaryIO, layout: Layout, offset: int, view: memoryview) -> None:
    """Read the stretch of the block at `offset` into `view`, zeros behind the block's end."""
    real = max(0, min(len(view), layout.size - offset))
    done = 0
    while done < real:
        got = os.preadv(file.fileno(), [view[done:real]], offset + done)
        if not got:
            raise Damaged("the file of a block is shorter than the block")
        done += got
    view[real:] = bytes(len(view) - real)
