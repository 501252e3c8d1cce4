"""
The head of the catalog's log: which segments make the catalog, and where to find it again.

    magic "BDCH" | version u8 | epoch u64 | sequence u64 | first u64 | root 32 | signer 32 | salt 32
    sealed … | signature 64

Its order (epoch, sequence) never falls, and everyone who keeps it can see that; the rest is for the owner
alone.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from typing import Annotated

import msgspec
import zstandard
from msgspec import Meta as Bound

from bitdust import crypto
from bitdust.catalog.facts import Count, Hash
from bitdust.catalog.segment import CatalogKeys, unpack
from bitdust.errors import Conflict, Damaged
from bitdust.world import Rng

#: longest head as bytes
MAX_HEAD = 16384
_HEAD = struct.Struct(">4sBQQQ32s32s32s")
_MAGIC, _VERSION, _SIGNATURE = b"BDCH", 1, 64
_DOMAIN = "catalog head 1"


@dataclass(frozen=True)
class Order:
    """
    What everyone can read of a head: its place in time, the root of its last segment, who signed it.

    Segments before number `first` are not needed any more by whoever keeps this head.
    """

    epoch: int
    sequence: int
    first: int
    root: bytes
    signer: bytes

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, sequence): never falls."""
        return self.epoch, self.sequence


@dataclass(frozen=True)
class Head:
    """
    Segment `sequence`, whose root is `root`, is the last of the log.

    @param ranges: (epoch, first, last) of the segments needed to have the catalog, in order.
    @param suppliers: (fingerprint, idurl) by position.
    @param time: Unix seconds when it was made.
    @param snapshot: where a snapshot lies that stands for all before the ranges (a later release); None.
    """

    epoch: int
    sequence: int
    root: bytes
    ranges: tuple[tuple[int, int, int], ...]
    suppliers: tuple[tuple[str, str], ...]
    time: float
    snapshot: bytes | None = None

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, sequence): never falls."""
        return self.epoch, self.sequence

    @property
    def first(self) -> int:
        """The first segment needed."""
        return self.ranges[0][1] if self.ranges else self.sequence + 1

    def segments(self) -> list[tuple[int, int]]:
        """(epoch, number) of each segment needed, in order."""
        return [(epoch, number) for epoch, first, last in self.ranges for number in range(first, last + 1)]


class _Inside(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    ranges: Annotated[tuple[tuple[Count, Count, Count], ...], Bound(max_length=1024)]
    suppliers: Annotated[
        tuple[tuple[Hash, Annotated[str, Bound(max_length=256)]], ...], Bound(max_length=255)
    ]
    time: float
    snapshot: Annotated[bytes, Bound(max_length=4096)] | None


def seal_head(keys: CatalogKeys, rng: Rng, head: Head) -> bytes:
    """The head as bytes: signed, all but its order encrypted."""
    suppliers = tuple((_raw(fingerprint), idurl) for fingerprint, idurl in head.suppliers)
    inside = msgspec.msgpack.encode(_Inside(head.ranges, suppliers, head.time, head.snapshot))
    salt = rng(32)
    start = _HEAD.pack(_MAGIC, _VERSION, head.epoch, head.sequence, head.first, head.root, keys.public, salt)
    packed = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(inside)
    body = start + crypto.seal(_key(keys, salt), bytes(crypto.NONCE), packed, start)
    data = body + keys.sign(_DOMAIN, body)
    if len(data) > MAX_HEAD:
        raise Damaged(f"the catalog's head would have {len(data)} bytes: more than suppliers take")
    return data


def read_order(data: bytes, public: bytes | None = None) -> Order:
    """
    What a supplier reads: the head's order, once its signature is checked.

    @param public: the Ed25519 key of the customer, who must have signed it; None: whoever is named in it.
    @raise Damaged: it is malformed, or signed by somebody else.
    """
    if not _HEAD.size + crypto.TAG + _SIGNATURE <= len(data) <= MAX_HEAD:
        raise Damaged("a catalog's head has an impossible length")
    magic, version, epoch, sequence, first, root, signer, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise Damaged("these bytes are no head of a catalog, or one of a newer program")
    if public is not None and signer != public:
        raise crypto.BadSignature("somebody else signed this catalog's head")
    crypto.verify(signer, _DOMAIN, data[:-_SIGNATURE], data[-_SIGNATURE:])
    return Order(epoch, sequence, first, root, signer)


def open_head(keys: CatalogKeys, data: bytes) -> Head:
    """
    The owner's own head.

    @raise Damaged: it is malformed, changed, or not ours.
    """
    order = read_order(data)
    start = data[: _HEAD.size]
    packed = crypto.unseal(
        _key(keys, start[-32:]), bytes(crypto.NONCE), memoryview(data)[_HEAD.size : -_SIGNATURE], start
    )
    try:
        inside = msgspec.msgpack.decode(unpack(packed, 2**20), type=_Inside)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"the catalog's head says something this program does not know: {error}") from None
    _check_ranges(order, inside.ranges)
    suppliers = tuple((crypto.base32(raw), idurl) for raw, idurl in inside.suppliers)
    return Head(
        order.epoch, order.sequence, order.root, inside.ranges, suppliers, inside.time, inside.snapshot
    )


def check_follows(old: Order | Head | None, new: Order | Head) -> bool:
    """
    Whether `new` says more than `old`; False: they are the same.

    @raise Conflict: `new` is older, or both claim the same place with different logs.
    """
    if old is None or new.place > old.place:
        return True
    if new.place < old.place:
        raise Conflict(f"this head of the catalog is older: {new.place} after {old.place}")
    if new.root != old.root:
        raise Conflict(f"two different logs claim to be {new.place}: two nodes write for one identity")
    return False


def newest(heads: list[Head]) -> Head | None:
    """The one that says most."""
    return max(heads, key=lambda head: head.place, default=None)


def _check_ranges(order: Order, ranges: tuple[tuple[int, int, int], ...]) -> None:
    # A number may not come twice: recovery walks these blindly.
    epoch, number = 0, None
    for at, first, last in ranges:
        if at < epoch or at > order.epoch or first > last or (number is not None and first != number + 1):
            raise Damaged("the catalog's head names segments that cannot be")
        epoch, number = at, last
    if not ranges or number != order.sequence or ranges[0][1] != order.first or number - order.first > 10**6:
        raise Damaged("the catalog's head names segments that cannot be")


def _raw(fingerprint: str) -> bytes:
    return base64.b32decode(fingerprint.upper() + "=" * (-len(fingerprint) % 8))


def _key(keys: CatalogKeys, salt: bytes) -> bytes:
    return crypto.derive(keys.catalog_key, "catalog head 1", salt=salt)
