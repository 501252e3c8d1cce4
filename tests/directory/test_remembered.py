"""The nodes of the DHT that one life hands to the next."""

from __future__ import annotations

import libtorrent
import pytest

from bitdust.directory.dht.remembered import MOST, places_in, together


def state(*numbers: int, **more: object) -> bytes:
    """As libtorrent writes it, with nodes of these numbers."""
    nodes = [number.to_bytes(4, "big") + b"\x1a\xe1" for number in numbers]
    return bytes(libtorrent.bencode({"dht state": {"nodes": nodes, "node-id": [bytes(24)], **more}}))


def hosts(raw: bytes) -> list[str]:
    """Those that it names."""
    return [host for host, _ in places_in(raw)]


def test_places() -> None:
    """Of both kinds of addresses."""
    raw = state(0x7F000001, nodes6=[bytes(15) + b"\1\x1a\xe1"])
    assert places_in(raw) == [("127.0.0.1", 6881), ("::1", 6881)]


def test_who_was_known_stays() -> None:
    """Those of now go first, nobody is there twice, and a life that met nobody forgets nobody."""
    good = state(1, 2, 3)
    assert hosts(together(state(), good)) == hosts(together(b"", good)) == hosts(good)
    assert hosts(together(state(4, 2), good)) == ["0.0.0.4", "0.0.0.2", "0.0.0.1", "0.0.0.3"]
    assert together(state(), b"") == b""


def test_room() -> None:
    """Those who were not seen for longest make room."""
    full = together(state(*range(1000, 1000 + MOST)), state(1, 2, 3))
    assert len(places_in(full)) == MOST
    assert "0.0.0.1" not in hosts(full)
    assert libtorrent.read_session_params(full) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage",
        b"d",
        b"i5e",
        b"l" * 70000,
        b"d9:dht statei5ee",
        libtorrent.bencode({"dht state": {"nodes": 5, "nodes6": [b"short", 7, []]}}),
    ],
)
def test_what_is_no_state(raw: bytes) -> None:
    """A file of another program, or a torn one, names nobody and takes nobody away."""
    assert places_in(raw) == []
    assert hosts(together(raw, state(1))) == hosts(together(state(1), raw)) == ["0.0.0.1"]
