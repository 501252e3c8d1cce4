"""Letters are read by whom they were written to, as they were written, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.crypto import BadSignature
from bitdust.errors import Damaged
from bitdust.identity.keys import Keys
from bitdust.messaging.letter import LENGTHS, MAX_BODY, open_letter, seal_letter
from bitdust.messaging.receipt import check_receipt, sign_receipt
from tests.identity.people import ALICE, BOB, EVE, count_rng, document
from tests.messaging.samples import FROM, ID, READER, SENDER, TIME, TO, letter

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "messaging" / "letter.json").read_text())


def test_golden() -> None:
    """The bytes of a letter and of a receipt never change, and are read for ever."""
    assert letter().hex() == VECTORS["letter"]
    opened = open_letter(READER, bytes.fromhex(VECTORS["letter"]))
    assert (opened.sender, opened.kind, opened.id, opened.time, opened.body) == (
        FROM,
        "text",
        ID,
        TIME,
        b"hello",
    )
    assert sign_receipt(READER, FROM.fingerprint, ID, TIME).hex() == VECTORS["receipt"]


@pytest.mark.parametrize("size", [0, 1, 3000, 15_000, MAX_BODY])
def test_every_size(size: int) -> None:
    """What was written is read; from outside a letter has one of three lengths."""
    raw = letter(bytes(size))
    assert len(raw) in LENGTHS
    assert open_letter(READER, raw).body == bytes(size)


def test_the_largest_identity_fits() -> None:
    """A letter of the longest text from somebody with a document as long as one can be can be sealed."""
    long = [f"tcp://{'x' * 190}.{number:02}" for number in range(32)]
    sender = document(ALICE, contacts=long, extra=[("note", bytes(4500))])
    assert 13_000 < len(sender.raw) < 16 * 1024
    raw = seal_letter(SENDER, sender, TO, count_rng, kind="text", id=ID, time=TIME, body=bytes(MAX_BODY))
    assert open_letter(READER, raw).sender == sender


def test_nobody_else_reads_it() -> None:
    """Neither a stranger nor its sender opens a letter."""
    for keys in (SENDER, Keys.from_master(EVE)):
        with pytest.raises(Damaged):
            open_letter(keys, letter())


def test_it_is_read_after_a_rotation() -> None:
    """A letter sealed to a key that has been replaced since is still read."""
    assert open_letter(Keys.from_master(BOB, 2), letter()).body == b"hello"


def test_it_cannot_be_passed_on() -> None:
    """The reader cannot make it a letter of its sender's to somebody else."""
    opened = open_letter(READER, letter())
    forged = seal_letter(
        READER, opened.sender, document(EVE), count_rng, kind="text", id=ID, time=TIME, body=b"x"
    )
    with pytest.raises(BadSignature):
        open_letter(Keys.from_master(EVE), forged)


@given(st.integers(0, LENGTHS[0] - 1), st.integers(1, 255))
def test_a_changed_letter_is_refused(place: int, change: int) -> None:
    """Any changed byte, and it is no letter."""
    raw = bytearray(letter())
    raw[place] ^= change
    with pytest.raises(Damaged):
        open_letter(READER, bytes(raw))


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes) -> None:
    """What is no letter is Damaged, and nothing worse."""
    for length in (0, LENGTHS[0]):
        with pytest.raises(Damaged):
            open_letter(READER, raw + bytes(max(0, length - len(raw))))


def test_receipts() -> None:
    """A receipt is for one letter between two people, signed by its reader."""
    raw = sign_receipt(READER, FROM.fingerprint, ID, TIME)
    names: dict[str, Any] = {"sender": FROM.fingerprint, "recipient": TO.fingerprint, "id": ID}
    check_receipt(raw, READER.public, **names)
    for wrong in ({"sender": TO.fingerprint}, {"recipient": FROM.fingerprint}, {"id": bytes(16)}):
        with pytest.raises(Damaged):
            check_receipt(raw, READER.public, **{**names, **wrong})
    with pytest.raises(BadSignature):
        check_receipt(raw, SENDER.public, **names)
    for broken in (b"", raw[:-1], raw + b"x", bytes(5000), b"\x91" * 500):
        with pytest.raises(Damaged):
            check_receipt(broken, READER.public, **names)
