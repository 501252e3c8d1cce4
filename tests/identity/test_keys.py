"""The keys of a person and of a machine."""

import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bitdust.crypto import BadSignature, verify
from bitdust.errors import BadIdentity, Damaged, Usage
from bitdust.identity.keys import MAX_GENERATION, DeviceKey, Keys, fingerprint

from .people import ALICE, BOB, count_rng


def test_data_keys_outlive_a_rotation():
    """What seals and names data does not change with the generation; what signs and agrees does."""
    old, new = Keys.from_master(ALICE), Keys.from_master(ALICE, 1)
    for name in ("data_key", "chunk_key", "catalog_key", "record_key", "record_name", "fingerprint"):
        assert getattr(old, name) == getattr(new, name)
    assert old.public != new.public
    assert old.agreement_public != new.agreement_public


def test_every_key_differs():
    """No key serves two purposes."""
    keys = Keys.from_master(ALICE)
    every = [
        keys.data_key,
        keys.chunk_key,
        keys.catalog_key,
        keys.record_key,
        keys.public,
        keys.agreement_public,
    ]
    assert len(set(every)) == len(every)
    assert ALICE not in every


def test_fingerprint_is_the_hash_of_the_first_key():
    """52 characters of base32 over SHA-256, the same in every generation."""
    keys = Keys.from_master(ALICE, 2)
    assert keys.fingerprint == fingerprint(Keys.from_master(ALICE).public)
    assert len(keys.fingerprint) == 52


def test_secrets_are_not_shown():
    """Neither key shows its secret in a log."""
    device = DeviceKey(BOB)
    assert repr(ALICE) not in repr(Keys.from_master(ALICE))
    assert repr(BOB) not in repr(device)


def test_signature_is_bound_to_its_domain():
    """A signature made for one purpose is worth nothing for another."""
    keys = Keys.from_master(ALICE)
    signature = keys.sign("one", b"message")
    verify(keys.public, "one", b"message", signature)
    with pytest.raises(BadSignature):
        verify(keys.public, "two", b"message", signature)


def test_both_sides_agree():
    """Two people come to the same secret, and an unusable key is refused."""
    alice, bob = Keys.from_master(ALICE), Keys.from_master(BOB)
    assert alice.agree(bob.agreement_public) == bob.agree(alice.agreement_public)
    for useless in (bytes(32), b"short"):
        with pytest.raises(BadIdentity):
            alice.agree(useless)


@pytest.mark.parametrize(("master", "generation"), [(b"short", 0), (ALICE, -1), (ALICE, MAX_GENERATION + 1)])
def test_impossible_keys_are_refused(master, generation):
    """A secret of another length and a generation out of range are the caller's mistake."""
    with pytest.raises(Usage):
        Keys.from_master(master, generation)


def test_device_certificate_is_what_tls_sees():
    """The SPKI hash of the certificate is that of the document's device key, and it names nobody."""
    device = DeviceKey.generate(count_rng)
    certificate = x509.load_pem_x509_certificate(device.certificate_pem)
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hashlib.sha256(spki).digest() == device.spki
    assert certificate.subject.rfc4514_string() == "CN=bitdust"
    assert DeviceKey.generate(count_rng).certificate_pem == device.certificate_pem


def test_device_key_goes_through_pem(tmp_path):
    """The PEM brings the key back, and OpenSSL takes both for TLS."""
    device = DeviceKey.generate(count_rng)
    assert DeviceKey.from_pem(device.pem).public == device.public
    (tmp_path / "pem").write_bytes(device.pem + device.certificate_pem)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "pem")
    with pytest.raises(Damaged):
        DeviceKey.from_pem(b"not a key")
