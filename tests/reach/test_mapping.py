"""What kind of router stands before us."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from bitdust.reach.mapping import Mapping, mapping_of

from .people import claim

A, B, C = "192.0.2.1", "192.0.2.2", "198.18.0.1"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ([], Mapping.UNKNOWN),
        ([(A, "203.0.113.10:4000")], Mapping.UNKNOWN),
        ([(A, "203.0.113.10:4000"), (A, "203.0.113.10:4001")], Mapping.UNKNOWN),
        ([(A, "203.0.113.10:4000"), (B, "203.0.113.10:4000")], Mapping.KEPT),
        ([(A, "203.0.113.10:4000"), (B, "203.0.113.10:4000"), (C, "203.0.113.10:9")], Mapping.KEPT),
        ([(A, "203.0.113.10:4000"), (B, "203.0.113.10:4001")], Mapping.CHANGING),
        ([(A, "203.0.113.10:4000"), (B, "203.0.113.10:4001"), (C, "203.0.113.10:4002")], Mapping.CHANGING),
        ([(A, "203.0.113.99:7771")], Mapping.NONE),
        ([("10.0.0.2", "10.0.0.9:1"), ("10.0.0.3", "10.0.0.9:2")], Mapping.UNKNOWN),
    ],
)
def test_kinds(said: list[tuple[str, str]], kind: Mapping) -> None:
    """By what those whom we dialled see of one socket."""
    claims = [claim(f"{number}", at, seen) for number, (at, seen) in enumerate(said)]
    assert mapping_of(claims, [ip_address("203.0.113.99"), ip_address("10.0.0.9")]) is kind


def test_who_dialled_us_says_nothing() -> None:
    """He tells where he dialled, and not what our router makes of us."""
    claims = [claim("a", A, "203.0.113.10:1", ours=False), claim("b", B, "203.0.113.10:2", ours=False)]
    assert mapping_of(claims, ()) is Mapping.UNKNOWN
