"""The numbers of packets, by the examples of RFC 9001; `test_road` has what two ends really say."""

from __future__ import annotations

import pytest
from qh3.tls import CipherSuite

from bitdust.transport.udp.numbers import Numbers, key_of, masks, whole

#: appendix A.5: a secret, the key made of it, a whole packet with the number 654,360,564, and without a name
SECRET = bytes.fromhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
KEY = bytes.fromhex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4")
PACKET = bytes.fromhex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb")
NUMBER = 654_360_564


def test_the_example_with_chacha() -> None:
    suite = CipherSuite.CHACHA20_POLY1305_SHA256
    assert key_of(SECRET, suite) == KEY
    assert Numbers(SECRET, suite, name=0).read([PACKET, PACKET], NUMBER - 1) == [NUMBER, NUMBER]


def test_the_example_with_aes() -> None:
    """Appendix A.2: a key, a sample, and its mask."""
    key = bytes.fromhex("9f50449e04a0e810283a1e9933adedd2")
    sample = bytes.fromhex("d1b1c98dd7689fb8ec11d242b123dc9b")
    mask = masks(key, CipherSuite.AES_128_GCM_SHA256)(sample * 2)
    assert mask[:5] == mask[16:21] == bytes.fromhex("437b9aec36")


@pytest.mark.parametrize(
    ("cut", "bits", "expected", "number"),
    [
        (0x9B32, 16, 0xA82F30EA + 1, 0xA82F9B32),
        (0xFF, 8, 0x200, 0x1FF),
        (0x01, 8, 0x1FF, 0x201),
        (5, 8, 0, 5),
    ],
)
def test_cut_numbers(cut: int, bits: int, expected: int, number: int) -> None:
    """The one nearest to what is expected; the first is the example of RFC 9000, A.3."""
    assert whole(cut, bits, expected) == number


@pytest.mark.parametrize("junk", [b"", b"\x40", bytes(29), b"\xc0" + bytes(1200), b"\x40" + bytes(27)])
def test_what_has_no_number(junk: bytes) -> None:
    """Whatever a stranger sends is read, or said to have none."""
    found = Numbers(SECRET, CipherSuite.CHACHA20_POLY1305_SHA256, name=8).read([junk], 0)
    assert len(found) == 1
    assert found == [None] or len(junk) == 29
