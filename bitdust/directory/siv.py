"""
AES-SIV, which seals what is always of one length, and needs no number used once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from Crypto.Cipher._mode_siv import SivMode


def siv(key: bytes) -> SivMode:
    """@param key: 64 bytes."""
    # A node that publishes and reads no record has no use for pycryptodome: it stays out of its memory.
    from Crypto.Cipher import AES

    return AES.new(key, AES.MODE_SIV)
