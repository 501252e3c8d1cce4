"""
spool -- the sealed blocks that lie on our own disk.

A block is written here before any of it is sent, and any of its pieces can be computed from it again.  It goes when all n
pieces are acknowledged, or earlier when space is short and its version is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bitdust.disk import free_space, private_folder, remove_file, sync_folder

#: bytes of the disk that the spool leaves free
FLOOR = 256 * 2**20


@dataclass
class Spool:
    """
    The folder of sealed blocks.

    @param folder: setting `paths/backups`.
    @param limit: bytes the blocks may take; a full spool pauses backups (setting `paths/spool-limit`).
    """

    folder: Path
    limit: Callable[[], int]

    def __post_init__(self) -> None:
        private_folder(self.folder)
        self._sizes = {file.stem: file.stat().st_size for file in sorted(self.folder.glob("*.block"))}
        for leftover in self.folder.glob("*.new"):
            leftover.unlink()

    @property
    def used(self) -> int:
        """Bytes of all blocks here."""
        return sum(self._sizes.values())

    def has_room(self, size: int) -> bool:
        """Whether another block of `size` bytes may be written.  One block always may when the spool is empty."""
        if free_space(self.folder) < size + FLOOR:
            return False
        return not self._sizes or self.used + size <= self.limit()

    def begin(self, block: bytes) -> BinaryIO:
        """The new file of a block; `keep` or `discard` ends it."""
        return self._new(block).open("x+b")

    def keep(self, block: bytes, file: BinaryIO) -> None:
        """The block is whole: make it durable under its name.  Blocks; for a worker thread."""
        file.flush()
        os.fsync(file.fileno())
        self._sizes[block.hex()] = os.fstat(file.fileno()).st_size
        file.close()
        self._new(block).rename(self.path(block))
        sync_folder(self.folder)

    def discard(self, block: bytes, file: BinaryIO) -> None:
        """The block is not wanted."""
        file.close()
        self._new(block).unlink(missing_ok=True)

    def path(self, block: bytes) -> Path:
        """Where a block lies, or would."""
        return self.folder / f"{block.hex()}.block"

    def has(self, block: bytes) -> bool:
        """Whether the whole sealed block is here."""
        return block.hex() in self._sizes

    def size(self, block: bytes) -> int:
        """Bytes of a block here, 0 when it is not."""
        return self._sizes.get(block.hex(), 0)

    def remove(self, block: bytes) -> int:
        """Let go of a block; the bytes that freed."""
        freed = self._sizes.pop(block.hex(), 0)
        remove_file(self.path(block))
        return freed

    def blocks(self) -> Iterator[bytes]:
        """Every block here."""
        return (bytes.fromhex(name) for name in sorted(self._sizes))

    def _new(self, block: bytes) -> Path:
        return self.folder / f"{block.hex()}.new"
