"""
The addresses of this machine that lead somewhere, found without sending anything.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address

from bitdust.reach.scopes import Address, Scope, scope_of

#: somewhere in the world (RFC 5737, RFC 3849): nothing is ever sent there
_FAR = ("192.0.2.1", "2001:db8::1")
_DISCARD = 9


def addresses_towards(hosts: Iterable[str] = ()) -> tuple[Address, ...]:
    """
    From which of its addresses this machine talks to these hosts (of numbers; names are passed over, since
    asking for them takes time), and to the world.  Who finds us by a host on this machine is on it, too: then
    the world is of no interest.
    """
    near = [each for host in hosts if (each := _towards(host)) is not None]
    far = [each for host in _FAR if (each := _towards(host)) is not None]
    if any(scope_of(each) is Scope.MACHINE for each in near):
        far = []
    return tuple(dict.fromkeys([*near, *far]))


def _towards(host: str) -> Address | None:
    try:
        target = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(target), _DISCARD))
            return ip_address(probe.getsockname()[0].partition("%")[0])
    except OSError:
        # No road leads there now.
        return None
