"""
A letter: what one person writes to another, signed by the one and sealed to the other.

The signature covers sender, recipient, number and time, so that a letter means nothing to anybody else, and
its reader cannot pass it on as written to a third.  Each is sealed under a key of its own and padded to one
of three lengths.  The description for a stranger is docs/formats/messages.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Meta

from bitdust.crypto import KEY, NONCE, TAG, derive, seal, unseal, verify
from bitdust.errors import BadIdentity, BitDustError, Damaged
from bitdust.identity.document import MAX_DOCUMENT, Document, parse
from bitdust.identity.keys import Keys
from bitdust.wire.packets import MAX_LETTER, Count, Fingerprint
from bitdust.world import Rng

Kind = Literal["text", "receipt"]
#: longest body of a letter, in bytes
MAX_BODY = 32 * 1024
#: the lengths a letter can have
LENGTHS = (4 * 1024, 16 * 1024, MAX_LETTER)
DOMAIN = "letter v1"

_VERSION = b"\1"
_FRONT = len(_VERSION) + KEY
# Each key seals one letter only.
_NONCE = bytes(NONCE)
_INFO = "bitdust letter"

LetterId = Annotated[bytes, Meta(min_length=16, max_length=16)]


class _Content(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    kind: Kind
    sender: Annotated[bytes, Meta(max_length=MAX_DOCUMENT)]
    recipient: Fingerprint
    id: LetterId
    time: Count
    body: Annotated[bytes, Meta(max_length=MAX_BODY)]


class _Signed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    content: Annotated[bytes, Meta(max_length=MAX_LETTER)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


@dataclass(frozen=True)
class Letter:
    """
    An opened letter.

    @param sender: the document of who signed it; whose *names* it may bear is for `pinning` to say.
    @param time: when it was written, by the sender's clock, in milliseconds since 1970.
    """

    kind: Kind
    sender: Document
    id: bytes
    time: int
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_open_signed = msgspec.msgpack.Decoder(_Signed).decode
_open_content = msgspec.msgpack.Decoder(_Content).decode


def seal_letter(
    keys: Keys, own: Document, recipient: Document, rng: Rng, *, kind: Kind, id: bytes, time: int, body: bytes
) -> bytes:
    """
    The letter as bytes that only the recipient can open.

    @param id: 16 bytes, never used before for another letter of ours.
    @param time: milliseconds since 1970.
    @raise BadIdentity: nothing can be sealed to the recipient's key.
    """
    content = _encode(_Content(kind, own.raw, recipient.fingerprint, id, time, body))
    signed = _encode(_Signed(content, keys.sign(DOMAIN, content)))
    around = _FRONT + TAG + 4
    length = next(length for length in LENGTHS if length >= len(signed) + around)
    plain = len(signed).to_bytes(4, "big") + signed + bytes(length - len(signed) - around)
    once = X25519PrivateKey.from_private_bytes(rng(KEY))
    front = _VERSION + once.public_key().public_bytes_raw()
    try:
        secret = once.exchange(X25519PublicKey.from_public_bytes(recipient.agreement_key))
    except ValueError:
        raise BadIdentity(f"nothing can be sealed to the key of {recipient.name}") from None
    key = _key(secret, front, recipient.agreement_key)
    return front + seal(key, _NONCE, plain, front + recipient.fingerprint.encode())


def open_letter(keys: Keys, raw: bytes) -> Letter:
    """
    The letter, once it is one to us and its signature holds.

    @raise Damaged: it is not for us, was changed, or is not signed by the sender it names.
    """
    if len(raw) not in LENGTHS or raw[:1] != _VERSION:
        raise Damaged("this is not a letter that this version of BitDust can read")
    plain = _unsealed(keys, raw)
    try:
        signed = _open_signed(plain[4 : 4 + int.from_bytes(plain[:4], "big")])
        content = _open_content(signed.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"the letter does not hold what it must: {str(error)[:200]}") from None
    if content.recipient != keys.fingerprint:
        raise Damaged("the letter was written to somebody else")
    try:
        sender = parse(content.sender)
    except BitDustError as error:
        raise Damaged(f"the sender of the letter has no valid identity: {error.message}") from None
    verify(sender.publickey, DOMAIN, signed.content, signed.signature)
    return Letter(content.kind, sender, content.id, content.time, content.body)


def _unsealed(keys: Keys, raw: bytes) -> bytes:
    front, sealed = raw[:_FRONT], raw[_FRONT:]
    bound = front + keys.fingerprint.encode()
    fault: BitDustError = Damaged("the letter is for nobody here")
    # A letter may be older than our last rotation.
    for generation in range(keys.generation, -1, -1):
        mine = keys if generation == keys.generation else Keys.from_master(keys.master, generation)
        try:
            secret = mine.agree(front[len(_VERSION) :])
            return unseal(_key(secret, front, mine.agreement_public), _NONCE, sealed, bound)
        except BitDustError as error:
            fault = error
    raise Damaged(f"the letter cannot be opened: {fault.message}")


def _key(secret: bytes, front: bytes, recipient: bytes) -> bytes:
    return derive(secret, _INFO, salt=front + recipient)
