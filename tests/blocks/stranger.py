"""A reader written from docs/formats/blocks.md alone: slow, plain, and sharing no code with the product."""

from __future__ import annotations

from struct import unpack, unpack_from

import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def read_block(data: bytes, data_key: bytes, chunk_key: bytes) -> list[bytes]:
    """All chunks of a block."""
    assert data[:8] == b"BDBLOCK\n"
    assert data[8:12] == data[-12:-8] == bytes([0, 0, 0, 1])
    assert data[-8:] == b"BDBLKEND"
    block_id, salt = data[12:44], data[44:76]
    assert data[-108:-44] == block_id + salt
    cipher = AESGCM(HKDF(SHA256(), 32, salt, b"block").derive(data_key))

    def opened(sealed: bytes, number: int, flags: int = 0) -> bytes:
        bound = bytes([0, 0, 0, 1]) + block_id + number.to_bytes(4, "big") + bytes([flags])
        return cipher.decrypt(bytes(8) + number.to_bytes(4, "big"), sealed, bound)

    offset, stored, count = unpack(">QII", opened(data[-44:-12], 2**32 - 2))
    index = opened(data[offset : offset + stored], 2**32 - 1)
    padding = data[offset + stored : -108]
    assert not padding or not any(opened(padding, 2**32 - 3))
    chunks, at = [], 76
    for number in range(count):
        chunk_id, stored, length, flags = unpack_from(">32sIIB", index, number * 41)
        plain = opened(data[at : at + stored], number, flags)
        if flags & 1:
            plain = zstandard.ZstdDecompressor().decompress(plain)
        assert len(plain) == length
        assert blake3(plain, key=chunk_key).digest() == chunk_id
        chunks.append(plain)
        at += stored
    assert at == offset
    return chunks


def times(a: int, b: int) -> int:
    """a · b in GF(2⁸) modulo 0x11d."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = a << 1 ^ (0x11D if a & 0x80 else 0), b >> 1
    return product


def power(a: int, exponent: int) -> int:
    """a to the power of `exponent`."""
    product = 1
    for _ in range(exponent % 255):
        product = times(product, a)
    return product


def generator(k: int, n: int) -> list[list[int]]:
    """The matrix G: n rows, k columns."""
    rows = [[int(c == 0) for c in range(k)]]
    rows += [[power(2, (j - 1) * c) for c in range(k)] for j in range(1, n)]
    # G · top = V: column operations that make the top k rows the identity.
    for pivot in range(k):
        other = next(c for c in range(pivot, k) if rows[pivot][c])
        inverse = power(rows[pivot][other], 254)
        for row in rows:
            row[pivot], row[other] = row[other], row[pivot]
            row[pivot] = times(row[pivot], inverse)
        for c in range(k):
            factor = rows[pivot][c]
            if c != pivot and factor:
                for row in rows:
                    row[c] ^= times(factor, row[pivot])
    return rows


def pieces(block: bytes, k: int, n: int, unit: int) -> list[bytes]:
    """The bodies of all n pieces."""
    matrix = generator(k, n)
    bodies = [bytearray() for _ in range(n)]
    for start in range(0, len(block), k * unit):
        row = block[start : start + k * unit]
        size = -(-len(row) // k)
        units = [row[i * size : (i + 1) * size].ljust(size, b"\0") for i in range(k)]
        for number, body in enumerate(bodies):
            for column in zip(*units, strict=True):
                byte = 0
                for factor, value in zip(matrix[number], column, strict=True):
                    byte ^= times(factor, value)
                body.append(byte)
    return [bytes(body) for body in bodies]


def root(body: bytes, block_id: bytes, number: int) -> bytes:
    """The root of the tree over a piece."""
    level = [
        blake3(
            body[at : at + 65536] + block_id + number.to_bytes(4, "big") + leaf.to_bytes(8, "big"),
            derive_key_context="bitdust piece leaf 1",
        ).digest()
        for leaf, at in enumerate(range(0, len(body), 65536))
    ]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [
            blake3(b"".join(pair), derive_key_context="bitdust piece node 1").digest()
            if len(pair) == 2
            else pair[0]
            for pair in pairs
        ]
    return level[0]
