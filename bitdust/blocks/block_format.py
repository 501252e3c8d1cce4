"""
The words of the block format: keys, numbers, records.  Byte by byte: docs/formats/blocks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import msgspec

from bitdust import crypto
from bitdust.crypto import NONCE, TAG

VERSION = 1
HEAD_MAGIC, FOOT_MAGIC = b"BDBLOCK\n", b"BDBLKEND"

#: bits of a chunk's flags: its bytes were compressed with zstd before they were sealed
ZSTD = 1

#: numbers that stand for no chunk: the nonces of what else is sealed under the block's key
INDEX_NUMBER, FOOTER_NUMBER, PADDING_NUMBER = 2**32 - 1, 2**32 - 2, 2**32 - 3

#: a block is closed when it has so many chunks; more than the limit are refused, written or read
MANY_CHUNKS, MAX_CHUNKS = 2**16, 2**20

HEADER = Struct(">8sI32s32s")  # magic, version, block id, salt
ENTRY = Struct(">32sIIB")  # chunk id, stored, length, flags
WHERE = Struct(">QII")  # offset of the sealed index, its stored length, number of chunks
FOOTER = Struct(f">32s32s{WHERE.size + TAG}sI8s")  # block id, salt, sealed WHERE, version, magic
BOUND = Struct(">I32sIB")  # version, block id, number, flags

HEADER_SIZE, FOOTER_SIZE, ENTRY_SIZE = HEADER.size, FOOTER.size, ENTRY.size

Buffer = bytes | memoryview


class Chunk(msgspec.Struct, frozen=True):
    """One chunk of a block: `stored` bytes at `offset` of the block file are its `length` bytes, sealed."""

    id: bytes
    number: int
    offset: int
    stored: int
    length: int
    flags: int


@dataclass(frozen=True)
class BlockIndex:
    """What a block says about itself."""

    block_id: bytes
    salt: bytes
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Footer:
    """The end of a block file: who it is and where its index lies."""

    block_id: bytes
    salt: bytes
    index_offset: int
    index_stored: int
    count: int


def block_key(data_key: bytes, salt: bytes) -> bytes:
    """The key of one block.  Its salt is drawn afresh for every block, so no two share a key."""
    return crypto.derive(data_key, "block", salt=salt)


def padme(size: int) -> int:
    """The next length that Padmé allows: at most 12 % more, and few lengths to tell apart."""
    exponent = size.bit_length() - 1
    free = exponent - exponent.bit_length()
    return size if free <= 0 else -(-size >> free) << free


def nonce(number: int) -> bytes:
    """The nonce of what has this number in its block."""
    return number.to_bytes(NONCE, "big")


def bound(block_id: bytes, number: int, flags: int) -> bytes:
    """What is authenticated with it though not encrypted."""
    return BOUND.pack(VERSION, block_id, number, flags)
