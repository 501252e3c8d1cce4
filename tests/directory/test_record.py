"""The recovery record."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from bitdust.crypto import derive
from bitdust.directory.admission import admit_record
from bitdust.directory.record import (
    RECORD_SIZE,
    Record,
    RecordSupplier,
    check_record,
    open_record,
    seal_record,
)
from bitdust.errors import Conflict, Damaged, Usage
from bitdust.identity.keys import Keys
from tests.identity.people import ALICE, BOB, EVE, HOME

VECTORS = Path(__file__).parent.parent / "vectors" / "identity"
KEYS = Keys.from_master(ALICE, 1)
SUPPLIER = RecordSupplier(
    Keys.from_master(BOB).fingerprint, "http://id.example.org/bob.xml", ("tcp://192.0.2.8:7771",)
)
RECORD = Record(1, 9, (HOME,), (SUPPLIER,))


def test_what_was_sealed_is_opened():
    """The keys of any generation read the record that the words lead to."""
    raw = seal_record(KEYS, RECORD)
    assert open_record(Keys.from_master(ALICE), raw) == RECORD
    assert check_record(KEYS.record_name, raw).sequence == 9


def test_golden_vector():
    """The record of docs/formats/identity.md."""
    raw = (VECTORS / "record.bin").read_bytes()
    assert open_record(KEYS, raw) == RECORD
    assert seal_record(KEYS, RECORD) == raw
    assert KEYS.record_name == (VECTORS / "record.name").read_text().strip()


def test_another_library_opens_it():
    """`cryptography` reads the seal that pycryptodome made."""
    raw = seal_record(KEYS, RECORD)
    key = derive(KEYS.record_key, "bitdust record sealing", length=64)
    plain = AESSIV(key).decrypt(raw[41:-64], [raw[:41]])
    assert HOME.encode() in plain


def test_it_tells_nothing():
    """All records have one length; neither names nor the identity's key can be seen."""
    empty, full = seal_record(KEYS, Record(0, 1)), seal_record(KEYS, RECORD)
    assert len(empty) == len(full) == RECORD_SIZE
    for secret in (KEYS.public, KEYS.first_public, b"example", KEYS.fingerprint.encode()):
        assert secret not in full


def test_eight_usual_suppliers_fit():
    """Eight suppliers with ordinary addresses keep them all."""
    suppliers = tuple(
        RecordSupplier(Keys.from_master(bytes([n]) * 32).fingerprint, f"http://id.org/u{n:03}.xml", ())
        for n in range(8)
    )
    record = Record(0, 1, (HOME,), suppliers)
    assert open_record(KEYS, seal_record(KEYS, record)) == record


def test_the_least_needed_goes_first():
    """Where there is too little room, contacts go before suppliers, and what is left is still a record."""
    long = tuple(
        RecordSupplier(
            SUPPLIER.fingerprint, f"http://{'x' * 230}{n}.org/bob.xml", ("tcp://" + "y" * 200,) * 8
        )
        for n in range(12)
    )
    names = tuple(f"http://{'z' * 230}{n}.org/bob.xml" for n in range(8))
    opened = open_record(KEYS, seal_record(KEYS, Record(0, 1, (HOME,), long)))
    assert 1 <= len(opened.suppliers) < 8
    assert opened.suppliers[0].idurl == long[0].idurl
    assert open_record(KEYS, seal_record(KEYS, Record(0, 1, names, long))).idurls == names[:1]


def test_changes_are_noticed():
    """No byte can be changed, by nobody."""
    raw = seal_record(KEYS, RECORD)
    for place in range(0, RECORD_SIZE, 37):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(Usage):
            check_record(KEYS.record_name, bytes(changed))
        with pytest.raises(Damaged):
            open_record(KEYS, bytes(changed))
    with pytest.raises(Damaged):
        open_record(Keys.from_master(EVE), raw)


def test_admission():
    """The sequence never falls, a repeat is harmless, nobody overwrites another's record."""
    name, fifth, sixth = KEYS.record_name, *(seal_record(KEYS, Record(0, n)) for n in (5, 6))
    other = seal_record(KEYS, Record(1, 5))
    for kept in (None, fifth):
        assert admit_record(name, fifth, kept).sequence == 5
    admit_record(name, sixth, fifth)
    for refused, kept in ((fifth, sixth), (other, fifth)):
        with pytest.raises(Conflict):
            admit_record(name, refused, kept)
    for foreign in (seal_record(Keys.from_master(EVE), Record(0, 99)), fifth + b"x", fifth[:-1], b""):
        with pytest.raises(Usage):
            admit_record(name, foreign, fifth)
