"""Contacts are read strictly: they come from strangers' documents."""

from __future__ import annotations

import pytest

from bitdust.errors import Usage
from bitdust.transport.contact import parse_contact, write_contact


@pytest.mark.parametrize(
    ("contact", "place"),
    [
        ("tcp://127.0.0.1:7771", ("127.0.0.1", 7771)),
        ("tcp://node.example.org:1", ("node.example.org", 1)),
        ("udp://192.0.2.7:7771", ("192.0.2.7", 7771)),
        ("tcp://[2001:db8::1]:65535", ("2001:db8::1", 65535)),
    ],
)
def test_there_and_back(contact: str, place: tuple[str, int]) -> None:
    """A contact names a host and a port, and is written as it was read."""
    scheme = contact.partition(":")[0]
    assert parse_contact(scheme, contact) == place
    assert write_contact(scheme, *place) == contact


@pytest.mark.parametrize(
    "contact",
    [
        "", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:65536", "tcp://host:x", "tcp://:80",
        "host:80", "tcp://[::g]:80", "tcp://-h:80",
        "udp://host:80", "tcp://user@host:80", "tcp://host:80/path", "tcp://host:80?x", "tcp://HOST:80",
        "tcp://[::1:80", "tcp://[::1]", "tcp://host:080", "tcp://ho st:80", "tcp://h\n:80", "tcp://h\0:80",
        "tcp://" + "h" * 300 + ":80", "tcp://hôst:80",
    ],
)  # fmt: skip
def test_wrong(contact: str) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(Usage, match="tcp://host:port"):
        parse_contact("tcp", contact)
