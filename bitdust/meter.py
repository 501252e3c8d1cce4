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
        one = household(address)
        left, since = self._left.pop(one, (float(self._times), now))
        left = min(float(self._times), left + (now - since) * self._rate)
        allowed = left >= 1
        self._left[one] = (left - 1 if allowed else left, now)
        if len(self._left) > MAX_ADDRESSES:
            del self._left[next(iter(self._left))]
        return allowed


def household(address: str) -> str:
    """
    Who counts as one: an address, or the /64 of an IPv6 address, of which a provider's customer has all.

    What is no address, a fingerprint say, stands for itself.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
