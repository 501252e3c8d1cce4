"""
The same block again, to the byte, from the chunks that were sealed in it.

A nonce may meet one plaintext only, for ever; so what was once sealed under a block's key is remembered as a
hash (`Sum`), and nothing is encrypted under that key a second time before everything that would be was shown
to be the same.  Two rounds: first all chunks are *rehearsed*, which encrypts nothing; if the sum of all is
the one that was remembered, they are sealed, each looked at once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import BinaryIO

import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bitdust import crypto
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
    PADDING_NUMBER,
    VERSION,
    WHERE,
    ZSTD,
    Buffer,
    Chunk,
    block_key,
    bound,
    nonce,
)
from bitdust.crypto import TAG
from bitdust.errors import Damaged

_CONTEXT = "bitdust sealed plaintext 1"
_LEAF = Struct(">IBQ")  # number, flags, length
#: bytes up to which it costs less to copy them behind their head than to hash in two steps
SMALL = 2**16
#: zstd's level: another one makes other bytes
LEVEL = 1


class Sum:
    """What was sealed under the key of a block: a hash over (number, flags, plaintext) of each, in order."""

    def __init__(self) -> None:
        self._all = blake3(derive_key_context=_CONTEXT)

    def add(self, number: int, flags: int, plain: Buffer) -> None:
        """This is sealed next."""
        self.add_leaf(leaf_of(number, flags, plain))

    def add_leaf(self, leaf: bytes) -> None:
        """The same of something that was hashed before."""
        self._all.update(leaf)

    def digest(self) -> bytes:
        """32 bytes."""
        return self._all.digest()


def leaf_of(number: int, flags: int, plain: Buffer) -> bytes:
    """The hash of one thing that is sealed."""
    head = _LEAF.pack(number, flags, len(plain))
    if len(plain) <= SMALL:
        return blake3(b"".join((head, plain)), derive_key_context=_CONTEXT).digest()
    one = blake3(derive_key_context=_CONTEXT)
    one.update(head)
    one.update(plain)
    return one.digest()


class Again:
    """
    One block that is made again.  For one thread at a time.

    @param size: bytes of its file.
    @param chunks: all of them, in order.
    @param sealed: the digest of `Sum` when it was sealed first.
    """

    def __init__(
        self, data_key: bytes, block_id: bytes, salt: bytes, size: int, chunks: Sequence[Chunk], sealed: bytes
    ) -> None:
        self._key = block_key(data_key, salt)
        self._cipher = AESGCM(self._key)
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)
        self._block_id = block_id
        self._salt = salt
        self._size = size
        self._chunks = chunks
        self._sealed = sealed
        #: what was rehearsed: number -> its hash
        self._leaves: dict[int, bytes] = {}
        self._is_same = False

    def rehearse(self, chunk: Chunk, content: Buffer) -> bool:
        """Could it be sealed from this content?  False: not as it was; its sealed bytes are needed."""
        plain = self._plain(chunk, content)
        if len(content) != chunk.length or len(plain) + TAG != chunk.stored:
            return False
        self._leaves[chunk.number] = leaf_of(chunk.number, chunk.flags, plain)
        return True

    def rehearse_sealed(self, chunk: Chunk, stored: Buffer) -> None:
        """
        Its sealed bytes came from elsewhere, and are not sealed here.

        @raise Damaged: they are not those of this chunk.
        """
        aad = bound(self._block_id, chunk.number, chunk.flags)
        plain = crypto.unseal(self._key, nonce(chunk.number), stored, aad)
        self._leaves[chunk.number] = leaf_of(chunk.number, chunk.flags, plain)

    def is_same(self) -> bool:
        """
        Everything was rehearsed: is all of it what was sealed before?  Only then anything may be sealed.
        """
        found = Sum()
        for chunk in self._chunks:
            if chunk.number not in self._leaves:
                return False
            found.add_leaf(self._leaves[chunk.number])
        for number, plain in self._end():
            leaf = self._leaves[number] = leaf_of(number, 0, plain)
            found.add_leaf(leaf)
        self._is_same = found.digest() == self._sealed
        return self._is_same

    def write(self, file: BinaryIO, chunk: Chunk, content: Buffer) -> None:
        """
        Seal a chunk into its place in the file.

        @raise Damaged: the content is not the one that was rehearsed.
        """
        sealed = self._seal(chunk.number, chunk.flags, self._plain(chunk, content))
        file.seek(chunk.offset)
        file.write(sealed)

    def finish(self, file: BinaryIO) -> None:
        """Write what is before and behind the chunks.  The caller makes it durable, and checks the roots."""
        file.seek(0)
        file.write(HEADER.pack(HEAD_MAGIC, VERSION, self._block_id, self._salt))
        file.seek(self._index_offset)
        for number, plain in self._end():
            sealed = self._seal(number, 0, plain)
            if number == FOOTER_NUMBER:
                sealed = FOOTER.pack(self._block_id, self._salt, sealed, VERSION, FOOT_MAGIC)
            file.write(sealed)
        file.flush()

    def _seal(self, number: int, flags: int, plain: Buffer) -> bytes:
        # The only place here that encrypts.
        if not self._is_same or leaf_of(number, flags, plain) != self._leaves[number]:
            raise Damaged("what is to be sealed again is not what was sealed before")
        return self._cipher.encrypt(nonce(number), plain, bound(self._block_id, number, flags))

    def _plain(self, chunk: Chunk, content: Buffer) -> Buffer:
        return self._zstd.compress(content) if chunk.flags & ZSTD else content

    @property
    def _index_offset(self) -> int:
        return self._chunks[-1].offset + self._chunks[-1].stored if self._chunks else HEADER_SIZE

    def _end(self) -> list[tuple[int, bytes]]:
        """(number, plaintext) of what is sealed behind the chunks."""
        entries = b"".join(ENTRY.pack(each.id, each.stored, each.length, each.flags) for each in self._chunks)
        stored = len(self._chunks) * ENTRY_SIZE + TAG
        found = [(INDEX_NUMBER, entries)]
        missing = self._size - self._index_offset - stored - FOOTER_SIZE
        if missing >= TAG:
            found.append((PADDING_NUMBER, bytes(missing - TAG)))
        found.append((FOOTER_NUMBER, WHERE.pack(self._index_offset, stored, len(self._chunks))))
        return found
