"""Blocks and bodies to test with, the same for the same seed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import BinaryIO

from bitdust.blocks.block import BlockWriter, Chunk
from bitdust.crypto import keyed_digest

DATA_KEY = bytes(range(32))
CHUNK_KEY = bytes(range(32, 64))
BLOCK = bytes([7]) * 32
SALT = bytes([9]) * 32


def stuff(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress."""
    return Random(seed).randbytes(size)


def file_of(content: bytes) -> BinaryIO:
    """An open file with this content, gone when closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.flush()
    return file


def sealed(path: Path, contents: list[bytes], *, pad: bool = False) -> tuple[bytes, list[Chunk]]:
    """A block of these chunks: its bytes and what the writer said of each chunk."""
    with path.open("w+b") as file:
        writer = BlockWriter(file, DATA_KEY, BLOCK, SALT)
        chunks = [writer.add(keyed_digest(content, CHUNK_KEY), content) for content in contents]
        writer.close(pad=pad)
    return path.read_bytes(), chunks
