"""
The few cryptographic sentences the rest is written in.

Bulk encryption, signatures and agreement come from `cryptography`; hashes of data from BLAKE3.
Each use has its own domain text, so that bytes made for one purpose mean nothing for another.
"""

from __future__ import annotations

import base64

from blake3 import blake3
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bitdust.errors import Damaged

#: bytes of an AES-GCM nonce, of its tag, of every key and of every hash
NONCE, TAG, KEY, HASH = 12, 16, 32, 32


class BadSignature(Damaged):
    """The signature does not belong to these bytes and this key."""

    id = "bad_signature"


def derive(secret: bytes, info: str, *, salt: bytes = b"", length: int = KEY) -> bytes:
    """A key of `length` bytes from a secret, by HKDF-SHA256, for the purpose that `info` names."""
    return HKDF(SHA256(), length, salt or None, info.encode()).derive(secret)


def digest(data: bytes | memoryview, context: str) -> bytes:
    """The 32-byte BLAKE3 hash of `data` in a context (BLAKE3's own key derivation mode)."""
    return blake3(data, derive_key_context=context).digest()


def keyed_digest(data: bytes | memoryview, key: bytes) -> bytes:
    """The 32-byte BLAKE3 hash of `data` under a 32-byte key."""
    return blake3(data, key=key).digest()


def sign(key: Ed25519PrivateKey, domain: str, message: bytes) -> bytes:
    """64 bytes that only the holder of `key` can make for this message in this domain."""
    return key.sign(_framed(domain, message))


def verify(public: bytes, domain: str, message: bytes, signature: bytes) -> None:
    """
    @param public: 32 bytes, a raw Ed25519 public key.
    @raise BadSignature: they do not belong together.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _framed(domain, message))
    except (InvalidSignature, ValueError):
        raise BadSignature() from None


def seal(key: bytes, nonce: bytes, plain: bytes | memoryview, bound: bytes) -> bytes:
    """AES-256-GCM: ciphertext and tag.  A (key, nonce) pair is used once, ever."""
    return AESGCM(key).encrypt(nonce, plain, bound)


def unseal(key: bytes, nonce: bytes, sealed: bytes | memoryview, bound: bytes) -> bytes:
    """
    The plain bytes of `seal`.

    @raise Damaged: key, nonce, ciphertext or the bound bytes are not those it was sealed with.
    """
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound)
    except InvalidTag:
        raise Damaged("these bytes were not sealed with this key, or were changed since") from None


def base32(data: bytes) -> str:
    """Lower-case base32 without padding."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def _framed(domain: str, message: bytes) -> bytes:
    # The zero byte ends the domain: no domain is the beginning of another one with its message.
    return b"bitdust " + domain.encode() + b"\0" + message
