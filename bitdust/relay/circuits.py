"""
How many circuits lead through us at a time, and whose they may be.

Whoever dials counts: one of our own has chosen whom he dials, but strangers dial whom they like.  So they may
have a part of the places, of all and of each of our own, and never those by which our own find each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bitdust.errors import TryLater
from bitdust.relay.asker import Asker
from bitdust.relay.reservations import Reservation

#: circuits at a time: that one of our own has dialled, or is dialled by; of all together
OF_ONE, ALTOGETHER = 32, 64
#: those of them that strangers may have dialled
STRANGERS_TO_ONE, OF_STRANGERS = 24, 48
#: that one household of strangers has dialled: a customer has several suppliers who are our own
OF_STRANGER = 8
#: introductions: of such a household, or to one stranger; all together
TO_STRANGER, INTRODUCTIONS = 4, 16


class Circuits:
    """Those under way."""

    def __init__(self) -> None:
        self._each: dict[object, tuple[Asker, Reservation]] = {}

    def __len__(self) -> int:
        return len(self._each)

    @contextmanager
    def one(self, dialer: Asker, to: Reservation) -> Iterator[None]:
        """
        One more is under way.

        @raise TryLater: there are as many as this relay carries.
        """
        self._check(dialer, to)
        circuit = object()
        self._each[circuit] = dialer, to
        to.circuits += 1
        try:
            yield
        finally:
            to.circuits -= 1
            del self._each[circuit]

    def befriended(self, fingerprint: str) -> None:
        """What he has dialled is not a stranger's any more."""
        for circuit, (dialer, to) in self._each.items():
            if dialer.fingerprint == fingerprint:
                self._each[circuit] = replace(dialer, own=True), to

    def _check(self, dialer: Asker, to: Reservation) -> None:
        if dialer.own:
            his = sum(each.fingerprint == dialer.fingerprint for each, _ in self._each.values())
            _bounded(his, OF_ONE, "of one node")
        else:
            self._check_stranger(dialer, to)
        to_him = sum(peer.fingerprint == to.fingerprint for _, peer in self._each.values())
        _bounded(to_him, OF_ONE, "of one node")
        _bounded(len(self), ALTOGETHER, "altogether")

    def _check_stranger(self, dialer: Asker, to: Reservation) -> None:
        strangers = [circuit for circuit in self._each.values() if not circuit[0].own]
        to_him = sum(peer.fingerprint == to.fingerprint for _, peer in strangers)
        _bounded(to_him, STRANGERS_TO_ONE if to.own else TO_STRANGER, "of strangers to one node")
        _shared(dialer, [each for each, _ in strangers], OF_STRANGER, OF_STRANGERS)
        if not to.own:
            introduced = [each for each, peer in strangers if not peer.own]
            _shared(dialer, introduced, TO_STRANGER, INTRODUCTIONS)


def _shared(one: Asker, others: Sequence[Asker], of_one: int, most: int) -> None:
    his = sum(each.household == one.household for each in others)
    _bounded(his, of_one, "of one address")
    near = sum(each.neighbourhood == one.neighbourhood for each in others)
    _bounded(near, most // 2, "of strangers in one network")
    _bounded(len(others), most, "of strangers")


def _bounded(there: int, most: int, whose: str) -> None:
    if there >= most:
        raise TryLater(f"this relay carries at most {most} circuits {whose} at a time")
