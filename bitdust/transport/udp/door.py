"""
Strangers' first datagrams: who may come in, who has to show that he is where he says, who hears nothing.

Nothing is kept of anybody before he is let in, and no answer is longer than what he said.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from qh3._hazmat import Buffer
from qh3.quic.packet import (
    QuicPacketType,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from twisted.internet.interfaces import IReactorTime

from bitdust.transport.udp.quic import ID, VERSION
from bitdust.transport.udp.socket import Address
from bitdust.world import Rng

#: bytes of the datagram that begins a connection, at least (RFC 9000, 14.1)
FIRST = 1200
#: bytes of the name that a dialer makes up for it (7.2), and of any name (17.2)
_FIRST_ID, _LONGEST_ID = 8, 20
#: seconds that a proof of address holds
_HOLDS = 30
_TAG, _TIME = 16, 4


@dataclass(frozen=True)
class Caller:
    """Who is let in: the name he made up for his connection, and the one our Retry gave it, if it did."""

    first_id: bytes
    retried_as: bytes | None


class Door:
    """Of one socket."""

    def __init__(self, clock: IReactorTime, rng: Rng) -> None:
        self._clock, self._rng = clock, rng
        self._key = rng(32)

    def knock(self, data: bytes, address: Address, crowded: bool) -> Caller | bytes | None:
        """
        What becomes of a datagram that belongs to no connection: a caller, an answer, or nothing.

        @param crowded: many have begun a handshake and not ended it.
        """
        if len(data) < FIRST or not data[0] & 0x80:
            return None
        # What all versions of QUIC have in common (RFC 8999).
        version, length = int.from_bytes(data[1:5], "big"), data[5]
        name, rest = data[6 : 6 + length], data[6 + length :]
        theirs = rest[1 : 1 + rest[0]]
        if not _FIRST_ID <= length <= _LONGEST_ID or rest[0] > _LONGEST_ID or not version:
            return None
        if version != VERSION:
            return encode_quic_version_negotiation(
                source_cid=name, destination_cid=theirs, supported_versions=[VERSION]
            )
        try:
            header = pull_quic_header(Buffer(data=data), ID)
        except ValueError:
            return None
        if header.packet_type != QuicPacketType.INITIAL:
            return None
        first = self._first_of(header.token, name, address)
        if first is not None:
            return Caller(first, name)
        if not crowded:
            return Caller(name, None)
        ours = self._rng(ID)
        return encode_quic_retry(
            version=VERSION, source_cid=ours, destination_cid=theirs, original_destination_cid=name,
            retry_token=self._token(name, ours, address),
        )  # fmt: skip

    def _token(self, first: bytes, ours: bytes, address: Address) -> bytes:
        until = int(self._clock.seconds()) + _HOLDS
        said = (until % 2**32).to_bytes(_TIME, "big") + first
        return self._tag(said, ours, address) + said

    def _first_of(self, token: bytes, ours: bytes, address: Address) -> bytes | None:
        """The first name of a connection whose token says that this address has heard our Retry."""
        tag, said = token[:_TAG], token[_TAG:]
        if not hmac.compare_digest(tag, self._tag(said, ours, address)):
            return None
        left = int.from_bytes(said[:_TIME], "big") - int(self._clock.seconds()) % 2**32
        return said[_TIME:] if 0 <= left <= _HOLDS else None

    def _tag(self, said: bytes, ours: bytes, address: Address) -> bytes:
        where = f"{address[0]} {address[1]}".encode()
        return hmac.digest(self._key, b"%d " % len(said) + said + ours + where, "sha256")[:_TAG]
