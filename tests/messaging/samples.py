"""Letters as the golden vectors in tests/vectors/messaging/ have them."""

from __future__ import annotations

from bitdust.identity.keys import Keys
from bitdust.messaging.letter import Kind, seal_letter
from tests.identity.people import ALICE, BOB, count_rng, document

ID, TIME = bytes(range(16)), 1_700_000_000_123
SENDER, READER = Keys.from_master(ALICE), Keys.from_master(BOB)
FROM = document(ALICE)
TO = document(BOB, sources=["http://id.example.org/bob.xml"])


def letter(body: bytes = b"hello", kind: Kind = "text") -> bytes:
    """Alice to Bob."""
    return seal_letter(SENDER, FROM, TO, count_rng, kind=kind, id=ID, time=TIME, body=body)
