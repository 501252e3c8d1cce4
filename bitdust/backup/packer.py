"""
Pack chunks into sealed blocks in the spool.

One packer per job, in one worker thread at a time.  A block that is not closed when the job ends is thrown
away with its salt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import BinaryIO

from msgspec import Struct

from bitdust.blocks.block import BlockWriter, Chunk
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import UNIT, Layout
from bitdust.blocks.stripes import roots_of
from bitdust.customer.spool import Spool
from bitdust.errors import Cancelled
from bitdust.world import Rng


@dataclass(frozen=True)
class Sealed:
    """A block that lies whole and durable in the spool."""

    block: bytes
    salt: bytes
    layout: Layout
    roots: tuple[bytes, ...]
    chunks: tuple[Chunk, ...]
    #: `BlockWriter.sealed`
    sealed: bytes


class Place(Struct, frozen=True):
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
        self._block = b""
        self._limit = 0
        self._busy = Lock()
        self._over = False

    @property
    def block_size(self) -> int:
        """Bytes a block has about when it is closed."""
        return self._block_size()

    def add(self, chunks: Iterable[tuple[bytes, bytes | memoryview]]) -> tuple[list[Place], list[Sealed]]:
        """
        Seal (id, content) chunks: where each was put, and the blocks that became full.

        @raise OSError: the disk is full, or worse; the packer is given up, with the blocks of this call.
        @raise Cancelled: it was given up before, or meanwhile.
        """
        places = []
        with self._working() as full:
            for identifier, content in chunks:
                writer = self._writer or self._begin()
                places.append(Place(writer.block_id, writer.add(identifier, content).number))
                if writer.size >= self._limit or writer.is_full:
                    full.append(self._close(pad=False))
        return places, full

    def finish(self) -> list[Sealed]:
        """
        The last block, padded; none when nothing is open.

        @raise OSError, Cancelled: as in `add`.
        """
        with self._working() as full:
            if self._writer is not None:
                full.append(self._close(pad=True))
        return full

    def abandon(self) -> None:
        """
        Give up: the open block is thrown away.  May be called from any thread and more than once; work under
        way in another one is not waited for, and throws away what it made when it ends.
        """
        self._over = True
        if self._busy.acquire(blocking=False):
            try:
                self._throw_away()
            finally:
                self._busy.release()

    @contextmanager
    def _working(self) -> Iterator[list[Sealed]]:
        """Collects the blocks that the work closes; they go too when it fails or was given up."""
        full: list[Sealed] = []
        try:
            with self._busy:
                if not self._over:
                    yield full
                if self._over:
                    raise Cancelled("this backup was given up")
        except BaseException:
            self.abandon()
            for sealed in full:
                self._spool.remove(sealed.block)
            raise
        if self._over:
            # Given up between the last look and letting go.
            self.abandon()

    def _throw_away(self) -> None:
        file, self._file, self._writer = self._file, None, None
        if file is not None:
            self._spool.discard(self._block, file)

    def _begin(self) -> BlockWriter:
        self._block = self._rng(32)
        self._limit = self._block_size()
        self._file = self._spool.begin(self._block)
        self._writer = BlockWriter(self._file, self._data_key, self._block, self._rng(32))
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
        return Sealed(writer.block_id, writer.salt, layout, roots, tuple(writer.chunks), writer.sealed)
