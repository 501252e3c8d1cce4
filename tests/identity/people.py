"""People for tests: fixed secrets, so that every run has the same keys."""

from __future__ import annotations

from typing import Any

from bitdust.identity.document import Document, build
from bitdust.identity.keys import DeviceKey, Keys

ALICE, BOB, EVE = (bytes([number]) * 32 for number in (1, 2, 3))
DEVICE = DeviceKey(b"d" * 32)
OTHER_DEVICE = DeviceKey(b"e" * 32)
HOME, SECOND = "http://id.example.org/alice.xml", "http://id2.example.net:8084/alice.xml"


def count_rng(size: int) -> bytes:
    """The least random bytes there are."""
    return bytes(range(size))


def document(master: bytes = ALICE, generation: int = 0, **changes: Any) -> Document:
    """A document of the person with that master secret."""
    settings: dict[str, Any] = {
        "sources": [HOME],
        "contacts": ["tcp://192.0.2.7:7771"],
        "devices": [DEVICE.public],
        "revision": 1,
        "date": "2026-01-31",
        "offers": ["supplier"],
        **changes,
    }
    return build(Keys.from_master(master, generation), **settings)


def sign_by_hand(raw: bytes, master: bytes = ALICE) -> bytes:
    """The changed bytes with a signature that belongs to them: what a hostile owner could make."""
    import base64

    signed, mark, _ = raw.partition(b"<signature>")
    assert mark
    signature = base64.b64encode(Keys.from_master(master).sign("identity", signed))
    return signed + b"<signature>" + signature + b"</signature>\n</identity>\n"
