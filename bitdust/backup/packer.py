"""
Pack chunks into sealed blocks in the spool.

One packer per job, in one worker thread at a time.  A block that is not closed when the job ends is thrown away with
its salt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from bitdust.blocks.block import BlockWriter, Chunk
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import UNIT, Layout
from bitdust.blocks.stripes import roots_of
from bitdust.customer.spool import Spool
from bitdust.world import Rng


@dataclass(frozen=True)
class Sealed:
    """A block that lies whole and durable in the spool."""

    block: bytes
    salt: bytes
    layout: Layout
    roots: tuple[bytes, ...]
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Place:
    """Where a chunk was put: the block's id and its number there."""

    block: bytes
    number: int


class Packer:
    """
    @param shape: (k, n) for the next block.
    @param block_size: bytes at which the next block is closed.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        data_key: bytes,
        codecs: Codecs,
        rng: Rng,
        shape: Callable[[], tuple[int, int]],
        block_size: Callable[[], int],
    ) -> None:
        self._spool = spool
        self._data_key = data_key
        self._codecs = codecs
        self._rng = rng
        self.shape = shape
        self._block_size = block_size
        self._file: BinaryIO | None = None
        self._writer: BlockWriter | None = None
        self._limit = 0

    @property
    def block_size(self) -> int:
        """Bytes a block has about when it is closed."""
        return self._block_size()

    def add(self, chunks: Iterable[tuple[bytes, bytes | memoryview]]) -> tuple[list[Place], list[Sealed]]:
        """
        Seal (id, content) chunks: where each was put, and the blocks that became full.

        @raise OSError: the disk is full, or worse; the open block is lost.
        """
        places = []
        full = []
        try:
            for identifier, content in chunks:
                writer = self._writer or self._begin()
                places.append(Place(writer.block_id, writer.add(identifier, content).number))
                if writer.size >= self._limit or writer.is_full:
                    full.append(self._close(pad=False))
        except BaseException:
            self.abandon()
            raise
        return places, full

    def finish(self) -> list[Sealed]:
        """The last block, padded; none when nothing is open."""
        if self._writer is None:
            return []
        try:
            return [self._close(pad=True)]
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Throw the open block away."""
        if self._writer is not None and self._file is not None:
            self._spool.discard(self._writer.block_id, self._file)
        self._writer = self._file = None

    def _begin(self) -> BlockWriter:
        block = self._rng(32)
        self._limit = self._block_size()
        self._file = self._spool.begin(block)
        self._writer = BlockWriter(self._file, self._data_key, block, self._rng(32))
        return self._writer

    def _close(self, *, pad: bool) -> Sealed:
        writer, file = self._writer, self._file
        assert writer is not None
        assert file is not None
        writer.close(pad=pad)
        k, n = self.shape()
        layout = Layout(writer.size, k, n, UNIT)
        roots = roots_of(file, layout, self._codecs.code(k, n), writer.block_id)
        self._spool.keep(writer.block_id, file)
        self._writer = self._file = None
        return Sealed(writer.block_id, writer.salt, layout, roots, tuple(writer.chunks))
