"""Packets survive the trip, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import RemoteFault
from bitdust.wire.codec import decode, encode
from bitdust.wire.packets import MAX_LIST, MAX_PACKET, Ack, AnyPacket, Files, Held, ListFiles

from .samples import PACKETS

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "wire" / "packets.json").read_text())


def test_there_is_a_vector_for_every_packet() -> None:
    """No packet is without golden bytes."""
    assert {vector["packet"] for vector in VECTORS} == {kind.__name__ for kind in get_args(AnyPacket)}


@pytest.mark.parametrize(("packet", "vector"), [*zip(PACKETS, VECTORS, strict=True)])
def test_golden(packet: AnyPacket, vector: dict[str, str]) -> None:
    """The bytes of a packet never change, and are read for ever."""
    assert encode(packet).hex() == vector["hex"]
    assert decode(bytes.fromhex(vector["hex"])) == packet


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_a_packet(data: bytes) -> None:
    """Whatever comes, the worst is RemoteFault; what is taken is one of ours."""
    try:
        packet = decode(data)
    except RemoteFault:
        return
    assert isinstance(packet, get_args(AnyPacket))


@given(st.sampled_from(PACKETS), st.data())
def test_a_damaged_packet_is_refused_or_within_bounds(packet: AnyPacket, data: st.DataObject) -> None:
    """A changed byte makes another packet that can be encoded again, or RemoteFault."""
    changed = bytearray(encode(packet))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(changed)
    except RemoteFault:
        return
    assert decode(encode(other)) == other


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: type(packet).__name__)
def test_a_cut_or_longer_packet_is_refused(packet: AnyPacket) -> None:
    """A packet ends where it ends."""
    whole = encode(packet)
    for size in range(len(whole)):
        with pytest.raises(RemoteFault):
            decode(whole[:size])
    with pytest.raises(RemoteFault):
        decode(whole + b"\0")


def test_too_long_is_refused_before_it_is_read() -> None:
    """T32: the length is looked at first."""
    with pytest.raises(RemoteFault, match="61441 bytes"):
        decode(bytes(MAX_PACKET + 1))


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1c", b"\x81\xa1x", b"\x82\xa1c\xa3ack\xa1y"])
def test_depth_is_refused(opening: bytes) -> None:
    """T32: nesting as deep as a packet can be long ends in RemoteFault, not in a broken process."""
    with pytest.raises(RemoteFault):
        decode(opening * ((MAX_PACKET - 1) // len(opening)) + b"\x90")


def test_many_keys_are_refused() -> None:
    """T32: a map with ten thousand keys is no packet."""
    keys = b"".join(b"\xa5" + b"%05d" % key + b"\xc0" for key in range(8000))
    with pytest.raises(RemoteFault):
        decode(b"\xde\x1f\x40" + keys)


def test_unknown_fields_and_packets_are_refused() -> None:
    """What is not foreseen is refused."""
    with pytest.raises(RemoteFault):
        decode(msgspec.msgpack.encode({"c": "ack", "colour": "red"}))
    with pytest.raises(RemoteFault):
        decode(msgspec.msgpack.encode({"c": "dance"}))
    with pytest.raises(RemoteFault):
        decode(msgspec.msgpack.encode({"c": "list-files", "limit": MAX_LIST + 1}))


def test_the_longest_list_fits() -> None:
    """A Files answer of as many pieces as it may have is no longer than a packet may be."""
    pieces = tuple(Held(bytes(32), 255, bytes(32), 2**62) for _ in range(MAX_LIST))
    packet = Files(pieces=pieces, more=True, used=2**62, granted=2**62)
    assert decode(encode(packet)) == packet


def test_ours_too_long_is_a_bug() -> None:
    """We never send what the other side must refuse."""
    with pytest.raises(ValueError, match="is the most"):
        encode(Ack(note="x" * MAX_PACKET))


def test_views_are_read() -> None:
    """A packet is read where it lies, without a copy."""
    assert decode(memoryview(b"..." + encode(ListFiles()))[3:]) == ListFiles()


def test_text_that_is_no_utf8_is_refused() -> None:
    """Broken text is the peer's fault, wherever it stands: a tag, a name or a value."""
    for wrong in (
        b"\x81\xa1c\xa3\xe9ck",
        b"\x82\xa1c\xa3ack\xa4\xe9ote\xa0",
        b"\x82\xa1c\xa3ack\xa4note\xa1\xe9",
    ):
        with pytest.raises(RemoteFault):
            decode(wrong)
