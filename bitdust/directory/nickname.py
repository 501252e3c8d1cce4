"""
Nicknames as directories keep them: a claim stands in the certificate `nickname` of an identity document.

A directory files claims under a hash of the name, so that whatever people call themselves travels as 64
characters; equal is what is equal without regard to case and form.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from bitdust.errors import Usage
from bitdust.identity.document import Document

#: longest nickname, in characters, and in bytes of UTF-8
LONGEST, MAX_BYTES = 64, 256
CERTIFICATE = "nickname"
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


def fold(nickname: str) -> str:
    """
    A nickname as it is compared.

    @raise Usage: it cannot be one.
    """
    if not 1 <= len(nickname) <= LONGEST or not nickname.isprintable() or "://" in nickname:
        raise Usage(f"a nickname has 1 to {LONGEST} printable characters: {nickname[:80]!r} does not")
    plain = unicodedata.normalize("NFKC", nickname).casefold()
    folded = " ".join(unicodedata.normalize("NFKC", plain).split())
    if not folded:
        raise Usage("a nickname is not only spaces")
    return folded


def nickname_key(nickname: str) -> str:
    """
    What its claims are filed under: SHA-256 of the folded name, in hex.

    @raise Usage: it cannot be a nickname.
    """
    return hashlib.sha256(fold(nickname).encode()).hexdigest()


def claim(nickname: str) -> bytes:
    """
    The content of the certificate that claims it.

    @raise Usage: it cannot be a nickname.
    """
    fold(nickname)
    return nickname.encode()


def is_nickname_key(text: str) -> bool:
    """Can it be one?"""
    return _KEY.fullmatch(text) is not None


def claimed_by(document: Document) -> str:
    """The key of the nickname that this identity claims; "" when it claims none."""
    claim = document.certificate(CERTIFICATE)
    if claim is None or len(claim) > MAX_BYTES:
        return ""
    try:
        return nickname_key(claim.decode())
    except (Usage, UnicodeDecodeError):
        return ""
