"""T31: who may stay when more have dialed us than there are places."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred

from bitdust.errors import BitDustError
from bitdust.transport.guests import DOOR, IDLE, INSIDE, PER_HOST, Guests
from bitdust.transport.link import Link


class Guest:
    """Of a link what places are given by."""

    def __init__(self, name: str, unused: float = 0.0) -> None:
        self.address = self.fingerprint = name
        self.document = self
        self.away = ""
        self._unused = unused

    def unused(self) -> float:
        return self._unused

    def refuse(self, why: BitDustError) -> None:
        self.away = why.message

    def close(self, why: str) -> None:
        self.away = why


class House:
    """Guests, and how they come in."""

    def __init__(self, *partners: str) -> None:
        #: set while the list of partners is being read
        self.reading: Deferred[Collection[str]] | None = None
        self._names = partners
        self.guests = Guests(self._partners)

    async def _partners(self) -> Collection[str]:
        return await self.reading if self.reading is not None else self._names

    def knock(self, name: str, host: str) -> Guest:
        guest = Guest(name)
        self.guests.came(cast(Link, guest), host)
        return guest

    def enter(self, name: str, host: str, unused: float = 0.0) -> Guest:
        guest = Guest(name, unused)
        self.guests.came(cast(Link, guest), host)
        self.guests.greeted(cast(Link, guest))
        return guest

    def crowd(self, number: int, unused: float) -> list[Guest]:
        """Strangers, each with a network of his own."""
        return [self.enter(f"s{n}", f"198.51.{n // 200}.{n % 200}", unused) for n in range(number)]


def staying(guests: list[Guest]) -> list[Guest]:
    return [guest for guest in guests if not guest.away]


def test_a_crowd_at_the_door_shuts_out_nobody() -> None:
    """Whoever is the only one of his household stays at the door, however many come from a few others."""
    house = House()
    crowd = [house.knock(f"c{n}", f"198.51.100.{n % 6}") for n in range(1000)]
    honest = house.knock("honest", "192.0.2.1")
    crowd += [house.knock(f"d{n}", f"198.51.100.{n % 6}") for n in range(1000)]
    assert not honest.away
    assert len(staying(crowd)) == DOOR - 1


def test_invented_households_push_out_the_oldest() -> None:
    """Where each comes from elsewhere, who came last has the longest to say who he is."""
    house = House()
    crowd = [house.knock(f"c{n}", f"198.51.{n // 200}.{n % 200}") for n in range(2 * DOOR)]
    assert staying(crowd) == crowd[DOOR:]


@pytest.mark.parametrize("host", ["2001:db8:0:1::{:x}", "::ffff:198.51.100.7"])
def test_one_network_of_ipv6_is_one(host: str) -> None:
    """A /64 is what everybody has: all its addresses together have the places of one."""
    house = House()
    crowd = [house.enter(f"c{n}", host.format(n)) for n in range(2 * PER_HOST)]
    assert len(staying(crowd)) == PER_HOST
    assert not house.enter("another", "2001:db8:0:2::1").away


def test_idle_strangers_make_room() -> None:
    """A full house lets a stranger in, too: who has asked nothing for longest goes."""
    house = House()
    crowd = house.crowd(INSIDE, unused=2 * IDLE)
    crowd[7]._unused = 3 * IDLE
    assert not house.enter("new", "192.0.2.1").away
    assert [guest for guest in crowd if guest.away] == [crowd[7]]


def test_busy_strangers_are_not_sent_away_for_another() -> None:
    """Where all have just asked something, it is the stranger who came last for whom there is no place."""
    house = House()
    crowd = house.crowd(INSIDE, unused=IDLE / 2)
    assert house.enter("new", "192.0.2.1").away
    assert staying(crowd) == crowd


@pytest.mark.parametrize("unused", [0.0, 2 * IDLE])
def test_a_partner_always_has_a_place(unused: float) -> None:
    """However many strangers are there, at it or idle, before him or after, from his address or others."""
    house = House("bob", "carol")
    house.crowd(INSIDE, unused)
    near = [house.enter(f"n{n}", "192.0.2.1", unused) for n in range(PER_HOST)]
    partners = [house.enter("bob", "192.0.2.1", 9 * IDLE), house.enter("carol", "192.0.2.2", 9 * IDLE)]
    house.crowd(INSIDE, unused)
    assert staying(partners) == partners
    assert len(staying(near)) <= PER_HOST
    assert len(house.guests._inside) == INSIDE


def test_partners_of_one_address() -> None:
    """A house of partners is no crowd; beyond all places even they have to wait."""
    names = [f"p{n}" for n in range(INSIDE + 1)]
    house = House(*names)
    partners = [house.enter(name, "192.0.2.1") for name in names]
    assert staying(partners) == partners[:INSIDE]


def test_who_comes_while_partners_are_looked_up() -> None:
    """The list is read once, and all who came meanwhile are judged by it."""
    house = House()
    house.crowd(INSIDE, unused=2 * IDLE)
    reading: Deferred[Any] = Deferred()
    house.reading = reading
    late = [house.enter(f"l{n}", f"192.0.2.{n}") for n in range(5)]
    reading.callback(["l3"])
    assert staying(late) == late
    assert len(house.guests._inside) == INSIDE
    house.reading = None
    assert not house.enter("later", "192.0.2.9").away


def test_places_are_given_back() -> None:
    """Who is gone, from the door or from inside, takes up nothing."""
    house = House()
    for number in range(3 * INSIDE):
        at_door = house.knock(f"d{number}", "192.0.2.1")
        inside = house.enter(f"i{number}", "192.0.2.1")
        for guest in (at_door, inside):
            assert not guest.away
            house.guests.gone(cast(Link, guest))
    assert not house.guests._door
    assert not house.guests._inside
