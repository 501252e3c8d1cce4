"""
What a supplier holds, as one number that both ends can count.
"""

from __future__ import annotations

from collections.abc import Iterable

from bitdust import crypto


def digest_of(pieces: Iterable[tuple[bytes, int, bytes]]) -> tuple[int, bytes]:
    """
    How many pieces, and 32 bytes that stand for exactly these.

    @param pieces: (block, number, root), in order of block and number.
    """
    rows = [block + bytes([number]) + root for block, number, root in pieces]
    return len(rows), crypto.digest(b"".join(rows), "bitdust pieces held 1")
