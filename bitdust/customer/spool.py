"""
spool -- the sealed blocks that lie on our own disk.

A block is written here before any of it is sent, and any of its pieces can be computed from it again.  It
goes when all n pieces are acknowledged, or earlier when space is short and its version is committed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bitdust.disk import free_space, private_folder, remove_file, sync_folder

#: bytes of a block gathered before they are written: chunks of small files are a few KiB each
BUFFER = 256 * 2**10
#: bytes of the disk that the spool leaves free
FLOOR = 256 * 2**20

_BLOCK, _NEW = re.compile(r"([0-9a-f]{64})\.block"), re.compile(r"[0-9a-f]{64}\.new")


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
        self._sizes: dict[str, int] = {}
        # The user chose the folder, and may keep other things there: only our own names are touched.
        with os.scandir(self.folder) as files:
            for file in files:
                if block := _BLOCK.fullmatch(file.name):
                    status = file.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        self._sizes[block[1]] = status.st_size
                elif _NEW.fullmatch(file.name):
                    os.unlink(file)

    @property
    def used(self) -> int:
        """Bytes of all blocks here."""
        return sum(self._sizes.values())

    def has_room(self, size: int) -> bool:
        """
        Whether another block of `size` bytes may be written.  When the spool is empty, one always may that
        the disk has room for.
        """
        return not self.disk_is_full(size) and self._is_within(size)

    def disk_is_full(self, size: int) -> bool:
        """Whether the disk is short of room for another block, whatever the limit says."""
        return free_space(self.folder) < size + FLOOR

    def _is_within(self, size: int) -> bool:
        return not self._sizes or self.used + size <= self.limit()

    def begin(self, block: bytes) -> BinaryIO:
        """The new file of a block; `keep` or `discard` ends it."""
        return self._new(block).open("x+b", buffering=BUFFER)

    def keep(self, block: bytes, file: BinaryIO) -> None:
        """The block is whole: make it durable under its name.  Blocks; for a worker thread."""
        file.flush()
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
        file.close()
        self._new(block).rename(self.path(block))
        sync_folder(self.folder)
        self._sizes[block.hex()] = size

    def discard(self, block: bytes, file: BinaryIO) -> None:
        """The block is not wanted, or could not be kept: nothing of it stays."""
        # Closing writes out what is buffered, for which a full disk has no room: nobody wants it.
        with suppress(OSError):
            file.close()
        self._new(block).unlink(missing_ok=True)
        if not self.has(block):
            self.path(block).unlink(missing_ok=True)

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

    def remove_all(self, blocks: Iterable[bytes]) -> int:
        """Let go of all of them, durably at once; the bytes that freed.  Blocks; for a worker thread."""
        freed = 0
        for block in blocks:
            freed += self._sizes.pop(block.hex(), 0)
            self.path(block).unlink(missing_ok=True)
        sync_folder(self.folder)
        return freed

    def blocks(self) -> Iterator[bytes]:
        """Every block here."""
        return (bytes.fromhex(name) for name in sorted(self._sizes))

    def _new(self, block: bytes) -> Path:
        return self.folder / f"{block.hex()}.new"
