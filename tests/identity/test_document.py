"""The identity document: signed, bounded, in one spelling.  T43, T51."""

import builtins
import socket
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import BadIdentity, Usage
from bitdust.identity.document import MAX_DOCUMENT, MAX_REVISION, check_successor, parse
from bitdust.identity.keys import Keys

from .people import ALICE, BOB, DEVICE, EVE, HOME, OTHER_DEVICE, SECOND, document, sign_by_hand

VECTORS = Path(__file__).parent.parent / "vectors" / "identity"


def test_what_was_built_is_read():
    """Every part of a document comes back."""
    made = document(sources=[HOME, SECOND], extra=[("future", b"\0\1")], scrubbers=["http://x.org/scrub.xml"])
    read = parse(made.raw)
    assert read == made
    assert read.fingerprint == Keys.from_master(ALICE).fingerprint
    assert read.name == "alice"
    assert read.idurl == HOME
    assert read.offers == {"supplier"}
    assert read.device_spkis == {DEVICE.spki}
    assert read.device_public(DEVICE.spki) == DEVICE.public
    assert read.agreement_key == Keys.from_master(ALICE).agreement_public
    assert read.certificate("future") == b"\0\1"
    with pytest.raises(BadIdentity):
        read.device_public(OTHER_DEVICE.spki)


def test_rotated_document_keeps_its_fingerprint():
    """After three rotations the identity is still who it was, proved by the chain of its keys."""
    rotated = document(generation=3, revision=2)
    assert rotated.fingerprint == document().fingerprint
    assert rotated.publickey == Keys.from_master(ALICE, 3).public
    check_successor(document(), rotated)


def test_golden_vector():
    """The document of docs/formats/identity.md reads as described there, and is written so again."""
    raw = (VECTORS / "document.xml").read_bytes()
    assert parse(raw).fingerprint == (VECTORS / "document.fingerprint").read_text().strip()
    assert document(sources=[HOME, SECOND], generation=1, revision=7).raw == raw


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<postage>1<", b"<postage>01<"),
        (b"<postage>1<", b"<postage> 1<"),
        (b"<sources>\n", b"<sources>\n\n"),
        (b"<sources>\n", b"<sources>\r\n"),
        (b"<sources>", b"<sources >"),
        (b"<sources>", b"<sources a='b'>"),
        (b"<scrubbers>\n</scrubbers>", b"<scrubbers/>"),
        (b"<source>h", b"<source><!-- x -->h"),
        (b"<source>h", b"<source>&#104;"),
        (b"<source>h", b"<source><![CDATA[h]]>"),
        (b"<identity>\n<", b"<identity>\n<?pi x?><"),
        (b'encoding="utf-8"', b'encoding="utf-7"'),
        (b'encoding="utf-8"', b'encoding="UTF-8"'),
    ],
)
def test_other_byte_form(old, new):
    """Other bytes with the same meaning are refused, also when their owner signed them."""
    raw = document().raw
    assert old in raw
    with pytest.raises(BadIdentity):
        parse(sign_by_hand(raw.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<postage>1</postage>\n", b""),
        (b"<postage>1</postage>\n", b"<postage>1</postage>\n<new>1</new>\n"),
        (b"<postage>1</postage>\n", b"<postage>1</postage>\n<postage>1</postage>\n"),
        (b"<scrubbers>\n", b"<scrubbers>\n<source>x</source>\n"),
        (b"<revision>1<", b"<revision>0<"),
        (b"<revision>1<", b"<revision>-1<"),
        (b"<revision>1<", b"<revision>9223372036854775808<"),
        (b"<revision>1<", b"<revision>" + b"9" * 5000 + b"<"),
        (b"<date>2026-01-31<", b"<date>Jan 31, 2026<"),
        (b"http://id.example.org/alice.xml", b"http://id.example.org/../alice.xml"),
        (b"http://id.example.org/alice.xml", b"http://id.example.org/%2e%2e/alice.xml"),
        (b"tcp://192.0.2.7:7771", b"tcp://a b"),
        (b"<certificate>agreement=", b"<certificate>Agreement="),
        (b"<certificate>agreement=", b"<certificate>agreed="),
        (b"<certificate>device=", b"<certificate>rotation="),
        (b"<certificate>device=", b"<certificate>first-key="),
        (b"<certificate>device=", b"<certificate>device=AA"),
        (b"ssh-ed25519 AAAA", b"ssh-rsa AAAA"),
    ],
)
def test_strict_schema(old, new):
    """What the schema does not know, or not so, is refused, also when its owner signed it."""
    raw = document().raw
    assert old in raw
    with pytest.raises(BadIdentity):
        parse(sign_by_hand(raw.replace(old, new, 1)))


