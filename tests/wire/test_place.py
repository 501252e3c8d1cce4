"""A place is written in one way, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import RemoteFault
from bitdust.wire.place import LONGEST, place_of, read_place


@given(st.ip_addresses(), st.integers(1, 65535))
def test_a_place_comes_back(host: object, port: int) -> None:
    """What is written of a place is read as the same one."""
    place = place_of(str(host), port)
    assert place is not None
    assert len(str(place)) <= LONGEST
    assert read_place(str(place)) == place


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("203.0.113.7", "203.0.113.7:7771"),
        ("::ffff:203.0.113.7", "203.0.113.7:7771"),
        ("2001:db8::7", "[2001:db8::7]:7771"),
        ("fe80::1%eth0", "[fe80::1]:7771"),
    ],
)
def test_what_the_system_calls_it(host: str, written: str) -> None:
    """IPv4 inside IPv6 is IPv4, and a zone is nobody else's business."""
    assert str(place_of(host, 7771)) == written


def test_a_name_is_no_place() -> None:
    """Only numbers."""
    assert place_of("bob.example", 7771) is None


@pytest.mark.parametrize(
    "text",
    [
        "", ":", ":7771", "203.0.113.7", "203.0.113.7:", "203.0.113.7:0", "203.0.113.7:07771",
        "203.0.113.7:65536", "203.0.113.7:-1", "203.0.113.07:7771", "[203.0.113.7]:7771", "2001:db8::7:7771",
        "[2001:DB8::7]:7771", "[2001:db8:0::7]:7771", "[::ffff:203.0.113.7]:7771", "[fe80::1%eth0]:7771",
        "[[2001:db8::7]]:7771", "bob.example:7771", "203.0.113.7:\u0667\u0667", "203.0.113.7:" + "7" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_place(text: str) -> None:
    """T31: another way to write it, a name, and nonsense are refused."""
    with pytest.raises(RemoteFault, match="not a place"):
        read_place(text)
