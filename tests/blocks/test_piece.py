"""The header of a piece."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust import crypto
from bitdust.blocks.layout import Layout
from bitdust.blocks.piece import _HEADER, HEADER_CONTEXT, HEADER_SIZE, MAGIC, PieceHeader
from bitdust.errors import Damaged
from tests.blocks.material import BLOCK

CUSTOMER, OTHER = crypto.base32(bytes([1]) * 32), crypto.base32(bytes([2]) * 32)
HEADER = PieceHeader(CUSTOMER, BLOCK, 5, bytes([3]) * 32, Layout(1_000_003, 4, 7))


def test_it_is_read_back() -> None:
    """What was written is what is read, and it says where everything lies."""
    data = HEADER.to_bytes()
    assert len(data) == HEADER_SIZE
    assert PieceHeader.parse(data) == HEADER
    assert HEADER.tree_offset == HEADER_SIZE + HEADER.layout.piece_size
    assert HEADER.file_size == HEADER.tree_offset + 32 * (4 + 2 + 1)


@given(st.integers(0, HEADER_SIZE * 8 - 1))
def test_a_flipped_bit_is_found(position: int) -> None:
    """T1: no field of the header changes unseen."""
    data = bytearray(HEADER.to_bytes())
    data[position // 8] ^= 1 << position % 8
    with pytest.raises(Damaged):
        PieceHeader.parse(bytes(data))


@given(st.integers(0, HEADER_SIZE + 9).filter(lambda length: length != HEADER_SIZE))
def test_another_length_is_refused(length: int) -> None:
    """Neither more nor less than a header."""
    with pytest.raises(Damaged):
        PieceHeader.parse((HEADER.to_bytes() + bytes(9))[:length])


@pytest.mark.parametrize(
    "change",
    [
        {0: b"BDPIECE?"},
        {1: 2},
        {5: 7},
        {6: 0},
        {7: 3},
        {8: 1000},
        {9: 0},
        {9: 2**63},
        {10: 1},
    ],
)
def test_contradictions_are_refused(change: dict[int, object]) -> None:
    """A header whose hash is right but whose numbers are not is refused, too."""
    layout = HEADER.layout
    sizes = [layout.k, layout.n, layout.unit, layout.size, layout.piece_size]
    fields: list[object] = [MAGIC, 1, bytes(32), BLOCK, bytes(32), 5, *sizes]
    PieceHeader.parse(signed(fields))
    for position, value in change.items():
        fields[position] = value
    with pytest.raises(Damaged):
        PieceHeader.parse(signed(fields))


def signed(fields: list[object]) -> bytes:
    """A header with these fields and its right hash."""
    data = _HEADER.pack(*fields)
    return data + crypto.digest(data, HEADER_CONTEXT)


def test_another_piece_is_refused() -> None:
    """Another customer's, another block's, another number: T2's liars."""
    HEADER.expect(CUSTOMER, BLOCK, 5)
    for other in (
        replace(HEADER, customer=OTHER),
        replace(HEADER, block=bytes(32)),
        replace(HEADER, number=4),
    ):
        with pytest.raises(Damaged):
            PieceHeader.parse(other.to_bytes()).expect(CUSTOMER, BLOCK, 5)


def test_a_customer_is_a_fingerprint() -> None:
    """Something else cannot be written into a header."""
    with pytest.raises(ValueError, match=r"fingerprint|base32|padding"):
        replace(HEADER, customer="abcd").to_bytes()
