"""
opening -- chunks out of a sealed block, verified: a wrong byte gets no further than this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitdust.blocks.block import Chunk, block_key, open_chunk
from bitdust.blocks.chunker import chunk_id
from bitdust.customer.block_reader import BlockPlan, BlockReader
from bitdust.errors import Damaged
from bitdust.wire.packets import Priority
from bitdust.world import InThread


@dataclass(frozen=True)
class Opening:
    """Opens chunks with the keys of one identity."""

    reader: BlockReader
    in_thread: InThread
    data_key: bytes
    chunk_key: bytes

    async def read(
        self, plan: BlockPlan, part: Sequence[Chunk], priority: Priority, *, local: bool = True
    ) -> list[bytes]:
        """
        The bytes of chunks that lie near each other in a block, in order; read in one go.

        @param local: take them from the spool if they are there.
        @raise Offline: fewer than k pieces can be had.
        @raise Damaged: they are not what was backed up, though every piece is.
        """
        start = part[0].offset
        size = part[-1].offset + part[-1].stored - start
        if local and self.reader.is_local(plan):
            stored = await self.reader.read(plan, start, size, priority)
            try:
                return await self.in_thread(self.open, plan, part, stored)
            except Damaged:
                # The spool is not verified as it is read; what suppliers have is.
                self.reader.spoiled(plan.serial)
        stored = await self.reader.read(plan, start, size, priority, local=False)
        return await self.in_thread(self.open, plan, part, stored)

    def open(self, plan: BlockPlan, part: Sequence[Chunk], stored: bytes) -> list[bytes]:
        """
        Decrypt, and compute each chunk's id again.

        @param stored: the bytes of the block from the first of these chunks to the end of the last.
        @raise Damaged: a chunk is not what was backed up.
        """
        key = block_key(self.data_key, plan.salt)
        start = part[0].offset
        view = memoryview(stored)
        plain = []
        for chunk in part:
            at = chunk.offset - start
            content = open_chunk(key, plan.block, chunk, view[at : at + chunk.stored])
            if chunk_id(content, self.chunk_key) != chunk.id:
                raise Damaged(
                    f"chunk {chunk.number} of block {plan.block.hex()[:16]} is not what was backed up"
                )
            plain.append(content)
        return plain
