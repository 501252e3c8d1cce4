"""
The signed public description of a user: an XML document that only its owner can make.

Canonical form is what `build` writes; `parse` reads, writes again and compares the bytes, so that one
identity has one spelling.  The description for a stranger is docs/formats/identity.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bitdust.crypto import BadSignature, verify
from bitdust.errors import BadIdentity, Usage
from bitdust.identity.idurl import is_idurl, parse_idurl
from bitdust.identity.keys import MAX_GENERATION, ROTATION, Keys, fingerprint, rotation_message, spki_of

#: longest identity document, in bytes
MAX_DOCUMENT = 16 * 1024
MAX_REVISION = 2**63 - 1
#: the domain of the document's signature
DOMAIN = "identity"

MAX_SOURCES, MAX_CONTACTS, MAX_CERTIFICATES, MAX_SCRUBBERS = 8, 32, 64, 8

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<identity>\n'
_LISTS = {"sources": "source", "contacts": "contact", "certificates": "certificate", "scrubbers": "scrubber"}
_WORDS = ("postage", "date", "version", "revision", "publickey", "signature")
_SSH = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"

_CONTACT = re.compile(r"[a-z][a-z0-9]{0,15}://[!-~]{1,200}", re.ASCII)
_CERTIFICATE = re.compile(r"([a-z][a-z0-9-]{0,31})=([A-Za-z0-9+/]*={0,2})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LINE = re.compile(r"[!-~]([ -~]{0,126}[!-~])?", re.ASCII)
_OFFER = re.compile(rb"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Document:
    """An identity, valid in itself: whose name it may bear is for `pinning` to say."""

    sources: tuple[str, ...]
    contacts: tuple[str, ...]
    certificates: tuple[tuple[str, bytes], ...]
    scrubbers: tuple[str, ...]
    postage: int
    date: str
    version: str
    revision: int
    publickey: bytes
    signature: bytes
    raw: bytes

    @cached_property
    def fingerprint(self) -> str:
        """What the identity is: the hash of its first key."""
        return fingerprint(self.first_key)

    @property
    def first_key(self) -> bytes:
        """The Ed25519 key it began with."""
        return self.certificate("first-key") or self.publickey

    @property
    def rotations(self) -> tuple[bytes, ...]:
        """How the first key became `publickey`: per step the new key and the old one's signature."""
        return self.all_of("rotation")

    @property
    def idurl(self) -> str:
        """The first of its names."""
        return self.sources[0]

    @property
    def name(self) -> str:
        """The short name, from the first source."""
        return parse_idurl(self.sources[0]).name

    @cached_property
    def device_spkis(self) -> frozenset[bytes]:
        """SPKI hashes of the devices that may speak for it."""
        return frozenset(self._devices)

    def device_public(self, spki: bytes) -> bytes:
        """
        The Ed25519 public key of the device with this SPKI hash.

        @raise BadIdentity: the document lists no such device.
        """
        try:
            return self._devices[spki]
        except KeyError:
            raise BadIdentity("the identity does not list that device") from None

    @property
    def agreement_key(self) -> bytes:
        """The X25519 public key to seal messages to."""
        key = self.certificate("agreement")
        if key is None:
            raise BadIdentity("the identity has no agreement key")
        return key

    @cached_property
    def offers(self) -> frozenset[str]:
        """What it does for others: "supplier"."""
        return frozenset(offer.decode() for offer in self.all_of("offer"))

    def certificate(self, name: str) -> bytes | None:
        """The first certificate of that name."""
        return next((value for known, value in self.certificates if known == name), None)

    def all_of(self, name: str) -> tuple[bytes, ...]:
        """Every certificate of that name, in order."""
        return tuple(value for known, value in self.certificates if known == name)

    @cached_property
    def _devices(self) -> dict[bytes, bytes]:
        return {spki_of(public): public for public in self.all_of("device")}


