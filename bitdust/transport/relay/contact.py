"""
`proxy://PEER@RELAY/tcp/203.0.113.7:7771/udp/203.0.113.7:7771`: who is reached over which relay, and where
that is dialed.  Both are fingerprints: nothing else is needed to find the relay, and to know that it is he.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bitdust.errors import Usage

SCHEME = "proxy"
#: characters of a contact behind its scheme, as the identity document has them; addresses of a relay
_LONGEST, _MOST = 200, 4

_FORM = re.compile(
    r"proxy://(?P<peer>[a-z2-7]{52})@(?P<relay>[a-z2-7]{52})(?P<places>(?:/[a-z][a-z0-9]{0,15}/[!-.0-~]{1,90}){1,4})",
    re.ASCII,
)
_PLACE = re.compile(r"/([a-z][a-z0-9]{0,15})/([!-.0-~]{1,90})", re.ASCII)


@dataclass(frozen=True)
class Relayed:
    """
    A contact over a relay.

    @param peer, relay: fingerprints.
    @param places: contacts of the relay, at least one.
    """

    peer: str
    relay: str
    places: tuple[str, ...]


def write_relayed(peer: str, relay: str, places: Sequence[str]) -> str | None:
    """The contact, with as many of the relay's addresses as fit, the first ones first; None: none does."""
    contact, written = f"{SCHEME}://{peer}@{relay}", 0
    for place in places:
        scheme, _, rest = place.partition("://")
        longer = f"{contact}/{scheme}/{rest}"
        fits = written < _MOST and len(longer) <= len(SCHEME) + 3 + _LONGEST
        if fits and _PLACE.fullmatch(f"/{scheme}/{rest}") and scheme != SCHEME:
            contact, written = longer, written + 1
    return contact if written else None


def parse_relayed(contact: str) -> Relayed:
    """@raise Usage: it is no such contact."""
    found = _FORM.fullmatch(contact) if len(contact) <= len(SCHEME) + 3 + _LONGEST else None
    places = _PLACE.findall(found["places"]) if found is not None else []
    if found is None or any(scheme == SCHEME for scheme, _ in places) or found["peer"] == found["relay"]:
        raise Usage(f"{contact[:256]!r} is not an address of the form proxy://PEER@RELAY/tcp/host:port")
    return Relayed(found["peer"], found["relay"], tuple(f"{scheme}://{rest}" for scheme, rest in places))
