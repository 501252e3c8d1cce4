"""
The keys of a person and of a machine.

A person has one master secret of 32 bytes; every key of his derives from it.  The signing and the agreement
key have a *generation*, which a rotation raises: each key signs the next one, so that the first key's hash,
the fingerprint, stays the name of the identity.  A machine (an installation) has one random device key, which
the identity document lists and which speaks TLS and signs receipts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from bitdust.crypto import KEY, base32, derive, sign
from bitdust.errors import BadIdentity, Damaged, Usage
from bitdust.world import Rng

#: the domain of the signature by which a key names its successor
ROTATION = "rotation"
#: most rotations an identity can have
MAX_GENERATION = 16

# DER of an Ed25519 SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410).
_SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")


def fingerprint(public: bytes) -> str:
    """What an identity is: the hash of its first Ed25519 public key as 52 characters."""
    return base32(hashlib.sha256(public).digest())


def spki_of(public: bytes) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo of an Ed25519 public key: how TLS certificates are compared."""
    return hashlib.sha256(_SPKI_HEAD + public).digest()


def rotation_message(generation: int, old: bytes, new: bytes) -> bytes:
    """What the key of `generation - 1` signs to make `new` its successor."""
    return generation.to_bytes(4, "big") + old + new


@dataclass(frozen=True, eq=False)
class Keys:
    """Every key of one person, in one generation."""

    master: bytes = field(repr=False)
    generation: int = 0

    @classmethod
    def from_master(cls, master: bytes, generation: int = 0) -> Keys:
        """@raise Usage: not 32 bytes, or a generation that cannot be."""
        if len(master) != KEY:
            raise Usage(f"a master secret has {KEY} bytes, not {len(master)}")
        if not 0 <= generation <= MAX_GENERATION:
            raise Usage(f"a key generation is a number from 0 to {MAX_GENERATION}, not {generation}")
        return cls(master, generation)

    @cached_property
    def public(self) -> bytes:
        """The Ed25519 public key of this generation, 32 bytes."""
        return _public_of(self._signing)

    @cached_property
    def first_public(self) -> bytes:
        """The Ed25519 public key of generation 0."""
        return self.public if self.generation == 0 else _public_of(_signing_key(self.master, 0))

    @cached_property
    def fingerprint(self) -> str:
        """Whose keys these are."""
        return fingerprint(self.first_public)

    @cached_property
    def agreement_public(self) -> bytes:
        """The X25519 public key of this generation, 32 bytes."""
        return self._agreement.public_key().public_bytes_raw()

    @cached_property
    def rotations(self) -> tuple[bytes, ...]:
        """One link per generation after the first: the new public key and the old key's signature."""
        links = []
        for generation in range(1, self.generation + 1):
            old = _signing_key(self.master, generation - 1)
            new = _public_of(_signing_key(self.master, generation))
            message = rotation_message(generation, _public_of(old), new)
            links.append(new + sign(old, ROTATION, message))
        return tuple(links)

    @cached_property
    def data_key(self) -> bytes:
        """Seals blocks."""
        return derive(self.master, "bitdust data")

    @cached_property
    def chunk_key(self) -> bytes:
        """Names chunks: without it nobody can test whether we have a known file."""
        return derive(self.master, "bitdust chunk")

    @cached_property
    def catalog_key(self) -> bytes:
        """Seals the catalog's copy in the network."""
        return derive(self.master, "bitdust catalog")

    @cached_property
    def record_key(self) -> bytes:
        """Seals and names the recovery record."""
        return derive(self.master, "bitdust record")

    @cached_property
    def record_public(self) -> bytes:
        """The Ed25519 public key that proves a recovery record; it has no link to the identity."""
        return _public_of(self._record_signing)

    @property
    def record_name(self) -> str:
        """What `/record/...` of an identity server is called for us."""
        return hashlib.sha256(self.record_public).hexdigest()

    def sign(self, domain: str, message: bytes) -> bytes:
        """A signature by this generation's key, 64 bytes."""
        return sign(self._signing, domain, message)

    def sign_record(self, domain: str, message: bytes) -> bytes:
        """A signature by the record key, 64 bytes."""
        return sign(self._record_signing, domain, message)

    @cached_property
    def directory_public(self) -> bytes:
        """The Ed25519 public key under which address records are left; only our document links it to us."""
        return _public_of(self._directory_signing)

    @cached_property
    def directory_secret(self) -> bytes:
        """Its secret, expanded to 64 bytes (RFC 8032, 5.1.5): what libtorrent signs with."""
        expanded = bytearray(hashlib.sha512(self._directory_signing.private_bytes_raw()).digest())
        expanded[0] &= 248
        expanded[31] = expanded[31] & 63 | 64
        return bytes(expanded)

    def sign_directory(self, domain: str, message: bytes) -> bytes:
        """A signature by the directory key, 64 bytes."""
        return sign(self._directory_signing, domain, message)

    def agree(self, their_public: bytes) -> bytes:
        """
        The secret that we and the holder of `their_public` (X25519) have in common; derive keys from it.

        @raise BadIdentity: it is no usable key.
        """
        try:
            return self._agreement.exchange(X25519PublicKey.from_public_bytes(their_public))
        except ValueError:
            raise BadIdentity("that agreement key cannot be used") from None

    @cached_property
    def _signing(self) -> Ed25519PrivateKey:
        return _signing_key(self.master, self.generation)

    @cached_property
    def _agreement(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(
            derive(self.master, f"bitdust agreement {self.generation}")
        )

    @cached_property
    def _directory_signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(derive(self.master, "bitdust directory"))

    @cached_property
    def _record_signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(derive(self.record_key, "bitdust record signing"))


@dataclass(frozen=True, eq=False)
class DeviceKey:
    """The key of one installation, with the TLS certificate it makes for itself."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls, rng: Rng) -> DeviceKey:
        """A new one."""
        return cls(rng(KEY))

    @classmethod
    def from_pem(cls, pem: bytes) -> DeviceKey:
        """@raise Damaged: no Ed25519 private key in PEM."""
        try:
            key = load_pem_private_key(pem, None)
        except (ValueError, TypeError):
            raise Damaged("the device key cannot be read") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Damaged("the device key is not an Ed25519 key")
        return cls(key.private_bytes_raw())

    @property
    def pem(self) -> bytes:
        """The private key, PKCS#8, not encrypted: for a file of mode 0600 and for TLS."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @cached_property
    def public(self) -> bytes:
        """The Ed25519 public key, 32 bytes: what the identity document lists."""
        return _public_of(self._key)

    @cached_property
    def spki(self) -> bytes:
        """SHA-256 of the certificate's SubjectPublicKeyInfo."""
        return spki_of(self.public)

    @cached_property
    def certificate_pem(self) -> bytes:
        """A self-signed certificate that tells nothing but the key, and does not expire in our time."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bitdust")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(int.from_bytes(self.spki[:8], "big") | 1)
            .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
            .sign(self._key, None)
        )
        return certificate.public_bytes(Encoding.PEM)

    def sign(self, domain: str, message: bytes) -> bytes:
        """A signature by this machine, 64 bytes."""
        return sign(self._key, domain, message)

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


def _signing_key(master: bytes, generation: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(master, f"bitdust signing {generation}"))


def _public_of(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