def build(
    keys: Keys,
    *,
    sources: Sequence[str],
    contacts: Sequence[str],
    devices: Sequence[bytes],
    revision: int,
    date: str,
    version: str = "bitdust",
    offers: Sequence[str] = (),
    scrubbers: Sequence[str] = (),
    postage: int = 1,
    extra: Sequence[tuple[str, bytes]] = (),
) -> Document:
    """
    Write and sign the document.

    @param devices: Ed25519 public keys of the installations that may speak for us.
    @param date: YYYY-MM-DD.
    @param extra: further certificates, kept behind ours.
    @raise Usage: it would not be a valid identity.
    """
    certificates = [("agreement", keys.agreement_public)]
    certificates += [("device", public) for public in devices]
    if keys.rotations:
        certificates.append(("first-key", keys.first_public))
    certificates += [("rotation", link) for link in keys.rotations]
    certificates += [("offer", offer.encode()) for offer in offers]
    certificates += extra
    lists = {
        "sources": tuple(sources),
        "contacts": tuple(contacts),
        "certificates": tuple(f"{name}={_base64(value)}" for name, value in certificates),
        "scrubbers": tuple(scrubbers),
    }
    signed = _signed_part(lists, (str(postage), date, version, str(revision), _ssh(keys.public)))
    raw = _whole(signed, keys.sign(DOMAIN, signed))
    try:
        return parse(raw)
    except BadIdentity as error:
        raise Usage(f"these do not make a valid identity: {error.message}") from error


