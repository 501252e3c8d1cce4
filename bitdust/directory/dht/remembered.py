"""
The nodes of the DHT that one life hands to the next.

    {"dht state": {"node-id": ..., "nodes": [address (4), port (2)], "nodes6": [address (16), port (2)]}}

That is how libtorrent writes it, bencoded.  It forgets within half a minute whoever does not answer, and
where the line is dead nobody does: so who was known before stays behind those who are known now, until so
many are known that there is no room.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import libtorrent

#: `host, port` of a node
Place = tuple[str, int]

#: nodes of each kind of address that are kept
MOST = 500
_STATE = b"dht state"
#: their lists, and the bytes of each node in it
_KINDS = ((b"nodes", 6), (b"nodes6", 18))


def together(now: bytes, before: bytes) -> bytes:
    """The state as it is now, with those of the one before behind; b"" where there is nobody."""
    inside, earlier = _read(now), _read(before)
    known = 0
    for kind, size in _KINDS:
        both = dict.fromkeys((*_nodes(inside, kind, size), *_nodes(earlier, kind, size)))
        inside[kind] = [*both][:MOST]
        known += len(both)
    whole: Any = {_STATE: inside}
    return bytes(libtorrent.bencode(whole)) if known else b""


def places_in(state: bytes) -> list[Place]:
    """Where the nodes are that it names; none in what is no state."""
    inside = _read(state)
    return [
        (str(ip_address(node[:-2])), int.from_bytes(node[-2:], "big"))
        for kind, size in _KINDS
        for node in _nodes(inside, kind, size)
    ]


def _read(state: bytes) -> dict[bytes, Any]:
    try:
        # What is in it is whatever a file says.
        read: Any = libtorrent.bdecode(state)
    except RuntimeError:
        return {}
    inside = read.get(_STATE) if isinstance(read, dict) else None
    return inside if isinstance(inside, dict) else {}


def _nodes(inside: dict[bytes, Any], kind: bytes, size: int) -> list[bytes]:
    listed = inside.get(kind)
    return [
        node
        for node in (listed if isinstance(listed, list) else ())
        if isinstance(node, bytes) and len(node) == size
    ]
