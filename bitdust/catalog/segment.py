"""
A segment of the catalog's log as bytes: packed, encrypted, signed, chained to the one before it.

    magic "BDCS" | version u8 | epoch u64 | number u64 | previous root 32 | signer 32 | salt 32
    sealed … | signature 64

The root of a segment is the hash of all these bytes. docs/formats/catalog.md describes them for a stranger.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import zstandard

from bitdust import crypto
from bitdust.errors import Damaged
from bitdust.world import Rng

#: longest segment as bytes, and longest list of facts in it
MAX_SEGMENT, MAX_FACTS = 4 * 2**20, 4 * 2**20 - 2**16
#: the root before the first segment
NO_ROOT = bytes(32)
_HEAD = struct.Struct(">4sBQQ32s32s32s")
_MAGIC, _VERSION, _SIGNATURE = b"BDCS", 1, 64
_ROOT = "bitdust catalog segment root 1"
_DOMAIN = "catalog segment 1"


class CatalogKeys(Protocol):
    """What of an identity's keys the catalog uses (identity.keys.Keys)."""

    @property
    def catalog_key(self) -> bytes: ...
    @property
    def public(self) -> bytes: ...
    def sign(self, domain: str, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class Segment:
    """Segment `number` of the log, written under `epoch`; `root` names it and all before it."""

    epoch: int
    number: int
    previous: bytes
    root: bytes
    data: bytes = field(repr=False)


def seal_segment(
    keys: CatalogKeys, rng: Rng, epoch: int, number: int, previous: bytes, ops: Sequence[bytes]
) -> Segment:
    """
    These facts as the segment of that number, behind the segment whose root is `previous` (NO_ROOT: the
    first).
    """
    plain = b"".join(len(op).to_bytes(4, "big") + op for op in ops)
    if len(plain) > MAX_FACTS:
        raise ValueError(f"{len(plain)} bytes of facts are more than a segment takes")
    salt = rng(32)
    head = _HEAD.pack(_MAGIC, _VERSION, epoch, number, previous, keys.public, salt)
    packed = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(plain)
    body = head + crypto.seal(_key(keys, salt), _nonce(number), packed, head)
    data = body + keys.sign(_DOMAIN, root_of(body))
    return Segment(epoch, number, previous, root_of(data), data)


def open_segment(
    keys: CatalogKeys,
    data: bytes,
    *,
    epoch: int | None = None,
    number: int | None = None,
    previous: bytes | None = None,
    root: bytes | None = None,
) -> tuple[Segment, list[bytes]]:
    """
    The segment of these bytes and its facts; what is given of epoch, number, previous root and root must be
    so.

    @raise Damaged: it is not one, not ours, changed, or not the one expected.
    """
    found = read_segment(data)
    expected = {"epoch": epoch, "number": number, "previous": previous, "root": root}
    for name, value in expected.items():
        if value is not None and getattr(found, name) != value:
            raise Damaged(
                f"segment {found.number} of the catalog's log is not the one asked for: other {name}"
            )
    head, sealed = data[: _HEAD.size], memoryview(data)[_HEAD.size : -_SIGNATURE]
    packed = crypto.unseal(_key(keys, head[-32:]), _nonce(found.number), sealed, head)
    return found, _split(unpack(packed, MAX_FACTS))


def read_segment(data: bytes, public: bytes | None = None) -> Segment:
    """
    What a stranger can say of a segment without our keys: its place, its root, and that its signer signed it.

    @param public: who must have signed it.
    @raise Damaged: it is malformed, or the signature is wrong.
    """
    if not _HEAD.size + crypto.TAG + _SIGNATURE <= len(data) <= MAX_SEGMENT:
        raise Damaged("a segment of the catalog's log has an impossible length")
    magic, version, epoch, number, previous, signer, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise Damaged("these bytes are no segment of a catalog's log, or of a newer program's")
    if public is not None and signer != public:
        raise crypto.BadSignature("somebody else signed this segment of the catalog's log")
    crypto.verify(signer, _DOMAIN, root_of(memoryview(data)[:-_SIGNATURE]), data[-_SIGNATURE:])
    return Segment(epoch, number, previous, root_of(data), data)


def root_of(data: bytes | memoryview) -> bytes:
    """The root of a segment's bytes."""
    return crypto.digest(data, _ROOT)


def unpack(packed: bytes, limit: int) -> bytes:
    """The plain bytes of a zstd frame that says its length, at most `limit`."""
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= limit:
            raise Damaged("what was packed is longer than it may be")
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=limit) if size else b""
    except zstandard.ZstdError as error:
        raise Damaged(f"what was packed cannot be unpacked: {error}") from None


def _split(plain: bytes) -> list[bytes]:
    ops, at = [], 0
    while at < len(plain):
        end = at + 4 + int.from_bytes(plain[at : at + 4], "big")
        if end > len(plain):
            raise Damaged("a segment of the catalog's log ends in the middle of a fact")
        ops.append(plain[at + 4 : end])
        at = end
    return ops


def _key(keys: CatalogKeys, salt: bytes) -> bytes:
    return crypto.derive(keys.catalog_key, "catalog segment 1", salt=salt)


def _nonce(number: int) -> bytes:
    # The salt makes the key new for each segment; the number is there in case a salt ever comes twice.
    return number.to_bytes(crypto.NONCE, "big")
