"""
The receipt of a letter: its reader's signature that he has it, which is what `delivered` stands on.

It is signed by the reader's identity, not by a machine in between: no mailbox can make one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from bitdust.crypto import verify
from bitdust.errors import Damaged
from bitdust.identity.keys import Keys
from bitdust.messaging.letter import LetterId
from bitdust.wire.packets import Count, Fingerprint

DOMAIN = "letter receipt v1"
MAX_RECEIPT = 1024


class _Statement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    sender: Fingerprint
    recipient: Fingerprint
    id: LetterId
    time: Count


class _Receipt(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    statement: Annotated[bytes, Meta(max_length=MAX_RECEIPT)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


_encode = msgspec.msgpack.Encoder().encode
_open = msgspec.msgpack.Decoder(_Receipt).decode
_open_statement = msgspec.msgpack.Decoder(_Statement).decode


def sign_receipt(keys: Keys, sender: str, id: bytes, time: int) -> bytes:
    """Our word that the letter `id` of `sender` (a fingerprint) is here.  `time`: milliseconds since 1970."""
    statement = _encode(_Statement(sender, keys.fingerprint, id, time))
    return _encode(_Receipt(1, statement, keys.sign(DOMAIN, statement)))


def check_receipt(raw: bytes, public: bytes, *, sender: str, recipient: str, id: bytes) -> None:
    """
    Is it the recipient's receipt for this letter?

    @param public: his signing key, from his identity document.
    @raise Damaged: no.
    """
    if len(raw) > MAX_RECEIPT:
        raise Damaged("a receipt is longer than one can be")
    try:
        receipt = _open(raw)
        statement = _open_statement(receipt.statement)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Damaged("this is no receipt of a letter") from None
    if receipt.version != 1 or (statement.sender, statement.recipient, statement.id) != (
        sender,
        recipient,
        id,
    ):
        raise Damaged("the receipt is for another letter")
    verify(public, DOMAIN, receipt.statement, receipt.signature)
