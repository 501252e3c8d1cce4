"""A block made again is the same to the byte; what is not the same is never encrypted."""

from __future__ import annotations

import io
from typing import Any

import pytest
import zstandard
from blake3 import blake3

from bitdust.blocks import again
from bitdust.blocks.again import SMALL, Again, leaf_of
from bitdust.blocks.block import BlockWriter, Chunk
from bitdust.blocks.block_format import nonce
from bitdust.errors import Damaged
from tests.blocks.material import stuff

DATA_KEY, BLOCK, SALT = b"d" * 32, b"b" * 32, b"s" * 32
CONTENTS = [b"text " * 5000, bytes(range(256)) * 40, b"x", b"much of the same " * 9000]


def a_block(pad: bool) -> tuple[bytes, tuple[Chunk, ...], bytes]:
    """The file of a block, its chunks, and the sum of what was sealed."""
    file = io.BytesIO()
    writer = BlockWriter(file, DATA_KEY, BLOCK, SALT)
    for at, content in enumerate(CONTENTS):
        writer.add(bytes([at]) * 32, content)
    writer.close(pad=pad)
    return file.getvalue(), tuple(writer.chunks), writer.sealed


class Counted:
    """A cipher that tells what it encrypted."""

    def __init__(self, cipher: Any) -> None:
        self._cipher = cipher
        self.encrypted: list[bytes] = []

    def encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
        self.encrypted.append(nonce)
        return bytes(self._cipher.encrypt(nonce, plain, aad))


def remake(pad: bool = True, sealed: bytes | None = None) -> tuple[Again, Counted, tuple[Chunk, ...], bytes]:
    whole, chunks, digest = a_block(pad)
    made = Again(DATA_KEY, BLOCK, SALT, len(whole), chunks, sealed or digest)
    made._cipher = counted = Counted(made._cipher)  # type: ignore[assignment]
    return made, counted, chunks, whole


@pytest.mark.parametrize("pad", [True, False])
def test_it_is_the_same_to_the_byte(pad: bool) -> None:
    """All chunks are there: header, chunks, index, padding and footer come out as they were."""
    made, counted, chunks, whole = remake(pad)
    assert all(made.rehearse(chunk, content) for chunk, content in zip(chunks, CONTENTS, strict=True))
    assert counted.encrypted == []
    assert made.is_same()
    file = io.BytesIO()
    # In any order.
    for chunk, content in reversed(list(zip(chunks, CONTENTS, strict=True))):
        made.write(file, chunk, content)
    made.finish(file)
    assert file.getvalue() == whole
    assert len(set(counted.encrypted)) == len(counted.encrypted)


def test_what_is_not_here_comes_sealed() -> None:
    """Chunks that no file has any more are copied as they came, and nothing of theirs is encrypted."""
    made, counted, chunks, whole = remake()
    file = io.BytesIO()
    for chunk, content in zip(chunks, CONTENTS, strict=True):
        stored = whole[chunk.offset : chunk.offset + chunk.stored]
        if chunk.number % 2:
            assert made.rehearse(chunk, content)
        else:
            made.rehearse_sealed(chunk, stored)
            file.seek(chunk.offset)
            file.write(stored)
    assert made.is_same()
    for chunk, content in zip(chunks, CONTENTS, strict=True):
        if chunk.number % 2:
            made.write(file, chunk, content)
    made.finish(file)
    assert file.getvalue() == whole
    assert not {nonce(0), nonce(2)} & set(counted.encrypted)
    with pytest.raises(Damaged):
        made.rehearse_sealed(chunks[0], bytes(chunks[0].stored))


def test_nothing_else_is_ever_encrypted() -> None:
    """Another content, a sum that is not that one, a chunk that is missing, a change between the rounds."""
    made, counted, chunks, _ = remake()
    assert not made.rehearse(chunks[2], b"longer")
    assert not made.rehearse(chunks[0], CONTENTS[0][:-1] + b"!" * 5000)
    assert made.rehearse(chunks[2], b"y")
    for at in (0, 1, 3):
        assert made.rehearse(chunks[at], CONTENTS[at])
    assert not made.is_same()
    with pytest.raises(Damaged, match="not what was sealed before"):
        made.write(io.BytesIO(), chunks[0], CONTENTS[0])
    with pytest.raises(Damaged, match="not what was sealed before"):
        made.finish(io.BytesIO())
    assert made.rehearse(chunks[2], b"x")
    assert made.is_same()
    with pytest.raises(Damaged, match="not what was sealed before"):
        made.write(io.BytesIO(), chunks[2], b"y")
    assert counted.encrypted == []
    missing, counted, chunks, _ = remake()
    assert missing.rehearse(chunks[0], CONTENTS[0])
    assert not missing.is_same()
    with pytest.raises(Damaged, match="not what was sealed before"):
        missing.write(io.BytesIO(), chunks[0], CONTENTS[0])
    assert counted.encrypted == []


def test_another_compressor_makes_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that compresses otherwise, also one that comes to the same length, never seals."""
    whole, chunks, sealed = a_block(pad=True)
    monkeypatch.setattr(again, "LEVEL", 19)
    made = Again(DATA_KEY, BLOCK, SALT, len(whole), chunks, sealed)
    assert not made.rehearse(chunks[3], CONTENTS[3]) or not made.is_same()
    made, counted, chunks, _ = remake()

    class Sly:
        def compress(self, content: bytes) -> bytes:
            there = bytearray(zstandard.ZstdCompressor(level=1).compress(content))
            there[-1] ^= 1
            return bytes(there)

    made._zstd = Sly()  # type: ignore[assignment]
    assert all(made.rehearse(chunk, content) for chunk, content in zip(chunks, CONTENTS, strict=True))
    assert not made.is_same()
    assert counted.encrypted == []


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL])
def test_however_it_is_hashed_it_is_the_same(size: int) -> None:
    """What was remembered before fits: the hash is over the head and the bytes, one behind the other."""
    plain = stuff(size)
    whole = (7).to_bytes(4, "big") + b"\1" + size.to_bytes(8, "big") + plain
    expected = blake3(whole, derive_key_context="bitdust sealed plaintext 1").digest()
    assert leaf_of(7, 1, plain) == leaf_of(7, 1, memoryview(plain)) == expected
