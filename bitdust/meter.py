"""How much one stranger may ask for: so many times at once, and then so many in a while."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from twisted.internet.interfaces import IReactorTime

#: most addresses remembered; beyond them the one that was silent longest is forgotten
MAX_ADDRESSES = 10_000


class Meter:
    """`allows(address)` is True `times` times in `seconds`, growing back evenly."""

    def __init__(self, clock: IReactorTime, times: int, seconds: float) -> None:
        self._clock = clock
        self._times = times
        self._rate = times / seconds
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, address: str) -> bool:
        """One more from there?"""
        now = self._clock.seconds()
        network = _network(address)
        left, since = self._left.pop(network, (float(self._times), now))
        left = min(float(self._times), left + (now - since) * self._rate)
        allowed = left >= 1
        self._left[network] = (left - 1 if allowed else left, now)
        if len(self._left) > MAX_ADDRESSES:
            del self._left[next(iter(self._left))]
        return allowed


def _network(address: str) -> str:
    # One customer of a provider has a whole /64 of IPv6 addresses.
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address
