"""
How a dialer shows his device key inside QUIC, whose libraries ask no client for a certificate.

Before all frames he says his public key and a signature over 32 bytes that both ends derive from the secrets
of this very connection: whoever stands between, or is shown a proof, has a connection with other secrets.

    public key, 32 bytes | Ed25519 signature, 64 bytes
"""

from __future__ import annotations

from bitdust.crypto import BadSignature, verify
from bitdust.errors import BadIdentity
from bitdust.identity.keys import DeviceKey, spki_of

#: bytes of a proof
SIZE = 96
_KEY = 32
_DOMAIN = "quic device proof"


def prove(device: DeviceKey, binding: bytes, listener: bytes) -> bytes:
    """
    @param binding: what only the two ends of the connection know.
    @param listener: the SPKI hash of the listener's certificate.
    """
    return device.public + device.sign(_DOMAIN, binding + listener)


def check(proof: bytes, binding: bytes, listener: bytes) -> bytes:
    """
    The SPKI hash of the key that the proof shows.

    @raise BadIdentity: it proves nothing.
    """
    public, signature = proof[:_KEY], proof[_KEY:]
    try:
        verify(public, _DOMAIN, binding + listener, signature)
    except BadSignature:
        raise BadIdentity("the dialer does not prove that he holds his device key") from None
    return spki_of(public)
