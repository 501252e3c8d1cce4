"""The address record."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from bitdust.crypto import derive
from bitdust.directory.address import (
    CERTIFICATE,
    DOMAIN,
    MAX_AGE,
    MAX_RECORD,
    Address,
    address_of,
    check_address,
    open_address,
    seal_address,
    topic,
)
from bitdust.errors import Damaged, Usage
from bitdust.identity.keys import Keys
from tests.identity.people import ALICE, EVE, document

VECTORS = Path(__file__).parent.parent / "vectors" / "identity"
KEYS = Keys.from_master(ALICE)
NOW = 1_800_000_000
CONTACTS = ["tcp://192.0.2.8:7771", "udp://192.0.2.8:7771"]


def alice(**changes):
    """Her document, with the key of her address records."""
    extra = [(CERTIFICATE, KEYS.directory_public)]
    return document(**{"revision": 5, "contacts": CONTACTS, "extra": extra, **changes})


def sealed(sequence=7, **changes):
    """A record of hers."""
    return seal_address(KEYS, msgspec.structs.replace(address_of(alice(), NOW), **changes), sequence)


def forged(text: bytes) -> bytes:
    """What only she could sign, and would not."""
    plain = len(text).to_bytes(2, "big") + text
    front = b"\1" + KEYS.directory_public + bytes(8)
    key = derive(KEYS.first_public, "bitdust address sealing", length=64)
    body = front + AESSIV(key).encrypt(plain, [front])
    return body + KEYS.sign_directory(DOMAIN, body)


def test_what_was_sealed_is_opened():
    """Who has the document reads where she is; also after a rotation, and from a document before."""
    said = address_of(alice(), NOW)
    raw = sealed()
    assert said.contacts == tuple(CONTACTS)
    assert check_address(KEYS.directory_public, raw) == 7
    for known in (alice(), alice(generation=1), alice(revision=4)):
        assert open_address(known, raw, NOW) == said


def test_golden_vector():
    """The record of docs/formats/identity.md."""
    assert sealed() == (VECTORS / "address.bin").read_bytes()


def test_it_tells_nothing():
    """Who keeps the record sees neither whose it is nor where she is."""
    for secret in (KEYS.public, KEYS.fingerprint.encode(), b"192.0.2.8", b"example"):
        assert secret not in sealed()


@given(
    st.lists(st.text("abc:/.", min_size=1, max_size=255), max_size=16),
    st.lists(st.text("abc:/.", min_size=1, max_size=255), max_size=4),
)
def test_it_always_fits(contacts, idurls):
    """Whatever there is to say, the record is one that the DHT keeps, and names go before contacts."""
    raw = sealed(contacts=tuple(contacts), idurls=tuple(idurls))
    assert len(raw) <= MAX_RECORD
    said = open_address(alice(), raw, NOW)
    assert said.contacts == tuple(contacts[: len(said.contacts)])
    assert said.contacts == tuple(contacts) or not said.idurls


def test_t37_what_is_not_hers():
    """Unsigned, somebody else's, too large, changed in any byte: no record under her key."""
    raw, eve = sealed(), Keys.from_master(EVE)
    others = seal_address(eve, msgspec.structs.replace(address_of(alice(), NOW)), 9)
    wrong = [b"", raw[:-1], raw + b"x", bytes(len(raw)), raw[:-64] + bytes(64), others, bytes(MAX_RECORD + 1)]
    wrong += [raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :] for n in range(len(raw))]
    for bad in wrong:
        with pytest.raises(Usage):
            check_address(KEYS.directory_public, bad)
        with pytest.raises(Damaged):
            open_address(alice(), bad, NOW)


def test_t37_what_is_out_of_date():
    """A record of a revision before the one that is known, or of other days, is not believed."""
    raw = sealed()
    with pytest.raises(Damaged, match="older"):
        open_address(alice(revision=6), raw, NOW)
    for now in (NOW - MAX_AGE - 1, NOW + MAX_AGE + 1):
        with pytest.raises(Damaged, match="days"):
            open_address(alice(), raw, now)


def test_t37_what_is_signed_and_wrong():
    """What is signed by her key and is no record, or says that it is of another, is refused."""
    another = Address("a" * 52, 5, NOW)
    for text in (b"", b"\xc1", msgspec.msgpack.encode(another), msgspec.msgpack.encode([1]), b"\x95" * 500):
        with pytest.raises(Damaged):
            open_address(alice(), forged(text), NOW)


def test_who_names_no_key():
    """Who leaves no records has none."""
    with pytest.raises(Damaged, match="names no key"):
        open_address(document(), sealed(), NOW)


def test_topics():
    """What is gathered under has 20 bytes, and kinds do not mix."""
    found = {topic("nickname", "x"), topic("offer", "x"), topic("nickname", "y"), topic("nicknam", "e\0x")}
    assert {len(each) for each in found} == {20}
    assert len(found) == 4
