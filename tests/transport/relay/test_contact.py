"""Contacts over relays: one spelling, bounded, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import Usage
from bitdust.transport.relay.contact import Relayed, parse_relayed, write_relayed

PEER, RELAY = "a" * 52, "b" * 52
PLACES = ("tcp://203.0.113.7:7771", "udp://[2001:db8::7]:7771")
WRITTEN = f"proxy://{PEER}@{RELAY}/tcp/203.0.113.7:7771/udp/[2001:db8::7]:7771"


def test_there_and_back() -> None:
    """It says whom, over whom, and where that is."""
    assert write_relayed(PEER, RELAY, PLACES) == WRITTEN
    assert parse_relayed(WRITTEN) == Relayed(PEER, RELAY, PLACES)


def test_what_does_not_fit_is_left_out() -> None:
    """As many addresses as an identity document takes, the first ones first."""
    long = [f"tcp://{'x' * 60}.example:1", "udp://" + "y" * 60 + ":2", "udp://203.0.113.7:3"]
    written = write_relayed(PEER, RELAY, long)
    assert written is not None
    assert len(written) <= 208
    assert parse_relayed(written).places == (long[0], long[2])
    assert write_relayed(PEER, RELAY, [f"tcp://203.0.113.7:{port}" for port in range(1, 9)]) is not None


@pytest.mark.parametrize(
    "places", [(), ("proxy://" + WRITTEN[8:],), ("tcp://" + "x" * 200 + ":1",), ("tcp://a b",)]
)
def test_a_relay_that_cannot_be_dialled_is_no_contact(places: tuple[str, ...]) -> None:
    """Without an address that fits there is nothing to publish; relays are not stacked."""
    assert write_relayed(PEER, RELAY, places) is None


@pytest.mark.parametrize(
    "bad",
    [
        "",
        WRITTEN.upper(),
        WRITTEN + "/",
        WRITTEN + "/tcp/",
        WRITTEN + "\n",
        WRITTEN.replace(PEER, PEER[1:]),
        WRITTEN.replace(RELAY, RELAY + "b"),
        WRITTEN.replace(RELAY, PEER),
        WRITTEN.replace("/tcp/", "/proxy/"),
        WRITTEN.replace("proxy:", "tcp:"),
        WRITTEN.replace("@", "/"),
        f"proxy://{PEER}@{RELAY}",
        WRITTEN + "/tcp/1.2.3.4:1" * 3,
        f"proxy://{PEER}@{RELAY}/tcp/" + "x" * 100,
        f"proxy://{PEER}@{RELAY}/tcp/a%00\u00e9:1",
    ],
)
def test_nothing_else_is_taken(bad: str) -> None:
    """Whatever is not written by us is refused, with a sentence of bounded length."""
    with pytest.raises(Usage) as refused:
        parse_relayed(bad)
    assert len(str(refused.value)) < 400


@given(st.text(max_size=300))
def test_any_text_is_refused_or_has_one_spelling(text: str) -> None:
    """What is taken is written the same again."""
    try:
        found = parse_relayed(text)
    except Usage:
        return
    assert write_relayed(found.peer, found.relay, found.places) == text
