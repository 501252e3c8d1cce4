"""Punching by itself, through real routers: which kinds of them let two ends come together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import combinations_with_replacement
from typing import Any

import pytest

from tests.natlab.ends import End
from tests.natlab.lab import PUBLIC, Lab, Weather
from tests.natlab.nat import KINDS, Kind

NAMES = ("alice", "bob")
PAIRS = list(combinations_with_replacement(KINDS, 2))


def passes(road: str, one: Kind, other: Kind) -> bool:
    """Can these two be punched through?"""
    kinds = {one, other}
    if road == "tcp":
        # Every kind is like `port` for TCP, but the one that has another port for each place.
        return "symmetric" not in kinds
    return "symmetric" not in kinds or bool(kinds & {"full", "restricted"})


@contextmanager
def ends(lab: Lab) -> Iterator[tuple[dict[str, str], End, End]]:
    """The contacts of an observer on the public side, and an end behind each router."""
    with ExitStack() as stack:
        observer = stack.enter_context(End(lab.public, "observer"))
        alice, bob = (
            stack.enter_context(End(side.machine, name)) for side, name in zip(lab.sides, NAMES, strict=True)
        )
        contacts = {
            contact.partition(":")[0]: contact.replace("0.0.0.0", PUBLIC[0])
            for contact in observer.do("listen")
        }
        for end in (alice, bob):
            end.do("listen")
        yield contacts, alice, bob


def punch(contacts: dict[str, str], road: str, a: End, b: End, *, fresh: bool = False) -> Any:
    """One round: what came of it at the end that dials."""
    for end in (a, b):
        end.begin("hole", road=road, observer="observer", at=contacts[road], fresh=fresh)
    places = [end.answer() for end in (a, b)]
    secret = secrets.token_hex(16)
    b.begin("let_in", road=road, place=places[0], secret=secret)
    a.begin("dial", road=road, place=places[1], secret=secret, who="bob")
    b.answer()
    return a.answer()


def tried(road: str, one: Kind, other: Kind) -> None:
    """A round between two such routers, in bad weather: a link that carries something, or none at all."""
    with Lab([one, other], Weather()) as lab, ends(lab) as (contacts, alice, bob):
        came = punch(contacts, road, alice, bob)
        assert ("place" in came) == passes(road, one, other), came
        if "place" in came:
            assert alice.do("send", size=100_000) is True


@pytest.mark.parametrize(
    ("road", "one", "other"),
    [
        ("udp", "port", "port"),
        ("udp", "restricted", "symmetric"),
        ("udp", "port", "symmetric"),
        ("tcp", "port", "port"),
    ],
)
def test_some(road: str, one: Kind, other: Kind) -> None:
    """T61: a few of the pairs below."""
    tried(road, one, other)


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_pairs(road: str, one: Kind, other: Kind) -> None:
    """T61: UDP leads through eight of ten pairs of routers, TCP through all without a symmetric one."""
    tried(road, one, other)


def test_a_fresh_port() -> None:
    """A router that has spoilt one port of ours for the peer lets another through."""
    with Lab(["port", "port"]) as lab, ends(lab) as (contacts, alice, bob):
        first = punch(contacts, "udp", alice, bob)
        lab.forget(lab.sides[0])
        again = punch(contacts, "udp", alice, bob, fresh=True)
        assert "place" in again, again
        assert again["place"] != first["place"]
        assert again["seen"] != first["seen"]
        assert alice.do("send", size=100_000) is True
