"""
What a node says of itself in its own network: that somebody is here; only acquaintances know who.

    "bitdust1" || day (4) || TCP port (2) || UDP port (2) || nonce (16) || tag (16)

The tag is a hash of all before it under a key that only the fingerprint gives: who knows that fingerprint
computes it and compares; who does not sees random bytes that are others each time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bitdust.crypto import digest, keyed_digest
from bitdust.errors import Usage

_HEAD = struct.Struct(">8sIHH16s")
_MAGIC = b"bitdust1"
_TAG = 16
#: bytes of a beacon
SIZE = _HEAD.size + _TAG
NONCE = 16
DAY = 86_400
#: acquaintances whose keys are kept
MOST = 2000


@dataclass(frozen=True)
class Beacon:
    """One that was heard; a port is 0 where there is none."""

    day: int
    tcp: int
    udp: int
    head: bytes
    tag: bytes

    def contacts(self, host: str) -> tuple[str, ...]:
        """Where its sender can be reached, who is at this address."""
        ports = (("tcp", self.tcp), ("udp", self.udp))
        return tuple(f"{scheme}://{host}:{port}" for scheme, port in ports if port)

    def whose(self, acquaintances: Iterable[str]) -> str | None:
        """The fingerprint among these that it belongs to; None: a stranger's."""
        for fingerprint in acquaintances:
            if keyed_digest(self.head, _key(fingerprint))[:_TAG] == self.tag:
                return fingerprint
        return None


def write_beacon(fingerprint: str, now: float, ports: dict[str, int], nonce: bytes) -> bytes:
    """@param ports: of the roads `tcp` and `udp`, where there are such."""
    head = _HEAD.pack(_MAGIC, int(now) // DAY, ports.get("tcp", 0), ports.get("udp", 0), nonce)
    return head + keyed_digest(head, _key(fingerprint))[:_TAG]


def read_beacon(raw: bytes, now: float) -> Beacon:
    """
    What came from the network.

    @raise Usage: it is no beacon, or not of these days.
    """
    if len(raw) != SIZE or not raw.startswith(_MAGIC):
        raise Usage("not a beacon")
    head, tag = raw[: _HEAD.size], raw[_HEAD.size :]
    _, day, tcp, udp, _ = _HEAD.unpack(head)
    # A day more or less: midnight, and clocks that differ.  So a recorded beacon is of use for no longer.
    if abs(int(now) // DAY - day) > 1:
        raise Usage("a beacon of another day")
    return Beacon(day, tcp, udp, head, tag)


@lru_cache(MOST)
def _key(fingerprint: str) -> bytes:
    return digest(fingerprint.encode(), "bitdust lan beacon")
