"""
What both roads of TLS 1.3 make of a certificate: its key counts, and nothing else.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate

#: what both ends must speak inside TLS
ALPN = b"bitdust/1"


def spki_of(certificate: Certificate) -> bytes | None:
    """The SHA-256 of the certificate's SubjectPublicKeyInfo; None when its key is of no kind known here."""
    try:
        key = certificate.public_key()
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
