"""
The recovery record: where a person who has only his 24 words left finds his suppliers.

It is named and signed by a key of its own, so that who keeps it cannot tell whose it is; sealed, so that he
cannot read it; always of one length, so that its size tells nothing.  Format: docs/formats/identity.md.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from bitdust.crypto import BadSignature, derive, verify
from bitdust.directory.siv import siv
from bitdust.errors import Damaged, Usage
from bitdust.identity.keys import MAX_GENERATION, Keys

#: bytes of a record: all have this length
RECORD_SIZE = 1024
MAX_SUPPLIERS = 8
DOMAIN = "recovery record"
_VERSION = b"\1"
_FRONT, _TAG, _SIGNATURE = 1 + 32 + 8, 16, 64
_ROOM = RECORD_SIZE - _FRONT - _TAG - _SIGNATURE - 2
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)

_Url = Annotated[str, Meta(max_length=255)]


class RecordSupplier(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A supplier, and how he was reached last."""

    fingerprint: Annotated[str, Meta(pattern="^[a-z2-7]{52}$")]
    idurl: _Url
    contacts: Annotated[tuple[_Url, ...], Meta(max_length=8)] = ()


class Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the record says.  `sequence` rises with every record of one identity."""

    generation: Annotated[int, Meta(ge=0, le=MAX_GENERATION)]
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    idurls: Annotated[tuple[_Url, ...], Meta(max_length=8)] = ()
    suppliers: Annotated[tuple[RecordSupplier, ...], Meta(max_length=MAX_SUPPLIERS)] = ()


@dataclass(frozen=True)
class RecordCover:
    """What anybody can see of a record."""

    name: str
    sequence: int


def is_record_name(name: str) -> bool:
    """Can it be the name of a record: a SHA-256 in lower-case hex?"""
    return _NAME.fullmatch(name) is not None


def seal_record(keys: Keys, record: Record) -> bytes:
    """
    The record as bytes for anybody to keep.  Where there is too little room, first contacts after each
    supplier's first, then all contacts, then the last suppliers are left out: any one of them knows the rest.
    """
    text = next(text for text in map(msgspec.msgpack.encode, _ever_smaller(record)) if len(text) <= _ROOM)
    front = _VERSION + keys.record_public + record.sequence.to_bytes(8, "big")
    plain = len(text).to_bytes(2, "big") + text + bytes(_ROOM - len(text))
    cipher = siv(_sealing_key(keys))
    cipher.update(front)
    sealed, tag = cipher.encrypt_and_digest(plain)
    body = front + tag + sealed
    return body + keys.sign_record(DOMAIN, body)


def open_record(keys: Keys, raw: bytes) -> Record:
    """
    Our own record again.

    @raise Damaged: it is another's, or was changed.
    """
    try:
        cover = check_record(keys.record_name, raw)
    except Usage as error:
        raise Damaged(error.message) from error
    cipher = siv(_sealing_key(keys))
    cipher.update(raw[:_FRONT])
    tag, sealed = raw[_FRONT : _FRONT + _TAG], raw[_FRONT + _TAG : -_SIGNATURE]
    try:
        plain = cipher.decrypt_and_verify(sealed, tag)
        record = msgspec.msgpack.decode(plain[2 : 2 + int.from_bytes(plain[:2], "big")], type=Record)
    except (ValueError, msgspec.MsgspecError):
        raise Damaged("the recovery record was not sealed with these keys, or was changed") from None
    if record.sequence != cover.sequence:
        raise Damaged("the recovery record says two different sequence numbers")
    return record


def check_record(name: str, raw: bytes) -> RecordCover:
    """
    Is this a record of that name?  Anybody can tell, without reading it.

    @raise Usage: no.
    """
    if len(raw) != RECORD_SIZE or raw[:1] != _VERSION:
        raise Usage(f"a recovery record has {RECORD_SIZE} bytes and begins with its version")
    public = raw[1:33]
    if hashlib.sha256(public).hexdigest() != name:
        raise Usage("this recovery record has another name")
    try:
        verify(public, DOMAIN, raw[:-_SIGNATURE], raw[-_SIGNATURE:])
    except BadSignature:
        raise Usage("the signature of the recovery record is wrong") from None
    sequence = int.from_bytes(raw[33:41], "big")
    if sequence >= 2**63:
        raise Usage("the sequence number of the recovery record is out of range")
    return RecordCover(name, sequence)


def _ever_smaller(record: Record) -> list[Record]:
    suppliers = record.suppliers[:MAX_SUPPLIERS]
    lists = [suppliers]
    lists += [
        tuple(msgspec.structs.replace(one, contacts=one.contacts[:kept]) for one in suppliers)
        for kept in (1, 0)
    ]
    lists += [lists[-1][:count] for count in range(len(suppliers) - 1, -1, -1)]
    smaller = [msgspec.structs.replace(record, suppliers=kept) for kept in lists]
    return [*smaller, msgspec.structs.replace(smaller[-1], idurls=record.idurls[:1])]


def _sealing_key(keys: Keys) -> bytes:
    return derive(keys.record_key, "bitdust record sealing", length=64)
