"""
What a supplier puts his name to: contracts, and receipts for pieces and log segments.

A statement names both sides and everything it is about, so that it means nothing to anybody else or for
anything else.  It is signed by the supplier's *device* key; the customer checks it against the device keys
in the supplier's identity document.  The bytes are described in docs/formats/shelf.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from bitdust import crypto
from bitdust.errors import BitDustError, Damaged
from bitdust.wire.packets import Count, Fingerprint, Hash, PieceNumber

#: the form of the envelope; another number is refused
VERSION = 1
#: what `Ack.receipt` can hold
MAX_STATEMENT = 4096
#: how long a supplier keeps the pieces of a customer who is not heard of
TERM_DAYS = 180
#: files take whole blocks of this many bytes on a disk, and are counted so
GRAIN = 4096


class Statement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Something the supplier `supplier` tells the customer `customer`, at `time` (Unix seconds)."""

    customer: Fingerprint
    supplier: Fingerprint
    time: Count


class Contract(Statement, frozen=True, tag="contract"):
    """You may keep `granted` bytes here; they stay `term_days` after I last heard of you."""

    granted: Count
    since: Count
    epoch: Count
    term_days: Count = TERM_DAYS


class Receipt(Statement, frozen=True, tag="piece"):
    """This piece, of `size` bytes and with this root, lies safely on my disk."""

    block: Hash
    number: PieceNumber
    root: Hash
    size: Count


class SegmentReceipt(Statement, frozen=True, tag="segment"):
    """This segment of your catalog log, of `size` bytes and with this root, lies safely on my disk."""

    epoch: Count
    number: Count
    root: Hash
    size: Count


class Signer(Protocol):
    """The part of a `DeviceKey` that signing needs."""

    @property
    def spki(self) -> bytes: ...

    def sign(self, domain: str, message: bytes, /) -> bytes: ...


class _Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    spki: Hash
    statement: Annotated[bytes, Meta(max_length=MAX_STATEMENT)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


_encode = msgspec.msgpack.Encoder().encode
_open_envelope = msgspec.msgpack.Decoder(_Envelope).decode
_open_statement = msgspec.msgpack.Decoder(Contract | Receipt | SegmentReceipt).decode

#: one signature domain for each kind: a receipt can never be shown as a contract
_DOMAINS: dict[type[Statement], str] = {
    Contract: "contract v1",
    Receipt: "piece receipt v1",
    SegmentReceipt: "segment receipt v1",
}

#: SPKI hash -> the raw Ed25519 public key of that device: `Document.device_public` of the supplier
DevicePublic = Callable[[bytes], bytes]


def charge_of(size: int) -> int:
    """What a file of `size` bytes takes of a quota."""
    return -(-size // GRAIN) * GRAIN


def sign_statement(statement: Contract | Receipt | SegmentReceipt, device: Signer) -> bytes:
    """The statement under the device's signature, as it goes into `Ack.receipt`."""
    content = _encode(statement)
    signature = device.sign(_DOMAINS[type(statement)], content)
    return _encode(_Envelope(VERSION, device.spki, content, signature))


def read_statement(raw: bytes, device_public: DevicePublic) -> Contract | Receipt | SegmentReceipt:
    """
    The statement in these bytes, once its signature holds.

    @raise Damaged: it is none, or `BadSignature`: no device that the supplier's document lists signed it.
    """
    if len(raw) > MAX_STATEMENT:
        raise Damaged("a supplier's statement is longer than one can be")
    try:
        envelope = _open_envelope(raw)
        if envelope.version != VERSION:
            raise Damaged(
                f"this statement is of version {envelope.version}, which this program does not know"
            )
        statement: Contract | Receipt | SegmentReceipt = _open_statement(envelope.statement)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"this is no supplier's statement: {error}") from None
    try:
        public = device_public(envelope.spki)
    except (LookupError, BitDustError):
        raise crypto.BadSignature("no device in the supplier's identity signed this") from None
    crypto.verify(public, _DOMAINS[type(statement)], envelope.statement, envelope.signature)
    return statement


def check_contract(raw: bytes, device_public: DevicePublic, *, customer: str, supplier: str) -> Contract:
    """
    The contract, once it is one between these two.

    @raise Damaged: it is not, or not signed by the supplier.
    """
    statement = read_statement(raw, device_public)
    if not isinstance(statement, Contract) or (statement.customer, statement.supplier) != (
        customer,
        supplier,
    ):
        raise Damaged("the supplier answered with another contract than the one asked for")
    return statement


def check_receipt(
    raw: bytes,
    device_public: DevicePublic,
    *,
    customer: str,
    supplier: str,
    block: bytes,
    number: int,
    root: bytes,
    size: int,
) -> Receipt:
    """
    The receipt, once it is one for exactly this piece, between these two.

    @raise Damaged: it is for something else, or not signed by the supplier.
    """
    statement = read_statement(raw, device_public)
    if not isinstance(statement, Receipt) or statement != Receipt(
        customer, supplier, statement.time, block, number, root, size
    ):
        raise Damaged("the supplier's receipt is for something else")
    return statement


def check_segment_receipt(
    raw: bytes,
    device_public: DevicePublic,
    *,
    customer: str,
    supplier: str,
    epoch: int,
    number: int,
    root: bytes,
    size: int,
) -> SegmentReceipt:
    """
    The same for a segment of the catalog log.

    @raise Damaged: it is for something else, or not signed by the supplier.
    """
    statement = read_statement(raw, device_public)
    if not isinstance(statement, SegmentReceipt) or statement != SegmentReceipt(
        customer, supplier, statement.time, epoch, number, root, size
    ):
        raise Damaged("the supplier's receipt is for something else")
    return statement