def parse(raw: bytes) -> Document:
    """
    Read a document from anybody.

    @raise BadIdentity: it is too long, not ours in form, not in canonical form, or its signature is wrong.
    """
    if len(raw) > MAX_DOCUMENT:
        raise BadIdentity(f"an identity document has at most {MAX_DOCUMENT} bytes, this one {len(raw)}")
    # Our writer's first bytes, and ASCII alone: no other encoding, no DTD reaches the XML parser.
    if not raw.startswith(_HEAD.encode()) or not raw.isascii() or b"<!" in raw:
        raise BadIdentity("this is not an identity document")
    if raw.count(b"<") > 2 * (MAX_SOURCES + MAX_CONTACTS + MAX_CERTIFICATES + MAX_SCRUBBERS) + 32:
        raise BadIdentity("the identity document has too many elements")
    try:
        root = fromstring(raw, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise BadIdentity("the identity document is not well-formed XML") from None
    lists, words = _content(root)
    document = Document(
        sources=lists["sources"],
        contacts=lists["contacts"],
        certificates=tuple(_certificate(text) for text in lists["certificates"]),
        scrubbers=lists["scrubbers"],
        postage=_number(words[0], "postage", 0),
        date=_matching(_DATE, words[1], "date"),
        version=_matching(_LINE, words[2], "version"),
        revision=_number(words[3], "revision", 1),
        publickey=_public_key(words[4]),
        signature=_bytes(words[5], "signature", 64),
        raw=raw,
    )
    signed = _signed_part(lists, words[:5])
    if _whole(signed, document.signature) != raw:
        raise BadIdentity("the identity document is not in canonical form")
    try:
        verify(document.publickey, DOMAIN, signed, document.signature)
    except BadSignature:
        raise BadIdentity("the signature of the identity document is wrong") from None
    _check_lists(document)
    _check_certificates(document)
    _check_rotations(document)
    return document


def check_successor(old: Document, new: Document) -> None:
    """
    May `new` take the place of `old`, which we accepted before?

    @raise BadIdentity: no: another identity, an unsigned rotation, or a lower revision.
    """
    if new.raw == old.raw:
        return
    if new.fingerprint != old.fingerprint:
        raise BadIdentity(f"{old.idurl} has another key than before, and the old key did not sign the change")
    if new.rotations[: len(old.rotations)] != old.rotations:
        raise BadIdentity(f"{old.idurl} was signed with a key that has been replaced since")
    if new.revision < old.revision:
        raise BadIdentity(
            f"revision {new.revision} of {old.idurl} is older than revision {old.revision}, which is known"
        )
    if new.revision == old.revision:
        raise BadIdentity(f"there are two different documents of revision {new.revision} of {old.idurl}")


def _content(root: Element) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    if root.tag != "identity" or [child.tag for child in root] != [*_LISTS, *_WORDS]:
        raise BadIdentity("the identity document does not have exactly the elements it must have")
    lists = {}
    for box, (name, item) in zip(root, _LISTS.items(), strict=False):
        if any(child.tag != item or len(child) for child in box):
            raise BadIdentity(f"<{name}> of the identity document holds something else than <{item}>")
        lists[name] = tuple(child.text or "" for child in box)
    return lists, tuple(child.text or "" for child in root[len(_LISTS) :])


def _signed_part(lists: dict[str, tuple[str, ...]], words: tuple[str, ...]) -> bytes:
    lines = [_HEAD]
    for name, item in _LISTS.items():
        lines.append(f"<{name}>\n")
        lines += [f"<{item}>{escape(text)}</{item}>\n" for text in lists[name]]
        lines.append(f"</{name}>\n")
    lines += [f"<{name}>{escape(text)}</{name}>\n" for name, text in zip(_WORDS, words, strict=False)]
    return "".join(lines).encode()


def _whole(signed: bytes, signature: bytes) -> bytes:
    return signed + f"<signature>{_base64(signature)}</signature>\n</identity>\n".encode()


def _check_lists(document: Document) -> None:
    sources, contacts, scrubbers = document.sources, document.contacts, document.scrubbers
    if not 1 <= len(sources) <= MAX_SOURCES or len(set(sources)) != len(sources):
        raise BadIdentity(f"an identity has 1 to {MAX_SOURCES} sources, all different")
    if not all(is_idurl(source) for source in sources):
        raise BadIdentity("a source of the identity is not an IDURL")
    if len(contacts) > MAX_CONTACTS or not all(_CONTACT.fullmatch(contact) for contact in contacts):
        raise BadIdentity(f"an identity has at most {MAX_CONTACTS} contacts like tcp://host:port")
    if len(scrubbers) > MAX_SCRUBBERS or not all(is_idurl(scrubber) for scrubber in scrubbers):
        raise BadIdentity(f"an identity has at most {MAX_SCRUBBERS} scrubbers, each an IDURL")


def _check_certificates(document: Document) -> None:
    if len(document.certificates) > MAX_CERTIFICATES:
        raise BadIdentity(f"an identity has at most {MAX_CERTIFICATES} certificates")
    keys = document.all_of("device") + document.all_of("agreement") + document.all_of("first-key")
    if any(len(key) != 32 for key in keys):
        raise BadIdentity("a key among the certificates does not have 32 bytes")
    if len(document.all_of("agreement")) != 1 or len(document.all_of("first-key")) > 1:
        raise BadIdentity("an identity has one agreement key and at most one first key")
    if not all(_OFFER.fullmatch(offer) for offer in document.all_of("offer")):
        raise BadIdentity("an offer of the identity is not a word")


def _check_rotations(document: Document) -> None:
    links = document.rotations
    if len(links) > MAX_GENERATION or bool(links) != (document.certificate("first-key") is not None):
        raise BadIdentity("the identity's key rotations are incomplete")
    key = document.first_key
    for generation, link in enumerate(links, 1):
        if len(link) != 96:
            raise BadIdentity("a key rotation of the identity has a wrong length")
        try:
            verify(key, ROTATION, rotation_message(generation, key, link[:32]), link[32:])
        except BadSignature:
            raise BadIdentity("a key rotation of the identity was not signed with the old key") from None
        key = link[:32]
    if key != document.publickey:
        raise BadIdentity("the identity's key rotations do not lead to its public key")


def _certificate(text: str) -> tuple[str, bytes]:
    found = _CERTIFICATE.fullmatch(text)
    if found is None:
        raise BadIdentity("a certificate of the identity is not of the form name=base64")
    return found[1], _bytes(found[2], found[1])


def _public_key(text: str) -> bytes:
    kind, _, encoded = text.partition(" ")
    blob = _bytes(encoded, "publickey", len(_SSH) + 32)
    if kind != "ssh-ed25519" or not blob.startswith(_SSH):
        raise BadIdentity("the public key of the identity is not an Ed25519 key")
    return blob[len(_SSH) :]


def _ssh(public: bytes) -> str:
    return f"ssh-ed25519 {_base64(_SSH + public)}"


def _number(text: str, name: str, least: int) -> int:
    value = int(_matching(_NUMBER, text, name))
    if not least <= value <= MAX_REVISION:
        raise BadIdentity(f"the {name} of the identity is out of range")
    return value


def _matching(form: re.Pattern[str], text: str, name: str) -> str:
    if form.fullmatch(text) is None:
        raise BadIdentity(f"the {name} of the identity is not in its form")
    return text


def _bytes(text: str, name: str, length: int | None = None) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadIdentity(f"the {name} of the identity is not base64") from None
    if length is not None and len(value) != length:
        raise BadIdentity(f"the {name} of the identity has a wrong length")
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
