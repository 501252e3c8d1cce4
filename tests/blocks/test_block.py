"""Sealing chunks into a block and finding them there again."""

import io
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitdust import crypto
from bitdust.blocks import block as block_module
from bitdust.blocks.block import (
    FOOTER_SIZE,
    HEADER_SIZE,
    BlockWriter,
    Chunk,
    block_key,
    open_chunk,
    open_footer,
    open_index,
    read_index,
)
from bitdust.blocks.block_format import ENTRY_SIZE, INDEX_NUMBER, ZSTD, bound, padme
from bitdust.blocks.chunker import MAX_CHUNK, chunk_id
from bitdust.errors import Damaged
from tests.blocks.material import BLOCK, CHUNK_KEY, DATA_KEY, SALT, sealed, stuff

contents = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=300),
        st.integers(1, 20_000).map(lambda size: stuff(size, size)),
        st.integers(1, 20_000).map(lambda size: b"again and " * size),
    ),
    max_size=8,
)
per_path = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_all(data: bytes) -> list[bytes]:
    """All chunks of a block, from its bytes and the keys alone."""
    index = read_index(io.BytesIO(data), DATA_KEY)
    key = block_key(DATA_KEY, index.salt)
    found = []
    for chunk in index.chunks:
        plain = open_chunk(key, index.block_id, chunk, data[chunk.offset : chunk.offset + chunk.stored])
        if chunk_id(plain, CHUNK_KEY) != chunk.id:
            raise Damaged("another chunk")
        found.append(plain)
    return found


@per_path
@given(contents, st.booleans())
def test_a_block_is_read_from_its_file_alone(tmp_path: Path, chunks: list[bytes], pad: bool) -> None:
    """File and data key give back every chunk, and the index that the writer reported."""
    data, said = sealed(tmp_path / "block", chunks, pad=pad)
    assert read_all(data) == chunks
    index = read_index(io.BytesIO(data), DATA_KEY)
    assert (index.block_id, index.salt, list(index.chunks)) == (BLOCK, SALT, said)


@per_path
@given(contents, st.booleans())
def test_the_size_is_known_before(tmp_path: Path, chunks: list[bytes], pad: bool) -> None:
    """`size` says what the file will have; padding makes it one of Padmé's lengths, at most 12 % more."""
    path = tmp_path / "block"
    with path.open("w+b") as file:
        writer = BlockWriter(file, DATA_KEY, BLOCK, SALT)
        for content in chunks:
            writer.add(bytes(32), content)
        before = writer.size
        writer.close(pad=pad)
        assert path.stat().st_size == writer.size
    if pad:
        assert padme(writer.size) == writer.size
        assert before <= writer.size <= 1.12 * before + 32
    else:
        assert writer.size == before


@given(st.integers(1, 2**40))
def test_padme(size: int) -> None:
    """Never shorter, at most 12 % longer, and stable."""
    padded = padme(size)
    assert size <= padded <= size * 1.12
    assert padme(padded) == padded


