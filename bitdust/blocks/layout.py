"""
Which byte of a block lies in which byte of which piece.

The block is written in rows of k units; piece i < k is unit i of every row, one after the other.  The units
of the last row are shorter: what is left of the block divided by k, rounded up and filled with zeros.  The
other n - k pieces are parities of the same length.  A stretch at one offset of any k pieces gives the same
stretch of all others, so a leaf is decoded without its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitdust.errors import Usage

#: bytes of a leaf: the least part of a piece that can be asked for and proved
LEAF = 64 * 1024

#: the unit blocks are laid out with; other multiples of a leaf are read too
UNIT = 256 * 1024

#: bounds of what is accepted from outside
MAX_UNIT, MAX_PIECES, MAX_BLOCK = 4 * 1024 * 1024, 256, 2**40


@dataclass(frozen=True)
class Span:
    """A stretch of the body of a piece."""

    piece: int
    offset: int
    length: int


@dataclass(frozen=True)
class Home:
    """A stretch of the body of a data piece, and where in the block these bytes belong."""

    piece_offset: int
    block_offset: int
    length: int


@dataclass(frozen=True)
class Layout:
    """
    A block of `size` bytes as n pieces of which k are enough.

    @raise Usage: the numbers are out of bounds.
    """

    size: int
    k: int
    n: int
    unit: int = UNIT

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.n <= MAX_PIECES:
            raise Usage(f"{self.k} of {self.n} is no erasure code")
        if not 1 <= self.size <= MAX_BLOCK:
            raise Usage(f"a block has 1 to {MAX_BLOCK} bytes, not {self.size}")
        if not LEAF <= self.unit <= MAX_UNIT or self.unit % LEAF:
            raise Usage(f"a unit is a multiple of {LEAF} up to {MAX_UNIT}, not {self.unit}")

    @property
    def row(self) -> int:
        """Bytes of the block in every row but the last."""
        return self.k * self.unit

    @property
    def full_rows(self) -> int:
        """Rows with whole units."""
        return self.size // self.row

    @property
    def last_unit(self) -> int:
        """Bytes of a unit in the row behind the full ones; 0 when there is none."""
        return -(-(self.size % self.row) // self.k)

    @property
    def rows(self) -> int:
        """All rows."""
        return -(-self.size // self.row)

    @property
    def piece_size(self) -> int:
        """Bytes of the body of every piece."""
        return piece_size(self.size, self.k, self.unit)

    @property
    def leaves(self) -> int:
        """Leaves of every piece."""
        return -(-self.piece_size // LEAF)

    def unit_of(self, row: int) -> int:
        """Bytes of a unit in this row."""
        return self.unit if row < self.full_rows else self.last_unit

    def leaf_span(self, first: int, count: int = 1) -> tuple[int, int]:
        """
        Offset and length, in the body of any piece, of `count` leaves from leaf `first`.

        @raise Usage: there are not so many leaves.
        """
        if first < 0 or count < 1 or first + count > self.leaves:
            raise Usage(f"a piece of this block has {self.leaves} leaves: not {count} from {first}")
        offset = first * LEAF
        return offset, min(count * LEAF, self.piece_size - offset)

    def locate(self, offset: int, length: int) -> tuple[Span, ...]:
        """
        Where a stretch of the block lies in the data pieces, in the order of the block.

        @raise Usage: the block does not reach that far.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Usage(f"the block has {self.size} bytes: not {length} from {offset}")
        spans = []
        end = offset + length
        while offset < end:
            row, inside = divmod(offset, self.row)
            unit = self.unit_of(row)
            piece, start = divmod(inside, unit)
            step = min(unit - start, end - offset)
            spans.append(Span(piece, row * self.unit + start, step))
            offset += step
        return tuple(spans)

    def homes(self, piece: int, offset: int, length: int) -> tuple[Home, ...]:
        """
        Where a stretch of the body of data piece `piece` belongs in the block; filling is left out.

        @raise Usage: it is no data piece, or its body does not reach that far.
        """
        if not 0 <= piece < self.k:
            raise Usage(f"piece {piece} is not one of the {self.k} data pieces")
        self.check_stretch(offset, length)
        homes = []
        end = offset + length
        while offset < end:
            row, start = divmod(offset, self.unit)
            unit = self.unit_of(row)
            step = min(unit - start, end - offset)
            at = row * self.row + piece * unit + start
            real = min(step, self.size - at)
            if real > 0:
                homes.append(Home(offset, at, real))
            offset += step
        return tuple(homes)

    def covered(self, first: int, count: int = 1) -> tuple[tuple[int, int], ...]:
        """Offset and length of the parts of the block that these leaves of all k data pieces give."""
        offset, length = self.leaf_span(first, count)
        parts = sorted(
            (home.block_offset, home.length)
            for piece in range(self.k)
            for home in self.homes(piece, offset, length)
        )
        merged: list[tuple[int, int]] = []
        for at, size in parts:
            if merged and sum(merged[-1]) == at:
                merged[-1] = (merged[-1][0], merged[-1][1] + size)
            else:
                merged.append((at, size))
        return tuple(merged)

    def check_stretch(self, offset: int, length: int) -> None:
        """@raise Usage: the body of a piece does not reach that far."""
        if offset < 0 or length < 0 or offset + length > self.piece_size:
            raise Usage(f"a piece of this block has {self.piece_size} bytes: not {length} from {offset}")


def piece_size(size: int, k: int, unit: int) -> int:
    """Bytes of the body of every piece of a block of `size` bytes."""
    rows, rest = divmod(size, k * unit)
    return rows * unit + -(-rest // k)
