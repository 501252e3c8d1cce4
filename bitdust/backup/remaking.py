"""
remaking -- a block that was lost from suppliers, made again from the files it was made of.

As long as they have not changed nothing needs to be fetched; of a file that has changed only the chunks that
are not in it any more.  Whatever comes of it is compared with the roots in the catalog before any of it is
sent; a block that does not come out the same is fetched as a whole.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from twisted.logger import Logger

from bitdust.backup.folders import Folders
from bitdust.backup.sparse import places
from bitdust.blocks.again import Again
from bitdust.blocks.block_format import Chunk
from bitdust.blocks.chunker import chunk_id
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import LEAF
from bitdust.blocks.stripes import roots_of
from bitdust.catalog import originals
from bitdust.catalog.facts import Meta
from bitdust.catalog.originals import Original
from bitdust.customer.block_reader import BlockPlan, BlockReader
from bitdust.database import Database
from bitdust.errors import Damaged
from bitdust.wire.packets import Priority
from bitdust.world import InThread

#: bytes of content in one hop to a thread, and files tried for one chunk
STRETCH, TRIES = 4 * 2**20, 4

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

#: chunk number -> files that have the chunk, and where in their content
Where = dict[int, list[tuple[Original, int]]]


@dataclass
class Remaking:
    """
    Makes blocks of this machine's own again.

    @param data_key, chunk_key: of the identity.
    """

    db: Database
    reader: BlockReader
    codecs: Codecs
    in_thread: InThread
    data_key: bytes
    chunk_key: bytes
    #: where the chunks of blocks lie that were located: serial -> where
    _located: dict[int, Where] = field(default_factory=dict)

    _log = Logger()

    async def locate(self, serials: Collection[int]) -> None:
        """Find out which files have chunks of these blocks; once for many blocks, since it takes a while."""
        known = await self.db.read(originals.can_be_made, serials)
        self._located = {serial: {} for serial in known}
        for item in await self.db.read(originals.users_of, known):
            after: bytes | None = None
            while True:
                found, after = await self.db.read(originals.page, item, known, after)
                for original in found:
                    for serial, number, offset in original.places:
                        self._located[serial].setdefault(number, []).append((original, offset))
                if after is None:
                    break

    async def make(self, plan: BlockPlan, file: BinaryIO) -> bool:
        """
        Make a located block in this empty file; False: it is to be fetched, and what the file has is nothing.

        @raise BitDustError: what is missing of it cannot be fetched.
        """
        where = self._located.pop(plan.serial, {})
        recorded = await self.db.read(originals.recorded, plan.serial) if where else None
        if recorded is None:
            return False
        chunks = recorded.chunks
        again = Again(self.data_key, plan.block, plan.salt, plan.layout.size, chunks, recorded.sealed)
        here = [chunk for chunk in chunks if chunk.number in where]
        lacking = {chunk.number for chunk in chunks} - {chunk.number for chunk in here}
        with _Files() as files:
            for part in _stretches(here):
                if not _is_worth_it(chunks, lacking, plan.layout.size):
                    return False
                lacking |= await self.in_thread(self._rehearse, again, files, where, part)
            if not _is_worth_it(chunks, lacking, plan.layout.size):
                return False
            for run in _runs(chunks, lacking):
                size = run[-1].offset + run[-1].stored - run[0].offset
                stored = await self.reader.read(plan, run[0].offset, size, Priority.REPAIR)
                await self.in_thread(_fill, again, file, run, stored)
            if not await self.in_thread(again.is_same):
                self._say(plan, "another version of this program would seal it otherwise")
                return False
            try:
                for part in _stretches([chunk for chunk in here if chunk.number not in lacking]):
                    await self.in_thread(self._write, again, file, files, where, part)
            except Damaged:
                self._say(plan, "a file has changed meanwhile")
                return False
        await self.in_thread(again.finish, file)
        code = self.codecs.code(plan.layout.k, plan.layout.n)
        if await self.in_thread(roots_of, file, plan.layout, code, plan.block) != plan.roots:
            self._say(plan, "it did not come out the same")
            return False
        return True

    def _say(self, plan: BlockPlan, why: str) -> None:
        self._log.info(
            "block {block} is fetched, not made from files: {why}", block=plan.block.hex()[:16], why=why
        )

    # -- in a thread

    def _rehearse(self, again: Again, files: _Files, where: Where, part: Sequence[Chunk]) -> set[int]:
        """The chunks that no file has any more."""
        lacking = set()
        for chunk in part:
            content = self._content(files, where[chunk.number], chunk)
            if content is None or not again.rehearse(chunk, content):
                lacking.add(chunk.number)
        return lacking

    def _write(
        self, again: Again, file: BinaryIO, files: _Files, where: Where, part: Sequence[Chunk]
    ) -> None:
        for chunk in part:
            content = self._content(files, where[chunk.number], chunk)
            if content is None:
                raise Damaged("a chunk is not in its file any more")
            again.write(file, chunk, content)

    def _content(
        self, files: _Files, candidates: Sequence[tuple[Original, int]], chunk: Chunk
    ) -> bytes | None:
        for original, offset in candidates[:TRIES]:
            content = files.read(original, offset, chunk.length)
            if content is not None and chunk_id(content, self.chunk_key) == chunk.id:
                return content
        return None


class _Files:
    """Files of this machine, as long as they are what they were; the last one stays open."""

    def __init__(self) -> None:
        self._folders: Folders | None = None
        self._root = b""
        self._open: tuple[Original, int] | None = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        if self._folders is not None:
            self._folders.close()

    def read(self, original: Original, offset: int, length: int) -> bytes | None:
        """A stretch of its content; None: it is not the file that was backed up, or cannot be read."""
        try:
            if self._open is None or self._open[0] is not original:
                self._close()
                self._open = original, self._opened(original)
            descriptor = self._open[1]
            if not _is_unchanged(os.fstat(descriptor), original.meta):
                return None
            parts = [os.pread(descriptor, size, at) for at, size in places(original.meta, offset, length)]
        except OSError:
            # It may have gone, or never been one of this machine's.
            return None
        return b"".join(parts)

    def _opened(self, original: Original) -> int:
        if not original.path:
            return os.open(original.root, _FLAGS)
        if self._folders is None or self._root != original.root:
            if self._folders is not None:
                self._folders.close()
            self._folders, self._root = Folders(original.root), original.root
        folder, _, name = original.path.rpartition(b"/")
        return os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=self._folders.at(folder))

    def _close(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
            self._open = None


def _is_unchanged(now: os.stat_result, meta: Meta) -> bool:
    return modes.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (
        meta.size, meta.mtime_ns, meta.ctime_ns, meta.ino,
    )  # fmt: skip


def _fill(again: Again, file: BinaryIO, run: Sequence[Chunk], stored: bytes) -> None:
    """Chunks that came sealed are put where they belong."""
    view = memoryview(stored)
    for chunk in run:
        at = chunk.offset - run[0].offset
        again.rehearse_sealed(chunk, view[at : at + chunk.stored])
    file.seek(run[0].offset)
    file.write(stored)


def _stretches(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    part: list[Chunk] = []
    size = 0
    for chunk in chunks:
        part.append(chunk)
        size += chunk.length
        if size >= STRETCH:
            yield part
            part, size = [], 0
    if part:
        yield part


def _runs(chunks: Sequence[Chunk], lacking: Collection[int]) -> Iterator[list[Chunk]]:
    """Those that are lacking, neighbours together, no more than a stretch at a time."""
    run: list[Chunk] = []
    size = 0
    for chunk in chunks:
        if chunk.number not in lacking or size >= STRETCH:
            if run:
                yield run
            run, size = [], 0
        if chunk.number in lacking:
            run.append(chunk)
            size += chunk.stored
    if run:
        yield run


def _is_worth_it(chunks: Sequence[Chunk], lacking: Collection[int], size: int) -> bool:
    """Whether fetching these chunks brings less than fetching the block; whole leaves are fetched."""
    return sum(sum(chunk.stored for chunk in run) + LEAF for run in _runs(chunks, lacking)) < size
