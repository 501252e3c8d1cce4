"""
The numbers of packets that have come, without opening the packets: one block of a cipher takes off what hides
them (RFC 9001, 5.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from qh3.tls import CipherSuite

_LABEL = b"tls13 quic hp"
_SAMPLE = 16
#: the most bytes of a number: the sample begins behind so many, whether or not there are
_LONGEST = 4
_LONG = 0x80
_HASHES: dict[CipherSuite, tuple[type[HashAlgorithm], int]] = {
    CipherSuite.AES_128_GCM_SHA256: (SHA256, 16),
    CipherSuite.AES_256_GCM_SHA384: (SHA384, 32),
    CipherSuite.CHACHA20_POLY1305_SHA256: (SHA256, 32),
}


def key_of(secret: bytes, suite: CipherSuite) -> bytes:
    """The key that hides the numbers of whoever sends under this traffic secret, as long as he sends."""
    kind, length = _HASHES[suite]
    info = length.to_bytes(2, "big") + bytes([len(_LABEL)]) + _LABEL + b"\0"
    return HKDFExpand(kind(), length, info).derive(secret)


def masks(key: bytes, suite: CipherSuite) -> Callable[[bytes], bytes]:
    """What makes of samples, one behind the other, their masks: as long as they are."""
    if suite is CipherSuite.CHACHA20_POLY1305_SHA256:

        def mask(sample: bytes) -> bytes:
            return Cipher(algorithms.ChaCha20(key, sample), None).encryptor().update(bytes(_SAMPLE))

        return lambda samples: b"".join(
            mask(samples[at : at + _SAMPLE]) for at in range(0, len(samples), _SAMPLE)
        )
    # Each sample is a block of its own, and what comes of it covers five bytes: that is what ECB is for.
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305


class Numbers:
    """
    Of what one end of a connection sends.

    @param secret: his first traffic secret; the key for numbers stays when others change.
    @param name: bytes of the name a short header carries.
    """

    def __init__(self, secret: bytes, suite: CipherSuite, name: int) -> None:
        self._masks = masks(key_of(secret, suite), suite)
        self._at = 1 + name
        self._from, self._to = self._at + _LONGEST, self._at + _LONGEST + _SAMPLE

    def read(self, datagrams: Sequence[bytes], expected: int) -> list[int | None]:
        """
        The number of each; None: it has a long header, or is too short for any.

        @param expected: the number after the highest so far: on the way they are cut to their last bytes.
        """
        begin, end, at = self._from, self._to, self._at
        mask = self._masks(b"".join([each[begin:end].ljust(_SAMPLE, b"\0") for each in datagrams]))
        found: list[int | None] = []
        for index, each in enumerate(datagrams):
            if len(each) < end or each[0] & _LONG:
                found.append(None)
                continue
            under = index * _SAMPLE
            size = ((each[0] ^ mask[under]) & 3) + 1
            cut = int.from_bytes(each[at : at + size], "big")
            cut ^= int.from_bytes(mask[under + 1 : under + 1 + size], "big")
            found.append(whole(cut, 8 * size, expected))
        return found


def whole(cut: int, bits: int, expected: int) -> int:
    """The number nearest to the expected one that ends in these bits (RFC 9000, A.3)."""
    window = 1 << bits
    number = (expected & ~(window - 1)) | cut
    if number + window // 2 <= expected:
        return number + window
    if number > expected + window // 2 and number >= window:
        return number - window
    return number
