"""
A piece as a supplier keeps it: header, body, hash tree.  Byte by byte: docs/formats/blocks.md.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from struct import Struct

from bitdust import crypto
from bitdust.blocks.hashtree import Growing, Tree, block_root, check, leaf_hashes, tree_size
from bitdust.blocks.layout import Layout
from bitdust.blocks.stripes import piece_bodies, piece_body, roots_of
from bitdust.crypto import HASH
from bitdust.errors import Damaged, Usage

__all__ = [
    "HEADER_SIZE",
    "Growing",
    "PieceHeader",
    "Tree",
    "block_root",
    "check",
    "leaf_hashes",
    "piece_bodies",
    "piece_body",
    "roots_of",
    "tree_size",
]

MAGIC = b"BDPIECE\n"
VERSION = 1
HEADER_CONTEXT = "bitdust piece header 1"

# magic, version, customer, block id, root, piece number, k, n, unit, block size, body size; its hash follows
_HEADER = Struct(">8sI32s32s32sHHHIQQ")
HEADER_SIZE = _HEADER.size + HASH


@dataclass(frozen=True)
class PieceHeader:
    """Whose piece of which block this is.  `customer` is a fingerprint."""

    customer: str
    block: bytes
    number: int
    root: bytes
    layout: Layout

    @property
    def tree_offset(self) -> int:
        """Where in the piece's file the hash tree begins; the body begins at `HEADER_SIZE`."""
        return HEADER_SIZE + self.layout.piece_size

    @property
    def file_size(self) -> int:
        """Bytes of the piece's file."""
        return self.tree_offset + tree_size(self.layout.leaves)

    def to_bytes(self) -> bytes:
        """The first `HEADER_SIZE` bytes of the piece's file."""
        layout = self.layout
        fields = _HEADER.pack(
            MAGIC,
            VERSION,
            _raw(self.customer),
            self.block,
            self.root,
            self.number,
            layout.k,
            layout.n,
            layout.unit,
            layout.size,
            layout.piece_size,
        )
        return fields + crypto.digest(fields, HEADER_CONTEXT)

    @classmethod
    def parse(cls, data: bytes) -> PieceHeader:
        """
        What the first `HEADER_SIZE` bytes of a piece's file say.

        @raise Damaged: they are not the header of a piece, or were changed.
        """
        fields, digest = data[: _HEADER.size], data[_HEADER.size :]
        if len(data) != HEADER_SIZE or crypto.digest(fields, HEADER_CONTEXT) != digest:
            raise Damaged("the header of a piece is damaged")
        magic, version, customer, block, root, number, k, n, unit, size, body = _HEADER.unpack(fields)
        if magic != MAGIC or version != VERSION:
            raise Damaged("this is not a piece of a version known here")
        try:
            layout = Layout(size, k, n, unit)
        except Usage as error:
            raise Damaged(f"the header of a piece contradicts itself: {error}") from None
        if body != layout.piece_size or number >= n:
            raise Damaged("the header of a piece contradicts itself")
        return cls(crypto.base32(customer), block, number, root, layout)

    def expect(self, customer: str, block: bytes, number: int) -> None:
        """@raise Damaged: it is another customer's, or another block's, or another piece."""
        if (self.customer, self.block, self.number) != (customer, block, number):
            raise Damaged("this is another piece than was asked for")


def _raw(fingerprint: str) -> bytes:
    raw = base64.b32decode(fingerprint.upper() + "=" * (-len(fingerprint) % 8))
    if len(raw) != HASH:
        raise ValueError("a fingerprint has 52 characters")
    return raw
