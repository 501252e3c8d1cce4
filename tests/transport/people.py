"""People with keys, devices and documents, for tests that need somebody at both ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count

from bitdust.errors import BadIdentity
from bitdust.identity.document import Document, build, parse
from bitdust.identity.keys import DeviceKey, Keys
from bitdust.transport.interface import Expected
from bitdust.world import Rng


def seeded(seed: str) -> Rng:
    """An `Rng` that repeats itself."""
    numbers = count()

    def rng(size: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(size)

    return rng


@dataclass(frozen=True)
class Person:
    """Somebody with one device."""

    name: str
    device: DeviceKey
    document: Document

    @property
    def raw(self) -> bytes:
        return self.document.raw

    @property
    def expected(self) -> Expected:
        return Expected(self.document.fingerprint, self.document.device_spkis)


def person(name: str) -> Person:
    """The person of this name: the same at every call."""
    rng = seeded(name)
    keys, device = Keys.from_master(rng(32)), DeviceKey.generate(rng)
    document = build(
        keys,
        sources=[f"http://127.0.0.1/{name}.xml"],
        contacts=[],
        devices=[device.public],
        revision=1,
        date="2026-01-01",
    )
    return Person(name, device, document)


def doorman(raw: bytes, spki: bytes) -> Document:
    """Accepts everybody whose document is good and lists the device."""
    document = parse(raw)
    if spki not in document.device_spkis:
        raise BadIdentity("the document does not list this device")
    return document
