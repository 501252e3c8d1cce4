"""
A block: chunks, sealed and put behind each other in one file, and what is needed to find them there again.

    header | sealed chunk 0 | sealed chunk 1 | … | sealed index | sealed padding | footer

Everything but the block's id and salt is encrypted, sizes too.  The file and the data key are enough to read
it, from the beginning or from the end.  Byte by byte: docs/formats/blocks.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bitdust import crypto
from bitdust.blocks.again import LEVEL, Sum
from bitdust.blocks.block_format import (
    ENTRY,
    ENTRY_SIZE,
    FOOT_MAGIC,
    FOOTER,
    FOOTER_NUMBER,
    FOOTER_SIZE,
    HEAD_MAGIC,
    HEADER,
    HEADER_SIZE,
    INDEX_NUMBER,
    MANY_CHUNKS,
    MAX_CHUNKS,
    PADDING_NUMBER,
    VERSION,
    WHERE,
    ZSTD,
    BlockIndex,
    Buffer,
    Chunk,
    Footer,
    block_key,
    bound,
    nonce,
    padme,
)
from bitdust.blocks.chunker import MAX_CHUNK
from bitdust.crypto import HASH, TAG
from bitdust.disk import STEP
from bitdust.errors import Damaged

__all__ = [
    "FOOTER_SIZE",
    "HEADER_SIZE",
    "BlockIndex",
    "BlockWriter",
    "Chunk",
    "Footer",
    "block_key",
    "open_chunk",
    "open_footer",
    "open_index",
    "read_index",
]


class BlockWriter:
    """
    Writes one block into an open, empty file, front to back.  For one thread at a time.

    A nonce is never used twice: a call that failed to write leaves the writer broken, and the file and its
    salt are to be thrown away.
    """

    def __init__(self, file: BinaryIO, data_key: bytes, block_id: bytes, salt: bytes) -> None:
        if len(block_id) != HASH or len(salt) != HASH:
            raise ValueError("a block id and a salt have 32 bytes each")
        self.block_id = block_id
        self.salt = salt
        self._file = file
        self._cipher = AESGCM(block_key(data_key, salt))
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)
        self._sum = Sum()
        self._chunks: list[Chunk] = []
        self._entries = bytearray()
        self._end = 0
        self._whole = True
        self._closed = False
        self._write_whole(lambda: HEADER.pack(HEAD_MAGIC, VERSION, block_id, salt))

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The chunks so far."""
        return self._chunks

    @property
    def sealed(self) -> bytes:
        """What was sealed so far, as one hash: by it the same block can be made again (`again`)."""
        return self._sum.digest()

    @property
    def size(self) -> int:
        """Bytes of the file: before `close` what it would have if closed now, without padding."""
        if self._closed:
            return self._end
        return self._end + len(self._entries) + TAG + FOOTER_SIZE

    @property
    def is_full(self) -> bool:
        """It has so many chunks that it should be closed whatever its size."""
        return len(self._chunks) >= MANY_CHUNKS

    def add(self, chunk_id: bytes, data: Buffer) -> Chunk:
        """Compress, seal and write one chunk of 1 to `MAX_CHUNK` bytes."""
        length = len(data)
        if not 1 <= length <= MAX_CHUNK or len(chunk_id) != HASH:
            raise ValueError(f"a chunk has 1 to {MAX_CHUNK} bytes and an id of {HASH}")
        if len(self._chunks) >= MAX_CHUNKS:
            raise ValueError(f"a block has at most {MAX_CHUNKS} chunks")
        plain: Buffer = self._zstd.compress(data)
        flags = ZSTD
        if len(plain) >= length:
            plain, flags = data, 0
        number = len(self._chunks)
        offset = self._end
        stored = self._seal(number, flags, plain)
        chunk = Chunk(chunk_id, number, offset, stored, length, flags)
        self._chunks.append(chunk)
        self._entries += ENTRY.pack(chunk_id, stored, length, flags)
        return chunk

    def close(self, pad: bool = False) -> None:
        """
        Write what follows the chunks.  The bytes are handed to the system; the caller makes them durable.

        @param pad: lengthen it so that its size tells little: for the last block of a job.
        """
        index_offset = self._end
        index_stored = self._seal(INDEX_NUMBER, 0, bytes(self._entries))
        if pad:
            bare = self._end + FOOTER_SIZE
            missing = padme(bare) - bare
            if 0 < missing < TAG:  # padding is sealed as well: it has at least a tag
                missing = padme(bare + TAG) - bare
            if missing:
                self._seal(PADDING_NUMBER, 0, bytes(missing - TAG))
        where = WHERE.pack(index_offset, index_stored, len(self._chunks))
        self._write_whole(
            lambda: FOOTER.pack(
                self.block_id, self.salt, self._sealed(FOOTER_NUMBER, 0, where), VERSION, FOOT_MAGIC
            )
        )
        self._file.flush()
        self._closed = True

    def _sealed(self, number: int, flags: int, plain: Buffer) -> bytes:
        self._sum.add(number, flags, plain)
        return self._cipher.encrypt(nonce(number), plain, bound(self.block_id, number, flags))

    def _seal(self, number: int, flags: int, plain: Buffer) -> int:
        return self._write_whole(lambda: self._sealed(number, flags, plain))

    def _write_whole(self, make: Callable[[], bytes]) -> int:
        """Write what `make` makes, which may use up a nonce: asked for only while the writer is sound."""
        if self._closed or not self._whole:
            raise ValueError("this block is closed, or broke when it was written: throw it away")
        self._whole = False
        data = make()
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest[:STEP]) :]
        self._end += len(data)
        self._whole = True
        return len(data)


