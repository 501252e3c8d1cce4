"""Contracts and receipts: what a supplier puts his name to."""

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bitdust import crypto
from bitdust.errors import Damaged
from bitdust.wire.receipts import (
    Contract,
    Receipt,
    SegmentReceipt,
    check_contract,
    check_receipt,
    check_segment_receipt,
    read_statement,
    sign_statement,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "supplier" / "statements.json"
BOB, ALICE = "a" * 52, "b" * 52
BLOCK, ROOT = b"B" * 32, b"R" * 32


@dataclass
class Device:
    """A device key made from a seed of one byte."""

    seed: int = 1

    def __post_init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()
        self.spki = crypto.digest(self.public, "test spki")

    def sign(self, domain: str, message: bytes) -> bytes:
        return crypto.sign(self._key, domain, message)

    def listed(self, spki: bytes) -> bytes:
        return {self.spki: self.public}[spki]


DEVICE = Device()
CONTRACT = Contract(BOB, ALICE, 1700000000, granted=2**30, since=1690000000, epoch=3)
RECEIPT = Receipt(BOB, ALICE, 1700000000, block=BLOCK, number=5, root=ROOT, size=4194304)
SEGMENT = SegmentReceipt(BOB, ALICE, 1700000000, epoch=3, number=17, root=ROOT, size=1234)
RIGHT = {
    "customer": BOB, "supplier": ALICE, "block": BLOCK, "number": 5, "root": ROOT, "size": 4194304,
}  # fmt: skip


@pytest.mark.parametrize("statement", [CONTRACT, RECEIPT, SEGMENT])
def test_what_was_signed_is_what_is_read(statement):
    """A statement survives the way to the customer, and fits into an Ack."""
    raw = sign_statement(statement, DEVICE)
    assert read_statement(raw, DEVICE.listed) == statement
    assert len(raw) <= 4096


def test_golden_vectors():
    """The bytes of statements never change: old receipts stay readable."""
    for row in json.loads(VECTORS.read_text()):
        raw = bytes.fromhex(row["raw"])
        statement = read_statement(raw, DEVICE.listed)
        assert type(statement).__name__ == row["kind"]
        assert msgspec.to_builtins(statement) == row["fields"]
        assert sign_statement(statement, DEVICE) == raw


def test_the_right_receipt_is_accepted():
    """Each check answers the statement when it is about what was asked."""
    assert check_receipt(sign_statement(RECEIPT, DEVICE), DEVICE.listed, **RIGHT) == RECEIPT
    assert (
        check_contract(sign_statement(CONTRACT, DEVICE), DEVICE.listed, customer=BOB, supplier=ALICE)
        == CONTRACT
    )
    assert (
        check_segment_receipt(
            sign_statement(SEGMENT, DEVICE), DEVICE.listed, customer=BOB, supplier=ALICE, epoch=3, number=17,
            root=ROOT, size=1234,
        )
        == SEGMENT
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer", ALICE), ("supplier", BOB), ("block", b"X" * 32), ("number", 6), ("root", b"X" * 32),
        ("size", 4194303),
    ],
)  # fmt: skip
def test_a_receipt_for_something_else_is_refused(field, value):
    """T55: a genuine receipt shown for another piece, customer or supplier does not count."""
    with pytest.raises(Damaged):
        check_receipt(sign_statement(RECEIPT, DEVICE), DEVICE.listed, **{**RIGHT, field: value})


def test_one_kind_is_not_another():
    """A receipt cannot be shown as a contract, nor a contract as a receipt."""
    with pytest.raises(Damaged):
        check_contract(sign_statement(RECEIPT, DEVICE), DEVICE.listed, customer=BOB, supplier=ALICE)
    with pytest.raises(Damaged):
        check_receipt(sign_statement(CONTRACT, DEVICE), DEVICE.listed, **RIGHT)
    with pytest.raises(Damaged):
        check_segment_receipt(
            sign_statement(RECEIPT, DEVICE), DEVICE.listed, customer=BOB, supplier=ALICE, epoch=3, number=17,
            root=ROOT, size=1234,
        )  # fmt: skip


def test_another_device_is_refused():
    """Only a device that the supplier's document lists can sign, and only with its own key."""
    stranger = Device(2)
    with pytest.raises(crypto.BadSignature):
        read_statement(sign_statement(RECEIPT, stranger), DEVICE.listed)
    stranger.spki = DEVICE.spki
    with pytest.raises(crypto.BadSignature):
        read_statement(sign_statement(RECEIPT, stranger), DEVICE.listed)


@given(st.binary(max_size=300))
def test_rubbish_is_refused(raw):
    """Any bytes that are no statement are Damaged, nothing else."""
    with pytest.raises(Damaged):
        read_statement(raw, DEVICE.listed)


@given(st.data())
def test_any_changed_byte_is_refused(data):
    """No byte of a statement can be changed, and none left out or added."""
    raw = bytearray(sign_statement(RECEIPT, DEVICE))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged):
        read_statement(bytes(raw), DEVICE.listed)
    with pytest.raises(Damaged):
        read_statement(bytes(raw) + b"x", DEVICE.listed)
    with pytest.raises(Damaged):
        read_statement(b"\0" * 5000, DEVICE.listed)
