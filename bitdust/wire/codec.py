"""
Packets as bytes: MessagePack maps, typed and bounded by `packets.py`.
"""

from __future__ import annotations

import msgspec

from bitdust.errors import RemoteFault
from bitdust.wire.packets import MAX_PACKET, AnyPacket, Packet

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Packet] = msgspec.msgpack.Decoder(AnyPacket)


def encode(packet: Packet) -> bytes:
    """
    The bytes of a packet.

    @raise ValueError: longer than a packet may be.
    """
    encoded = _encoder.encode(packet)
    if len(encoded) > MAX_PACKET:
        raise ValueError(f"a {type(packet).__name__} of {len(encoded)} bytes; {MAX_PACKET} is the most")
    return encoded


def decode(encoded: bytes | memoryview) -> Packet:
    """
    The packet of these bytes, every field within its bounds.

    @raise RemoteFault: they are none.
    """
    if len(encoded) > MAX_PACKET:
        raise RemoteFault(f"a packet of {len(encoded)} bytes; {MAX_PACKET} is the most")
    try:
        return _decoder.decode(encoded)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as refusal:
        raise RemoteFault(f"not a packet: {str(refusal)[:200]}") from None