def open_chunk(key: bytes, block_id: bytes, chunk: Chunk, stored: Buffer) -> bytes:
    """
    The bytes of a chunk.  Whether they are those of `chunk.id` is for the holder of the chunk key to check.

    @param key: `block_key(data_key, salt)`.
    @param stored: the `chunk.stored` bytes at `chunk.offset` of the block file.
    @raise Damaged: they are not what was sealed as this chunk of this block.
    """
    if not 0 <= chunk.number < MAX_CHUNKS or chunk.flags & ~ZSTD or not 1 <= chunk.length <= MAX_CHUNK:
        raise Damaged("this is no chunk that this version can read")
    if len(stored) != chunk.stored:
        raise Damaged(f"a chunk of {chunk.stored} stored bytes came with {len(stored)}")
    plain = crypto.unseal(key, nonce(chunk.number), stored, bound(block_id, chunk.number, chunk.flags))
    if chunk.flags & ZSTD:
        plain = _decompress(plain, chunk.length)
    if len(plain) != chunk.length:
        raise Damaged("a chunk has another length than its record says")
    return plain


def open_footer(data_key: bytes, footer: bytes) -> Footer:
    """
    What the last `FOOTER_SIZE` bytes of a block file say.

    @raise Damaged: they are not the end of a block sealed with this key.
    """
    if len(footer) != FOOTER_SIZE:
        raise Damaged("this is too short for the end of a block")
    block_id, salt, sealed, version, magic = FOOTER.unpack(footer)
    if magic != FOOT_MAGIC or version != VERSION:
        raise Damaged("this is not the end of a block of a version known here")
    key = block_key(data_key, salt)
    where = crypto.unseal(key, nonce(FOOTER_NUMBER), sealed, bound(block_id, FOOTER_NUMBER, 0))
    index_offset, index_stored, count = WHERE.unpack(where)
    if count > MAX_CHUNKS or index_stored != count * ENTRY_SIZE + TAG or index_offset < HEADER_SIZE:
        raise Damaged("the end of a block contradicts itself")
    return Footer(block_id, salt, index_offset, index_stored, count)


def open_index(data_key: bytes, footer: Footer, sealed: bytes) -> BlockIndex:
    """
    The chunks of a block.

    @param sealed: the `footer.index_stored` bytes at `footer.index_offset` of the block file.
    @raise Damaged: they are not its index.
    """
    key = block_key(data_key, footer.salt)
    plain = crypto.unseal(key, nonce(INDEX_NUMBER), sealed, bound(footer.block_id, INDEX_NUMBER, 0))
    if len(plain) != footer.count * ENTRY_SIZE:
        raise Damaged("the index of a block has another length than its end says")
    chunks = []
    offset = HEADER_SIZE
    for number, (chunk_id, stored, length, flags) in enumerate(ENTRY.iter_unpack(plain)):
        chunks.append(Chunk(chunk_id, number, offset, stored, length, flags))
        offset += stored
    if offset != footer.index_offset:
        raise Damaged("the index of a block does not cover its chunks")
    return BlockIndex(footer.block_id, footer.salt, tuple(chunks))


def read_index(file: BinaryIO, data_key: bytes) -> BlockIndex:
    """
    The chunks of a block, from its file alone.

    @raise Damaged: it is not a whole block sealed with this key.
    """
    size = file.seek(0, 2)
    if size < HEADER_SIZE + TAG + FOOTER_SIZE:
        raise Damaged("this is too short for a block")
    file.seek(size - FOOTER_SIZE)
    footer = open_footer(data_key, file.read(FOOTER_SIZE))
    file.seek(0)
    if file.read(HEADER_SIZE) != HEADER.pack(HEAD_MAGIC, VERSION, footer.block_id, footer.salt):
        raise Damaged("the beginning of a block does not belong to its end")
    if footer.index_offset + footer.index_stored + FOOTER_SIZE > size:
        raise Damaged("a block is shorter than its end says")
    file.seek(footer.index_offset)
    return open_index(data_key, footer, file.read(footer.index_stored))


def _decompress(data: bytes, length: int) -> bytes:
    # The length is compared before anything is allocated for it.
    try:
        if zstandard.frame_content_size(data) != length:
            raise Damaged("a compressed chunk has another length than its record says")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=length)
    except zstandard.ZstdError as error:
        raise Damaged(f"a chunk cannot be decompressed: {error}") from None