@per_path
@given(st.data())
def test_a_flipped_bit_is_found(tmp_path: Path, data: st.DataObject) -> None:
    """T1: no bit of header, chunks, index or footer can change unseen."""
    block, _ = sealed(tmp_path / "block", [stuff(500, 1), b"text " * 300, b"x"])
    position = data.draw(st.integers(0, len(block) * 8 - 1))
    changed = bytearray(block)
    changed[position // 8] ^= 1 << position % 8
    with pytest.raises(Damaged):
        read_all(bytes(changed))


@per_path
@given(st.data())
def test_padding_is_not_read(tmp_path: Path, data: st.DataObject) -> None:
    """Damage inside the padding loses nothing, and padding cannot be told from other sealed bytes."""
    chunks = [stuff(50_000, 1)]
    block, said = sealed(tmp_path / "block", chunks, pad=True)
    begin = said[-1].offset + said[-1].stored + ENTRY_SIZE + crypto.TAG
    end = len(block) - FOOTER_SIZE
    assert end - begin >= 16
    assert b"\0" * 8 not in block[begin:end]
    position = data.draw(st.integers(begin, end - 1))
    assert read_all(block[:position] + bytes([block[position] ^ 1]) + block[position + 1 :]) == chunks


@per_path
@given(st.integers(0, 3000))
def test_a_cut_off_block_is_found(tmp_path: Path, length: int) -> None:
    """Shorter or longer by anything: not a whole block."""
    block, _ = sealed(tmp_path / "block", [stuff(2000, 1)])
    for changed in (block[: min(length, len(block) - 1)], block + bytes(length + 1), block[length + 1 :]):
        with pytest.raises(Damaged):
            read_all(changed)


def test_keys_and_chunks_cannot_be_exchanged(tmp_path: Path) -> None:
    """Another key, another block, another number, another flag: nothing opens."""
    block, said = sealed(tmp_path / "block", [stuff(100, 1), stuff(100, 2)])
    key = block_key(DATA_KEY, SALT)
    first, second = said
    stored = block[first.offset : first.offset + first.stored]
    assert open_chunk(key, BLOCK, first, stored) == stuff(100, 1)
    swapped = Chunk(first.id, 1, first.offset, first.stored, first.length, first.flags)
    flagged = Chunk(first.id, 0, first.offset, first.stored, first.length, ZSTD)
    unknown = Chunk(first.id, 0, first.offset, first.stored, first.length, 2)
    longer = Chunk(first.id, 0, first.offset, first.stored, first.length + 1, 0)
    for other in (swapped, flagged, unknown, longer):
        with pytest.raises(Damaged):
            open_chunk(key, BLOCK, other, stored)
    with pytest.raises(Damaged):
        open_chunk(key, bytes(32), first, stored)
    with pytest.raises(Damaged):
        open_chunk(block_key(DATA_KEY, bytes(32)), BLOCK, first, stored)
    with pytest.raises(Damaged):
        open_chunk(key, BLOCK, first, stored[:-1])
    with pytest.raises(Damaged):
        read_index(io.BytesIO(block), bytes(32))
    assert open_chunk(key, BLOCK, second, memoryview(block)[second.offset :][: second.stored]) == stuff(
        100, 2
    )


def test_the_tail_alone_gives_the_index(tmp_path: Path) -> None:
    """Who fetched only the end of a block from suppliers reads its index without the beginning."""
    block, said = sealed(tmp_path / "block", [stuff(100, 1), b"y" * 100], pad=True)
    footer = open_footer(DATA_KEY, block[-FOOTER_SIZE:])
    index = block[footer.index_offset : footer.index_offset + footer.index_stored]
    assert list(open_index(DATA_KEY, footer, index).chunks) == said
    with pytest.raises(Damaged):
        open_footer(DATA_KEY, block[-FOOTER_SIZE + 1 :])


def test_compression_only_where_it_helps(tmp_path: Path) -> None:
    """What does not shrink is stored as it is."""
    _, (random, text) = sealed(tmp_path / "block", [stuff(5000, 1), b"la " * 5000])
    assert (random.flags, random.stored) == (0, 5016)
    assert text.flags == ZSTD
    assert text.stored < 200


def test_a_bomb_is_not_unpacked() -> None:
    """A compressed chunk that claims another length is refused before that length is allocated."""
    bomb = zstandard.ZstdCompressor().compress(bytes(2**26))
    key = bytes(32)
    stored = crypto.seal(key, bytes(12), bomb, bound(BLOCK, 0, ZSTD))
    with pytest.raises(Damaged, match="another length"):
        open_chunk(key, BLOCK, Chunk(bytes(32), 0, 80, len(stored), 1000, ZSTD), stored)


class Recording:
    """An AEAD that notes its nonces."""

    used: ClassVar[list[tuple[bytes, bytes]]] = []

    def __init__(self, key: bytes) -> None:
        self.key = key

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        self.used.append((self.key, nonce))
        return bytes(data) + bytes(16)


class Failing(io.BytesIO):
    """A disk that is full at times."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.chance = chance

    def write(self, data: object) -> int:
        if self.chance.random() < 0.1:
            raise OSError(28, "no space left on device")
        return super().write(data)  # type: ignore[arg-type]


@per_path
@given(st.integers(0, 10**6), st.booleans())
def test_nonces_never_repeat(monkeypatch: pytest.MonkeyPatch, seed: int, pad: bool) -> None:
    """Whatever fails and whoever tries again: a (key, nonce) pair is used once."""
    monkeypatch.setattr(block_module, "AESGCM", Recording)
    monkeypatch.setattr(Recording, "used", [])
    chance = Random(seed)
    for number in range(3):
        file = Failing(chance)
        try:
            writer = BlockWriter(file, DATA_KEY, BLOCK, bytes([number]) * 32)
        except OSError:
            continue
        for _ in range(20):
            with suppress(OSError, ValueError):  # a caller who tries again all the same
                writer.add(bytes(32), stuff(chance.randrange(1, 50)))
        for _ in range(3):
            with suppress(OSError, ValueError):
                writer.close(pad=pad)
    assert len(set(Recording.used)) == len(Recording.used)
    assert INDEX_NUMBER.to_bytes(12, "big") == bytes(8) + b"\xff" * 4


def test_a_broken_or_closed_writer_refuses() -> None:
    """After a failed write, and after `close`, nothing more can be added."""
    writer = BlockWriter(io.BytesIO(), DATA_KEY, BLOCK, SALT)
    writer.close()
    with pytest.raises(ValueError, match="throw it away"):
        writer.add(bytes(32), b"late")
    with pytest.raises(ValueError, match="throw it away"):
        writer.close()


@pytest.mark.parametrize(
    ("name", "data"), [(bytes(31), b"x"), (bytes(32), b""), (bytes(32), bytes(MAX_CHUNK + 1))]
)
def test_chunks_have_bounds(name: bytes, data: bytes) -> None:
    """A chunk is never empty and never longer than the cutter makes them."""
    with pytest.raises(ValueError, match="a chunk has"):
        BlockWriter(io.BytesIO(), DATA_KEY, BLOCK, SALT).add(name, data)


def test_many_small_chunks_fill_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index stays small enough for memory: a block says when it has enough chunks."""
    monkeypatch.setattr(block_module, "MANY_CHUNKS", 3)
    monkeypatch.setattr(block_module, "MAX_CHUNKS", 4)
    writer = BlockWriter(io.BytesIO(), DATA_KEY, BLOCK, SALT)
    for _ in range(3):
        assert not writer.is_full
        writer.add(bytes(32), b"x")
    assert writer.is_full
    writer.add(bytes(32), b"x")
    with pytest.raises(ValueError, match="at most 4"):
        writer.add(bytes(32), b"x")


def test_everything_but_id_and_salt_is_hidden(tmp_path: Path) -> None:
    """Header and footer show no size and no chunk id."""
    block, (chunk,) = sealed(tmp_path / "block", [stuff(1000, 5)])
    assert chunk.id not in block
    assert block[:HEADER_SIZE] == b"BDBLOCK\n" + bytes([0, 0, 0, 1]) + BLOCK + SALT
    assert chunk.offset + chunk.stored not in {
        int.from_bytes(block[at : at + 8], "big") for at in range(len(block) - FOOTER_SIZE, len(block) - 8)
    }
