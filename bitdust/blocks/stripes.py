"""
The pieces of a sealed block, computed from its file a few MiB at a time.  It blocks: call it in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
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


def piece_body(
    file: BinaryIO, layout: Layout, code: Code, number: int, offset: int, length: int
) -> memoryview:
    """
    A stretch of the body of piece `number`.

    @param file: the sealed block; its position is neither used nor moved.
    @raise Damaged: the file is shorter than the layout says.
    """
    return piece_bodies(file, layout, code, [number], offset, length)[0]


def piece_bodies(
    file: BinaryIO, layout: Layout, code: Code, numbers: Sequence[int], offset: int, length: int
) -> list[memoryview]:
    """
    The same stretch of the bodies of several pieces; the block is read once for all of them.

    @raise Damaged: the file is shorter than the layout says.
    """
    layout.check_stretch(offset, length)
    if any(not 0 <= number < layout.n for number in numbers):
        raise Damaged(f"there are only {layout.n} pieces")
    bodies = {number: memoryview(bytearray(length)) for number in numbers}
    parities = [number for number in bodies if number >= layout.k]
    # A parity is made of all data, also of those that nobody wants.
    data = range(layout.k) if parities else sorted(bodies)
    step = min(_step(layout), length)
    unwanted = {number: memoryview(bytearray(step)) for number in data if number not in bodies}
    at = 0
    for window in _windows(layout, offset, length):
        end = at + window.length
        units = {
            number: bodies[number][at:end] if number in bodies else unwanted[number][: window.length]
            for number in data
        }
        _read_units(file, layout, window, units)
        if parities:
            code.encode_into([*units.values()], parities, [bodies[number][at:end] for number in parities])
        at = end
    return [bodies[number] for number in numbers]


def roots_of(file: BinaryIO, layout: Layout, code: Code, block_id: bytes) -> tuple[bytes, ...]:
    """
    The roots of the hash trees of all n pieces.

    @raise Damaged: the file is shorter than the layout says.
    """
    k, n = layout.k, layout.n
    hashes: list[list[bytes]] = [[] for _ in range(n)]
    step = _step(layout)
    space = memoryview(bytearray(step * n))
    for window in _windows(layout, 0, layout.piece_size):
        size = window.length
        units = [space[at * size : (at + 1) * size] for at in range(n)]
        _read_units(file, layout, window, dict(enumerate(units[:k])))
        code.encode_into(units[:k], range(k, n), units[k:])
        first = (window.row * layout.unit + window.start) // LEAF
        for number, unit in enumerate(units):
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


def _read_units(file: BinaryIO, layout: Layout, window: _Window, units: Mapping[int, memoryview]) -> None:
    """Read the window of these data pieces into their buffers."""
    if len(units) == layout.k and window.length == layout.unit_of(window.row):
        # Whole units lie behind each other.
        _fill(file, layout, window.row * layout.row, [*units.values()])
        return
    for number, unit in units.items():
        offset = window.row * layout.row + number * layout.unit_of(window.row) + window.start
        _fill(file, layout, offset, [unit])


def _fill(file: BinaryIO, layout: Layout, offset: int, buffers: Sequence[memoryview]) -> None:
    """Read the stretch of the block at `offset` into the buffers, zeros behind the block's end."""
    wanted = sum(map(len, buffers))
    real = max(0, min(wanted, layout.size - offset))
    done = os.preadv(file.fileno(), _part(buffers, 0, real), offset) if real else 0
    while done < real:
        got = os.preadv(file.fileno(), _part(buffers, done, real), offset + done)
        if not got:
            raise Damaged("the file of a block is shorter than the block")
        done += got
    for buffer in _part(buffers, real, wanted):
        buffer[:] = bytes(len(buffer))


def _part(buffers: Sequence[memoryview], begin: int, end: int) -> list[memoryview]:
    """What lies between these two places, the buffers taken as one."""
    parts, at = [], 0
    for buffer in buffers:
        part = buffer[max(0, begin - at) : max(0, end - at)]
        at += len(buffer)
        if part:
            parts.append(part)
    return parts