def test_largest_revision():
    """Revision 2**63-1 is the last."""
    assert document(revision=MAX_REVISION).revision == 2**63 - 1
    with pytest.raises(Usage):
        document(revision=2**63)


def test_signature_covers_everything_before_it():
    """Any changed byte is noticed."""
    raw = document().raw
    for place in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(BadIdentity):
            parse(bytes(changed))


def test_anothers_signature_is_refused():
    """Eve cannot sign for Alice."""
    with pytest.raises(BadIdentity, match="signature"):
        parse(sign_by_hand(document().raw, EVE))


def test_unsigned_rotation_is_refused():
    """Eve cannot claim Alice's first key for a document of her own.  T43."""
    alice, eve = Keys.from_master(ALICE), Keys.from_master(EVE)
    for link in (eve.public + bytes(64), eve.public + eve.sign("rotation", b"x"), eve.public):
        with pytest.raises(Usage, match="rotation"):
            document(EVE, extra=[("first-key", alice.public), ("rotation", link)])
    with pytest.raises(Usage, match="rotation"):
        document(EVE, extra=[("first-key", alice.public)])


BOMB = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE lolz [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 20))
    + b"]>\n<identity>&a19;</identity>"
)
HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<identity>\n'


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(BOMB, id="billion laughs"),
        pytest.param(
            HEAD + b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><a>&a;</a>", id="external"
        ),
        pytest.param(HEAD + b"<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1/'>%a;]>", id="parameter"),
        pytest.param(HEAD + b"&quadratic;" * 1000, id="entities"),
        pytest.param(HEAD + b"<a>" * 5000, id="deep"),
        pytest.param(HEAD + b"<a/>" * 4000, id="many"),
        pytest.param(HEAD + b"<a " + b"b='c' " * 2000 + b"/>", id="attributes"),
        pytest.param(document().raw.decode().encode("utf-16"), id="utf-16"),
        pytest.param(document().raw.decode().encode("utf-7"), id="utf-7"),
        pytest.param(b"\xef\xbb\xbf" + document().raw, id="bom"),
        pytest.param(document().raw + b" " * MAX_DOCUMENT, id="long"),
        pytest.param(b"<" * 10_000_000, id="10 MB"),
        pytest.param(b"<html><body>404</body></html>", id="html"),
        pytest.param(b"", id="empty"),
    ],
)
def test_hostile_xml(hostile, monkeypatch):
    """T51: refused in under 50 ms, with little memory, and no file or socket is opened."""

    def no(*_args, **_kwargs):
        raise AssertionError("touched the world")

    monkeypatch.setattr(socket, "socket", no)
    monkeypatch.setattr(builtins, "open", no)
    with pytest.raises(BadIdentity):
        parse(hostile)
    began = time.process_time()
    with pytest.raises(BadIdentity):
        parse(hostile)
    assert time.process_time() - began < 0.05
    tracemalloc.start()
    with pytest.raises(BadIdentity):
        parse(hostile)
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(noise):
    """Noise is refused with the one error, wherever it stands."""
    raw = document().raw
    for hostile in (noise, HEAD + noise, raw[:200] + noise + raw[200:]):
        if hostile != raw:
            with pytest.raises(BadIdentity):
                parse(hostile)


def test_limits_of_the_lists():
    """Nine sources, the same source twice, 33 contacts, 65 certificates: refused."""
    for changes in (
        {"sources": [f"http://s{n}.org/alice.xml" for n in range(9)]},
        {"sources": [HOME, HOME]},
        {"sources": []},
        {"contacts": [f"tcp://h:{n + 1}" for n in range(33)]},
        {"extra": [("more", b"")] * 65},
        {"extra": [("more", bytes(MAX_DOCUMENT))]},
    ):
        with pytest.raises(Usage):
            document(**changes)


def test_succession():
    """The same bytes, or a higher revision of the same identity, and nothing else.  T43."""
    old = document(revision=5)
    check_successor(old, old)
    check_successor(old, document(revision=6))
    for refused in (
        document(revision=4),
        document(revision=5, contacts=[]),
        document(BOB, revision=6),
    ):
        with pytest.raises(BadIdentity):
            check_successor(old, refused)


def test_a_replaced_key_cannot_come_back():
    """Who has stolen the key before the rotation cannot undo it, nor rotate elsewhere."""
    with pytest.raises(BadIdentity, match="replaced"):
        check_successor(document(generation=1, revision=2), document(generation=0, revision=3))
