"""
The address record: where somebody can be reached now, for those who know him.

Left with strangers under a key that only his identity document names, signed with that key, and sealed so
that only who has the document can read it: a stranger who keeps it does not learn whose it is.  Format:
docs/formats/identity.md.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from bitdust.crypto import BadSignature, derive, verify
from bitdust.directory.siv import siv
from bitdust.errors import Damaged, Usage
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys

#: bytes of a record at most: what BEP 44 leaves of its 1000
MAX_RECORD = 960
DOMAIN = "address record"
#: the certificate of a document that says under which key its owner leaves such records
CERTIFICATE = "directory"
#: seconds by which the clocks of writer and reader, and the age of a record, may differ together
MAX_AGE = 2 * 86_400
#: contacts and names in one record
MAX_CONTACTS, MAX_IDURLS = 16, 4
_VERSION = b"\1"
_FRONT, _TAG, _SIGNATURE = 1 + 32 + 8, 16, 64
_ROOM = MAX_RECORD - _FRONT - _TAG - _SIGNATURE - 2
#: sealed texts are filled up to multiples of this: their size tells little
_STEP = 128

_Text = Annotated[str, Meta(max_length=255)]


class Address(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """
    What the record says.  `revision`: of the document that was the newest then; `written`: Unix seconds.
    """

    fingerprint: Annotated[str, Meta(pattern="^[a-z2-7]{52}$")]
    revision: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    written: Annotated[int, Meta(ge=0, le=2**53)]
    contacts: Annotated[tuple[_Text, ...], Meta(max_length=MAX_CONTACTS)] = ()
    idurls: Annotated[tuple[_Text, ...], Meta(max_length=MAX_IDURLS)] = ()


def address_of(document: Document, now: float) -> Address:
    """What is to be said of the owner of this document."""
    return Address(
        document.fingerprint,
        document.revision,
        max(0, int(now)),
        document.contacts[:MAX_CONTACTS],
        document.sources[:MAX_IDURLS],
    )


def seal_address(keys: Keys, address: Address, sequence: int) -> bytes:
    """
    The record for anybody to keep.  Where there is too little room names, then the last contacts, are left
    out.

    @param sequence: rises with every record of one identity.
    """
    text = next(text for text in map(msgspec.msgpack.encode, _ever_smaller(address)) if len(text) <= _ROOM)
    plain = len(text).to_bytes(2, "big") + text
    plain += bytes(min(-len(plain) % _STEP, _ROOM + 2 - len(plain)))
    front = _VERSION + keys.directory_public + sequence.to_bytes(8, "big")
    cipher = siv(_sealing_key(keys.first_public))
    cipher.update(front)
    sealed, tag = cipher.encrypt_and_digest(plain)
    body = front + tag + sealed
    return body + keys.sign_directory(DOMAIN, body)


def check_address(public: bytes, raw: bytes) -> int:
    """
    The sequence number of what anybody can see to be a record left under this key.

    @raise Usage: it is none.
    """
    if not _FRONT + _TAG + _SIGNATURE < len(raw) <= MAX_RECORD or raw[:1] != _VERSION:
        raise Usage(f"an address record has at most {MAX_RECORD} bytes and begins with its version")
    if raw[1:33] != public:
        raise Usage("this address record belongs to another key")
    try:
        verify(public, DOMAIN, raw[:-_SIGNATURE], raw[-_SIGNATURE:])
    except BadSignature:
        raise Usage("the signature of the address record is wrong") from None
    sequence = int.from_bytes(raw[33:41], "big")
    if sequence >= 2**63:
        raise Usage("the sequence number of the address record is out of range")
    return sequence


def open_address(document: Document, raw: bytes, now: float) -> Address:
    """
    What the owner of this document says of where he is.

    @param document: the newest that is known of him.
    @param now: Unix seconds.
    @raise Damaged: it is not his, was changed, or is older than the document or than two days.
    """
    public = document.certificate(CERTIFICATE)
    if public is None:
        raise Damaged("the identity names no key for address records")
    try:
        check_address(public, raw)
    except Usage as error:
        raise Damaged(error.message) from error
    cipher = siv(_sealing_key(document.first_key))
    cipher.update(raw[:_FRONT])
    tag, sealed = raw[_FRONT : _FRONT + _TAG], raw[_FRONT + _TAG : -_SIGNATURE]
    try:
        plain = cipher.decrypt_and_verify(sealed, tag)
        address = msgspec.msgpack.decode(plain[2 : 2 + int.from_bytes(plain[:2], "big")], type=Address)
    except (ValueError, msgspec.MsgspecError):
        raise Damaged("the address record cannot be read with what the identity says") from None
    if address.fingerprint != document.fingerprint:
        raise Damaged("the address record is of another identity")
    check_age(document, address, now)
    return address


def check_age(document: Document, address: Address, now: float) -> None:
    """
    May what was said once of the owner of this document still be believed?

    @raise Damaged: no, as with `open_address`.
    """
    if address.revision < document.revision:
        raise Damaged(f"the address record is older than revision {document.revision}, which is known")
    if abs(now - address.written) > MAX_AGE:
        raise Damaged("the address record is not of these days")


def topic(kind: str, what: str) -> bytes:
    """
    Under which 20 bytes those gather who are called or offer this.

    @param kind: `nickname`, with the key of one, or `offer`.
    """
    return hashlib.sha256(f"bitdust {kind}\0{what}".encode()).digest()[:20]


def _ever_smaller(address: Address) -> list[Address]:
    smaller = [address, msgspec.structs.replace(address, idurls=address.idurls[:1])]
    bare = msgspec.structs.replace(address, idurls=())
    counts = range(len(address.contacts), -1, -1)
    return smaller + [msgspec.structs.replace(bare, contacts=address.contacts[:count]) for count in counts]


def _sealing_key(first_key: bytes) -> bytes:
    return derive(first_key, "bitdust address sealing", length=64)
