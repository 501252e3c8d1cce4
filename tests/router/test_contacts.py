"""Where a peer may be found: everybody's word has its turn, and nobody turns our dials against others."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from bitdust.identity.idurl import is_private
from bitdust.router.contacts import HINT_FOR, MOST_CONTACTS, MOST_HINTS, OF_ONE_HOST, Contacts
from bitdust.transport.relay.contact import write_relayed

PEER = "a" * 52


def at(*numbers: int, road: str = "tcp") -> list[str]:
    """Contacts at hosts of the world, one for each number."""
    return [f"{road}://8.8.{number // 256}.{number % 256}:7771" for number in numbers]


def relayed(number: int, *places: str) -> str:
    """A contact over the relay of that number."""
    contact = write_relayed(PEER, "bcdefghijk"[number] * 52, places)
    assert contact is not None
    return contact


class Where:
    """What is said of one peer."""

    def __init__(self, may_reach=lambda host: not is_private(host)) -> None:
        self.clock = Clock()
        self.contacts = Contacts(self.clock, may_reach)

    def dials(self, published=(), said=(), road="") -> list[str]:
        return self.contacts.to_dial(published, said, lambda contact: contact.startswith(road))


@pytest.fixture
def where() -> Where:
    return Where()


def test_hints_crowd_out_nobody(where) -> None:
    """Many bad hints, and places of the past, leave the document and the address record their turns."""
    where.contacts.found = at(1, 2, 3)
    for number in range(20):
        where.contacts.hint(at(100 + number))
    published, said = at(*range(10, 18)), at(*range(20, 28))
    dials = where.dials(published, said)
    assert len(dials) == MOST_CONTACTS
    assert dials[:3] == at(1, 2, 3)
    assert dials[3:7] == at(119, 118, 117, 116)
    assert set(dials) >= {*published[:4], *said[:4]}
    assert set(where.dials(published)) >= set(published)


def test_each_once(where) -> None:
    """Who is said to be at one place by all is dialled there once."""
    where.contacts.found = at(1)
    where.contacts.hint(at(1))
    assert where.dials(at(1, 2), at(2)) == at(1, 2)


def test_hints_grow_old(where) -> None:
    """What nobody says again is forgotten; what is said again is no news, and is not."""
    assert where.contacts.hint(at(1, 2))
    where.clock.advance(HINT_FOR / 2)
    assert not where.contacts.hint(at(1))
    where.clock.advance(HINT_FOR / 2)
    assert where.dials() == at(1)
    where.clock.advance(HINT_FOR)
    assert where.dials() == []
    assert where.contacts.hint(at(1))


def test_few_hints_are_kept(where) -> None:
    """The latest."""
    where.contacts.hint(at(*range(20)))
    assert where.dials() == at(*range(MOST_HINTS))


BAD = [
    "tcp://127.0.0.1:7771",
    "udp://10.0.0.1:7771",
    "tcp://192.168.1.1:8080",
    "tcp://169.254.169.254:8080",
    "tcp://[::1]:7771",
    "tcp://[fd00::1]:7771",
    "tcp://[::ffff:127.0.0.1]:7771",
    "tcp://localhost:7771",
    "tcp://printer.local:7771",
    "tcp://8.8.8.8:22",
    "udp://8.8.8.8:53",
]


@pytest.mark.parametrize("bad", BAD)
def test_where_strangers_send_nobody(where, bad) -> None:
    """Neither a document, nor an address record, nor a hint has us knock at those doors."""
    where.contacts.hint([bad])
    assert where.dials([bad], [bad]) == []


def test_private_networks_where_they_may_be() -> None:
    """In a network of one's own all hosts are dialled, and still no port of another service."""
    home = Where(lambda host: True)
    home.contacts.hint(BAD[:2])
    assert home.dials(BAD[2:]) == BAD[:9]


def test_who_was_heard_or_found_in_a_private_network(where) -> None:
    """A beacon, and a link that was there, are no stranger's word; a port of another service is none's."""
    where.contacts.found = ["tcp://192.168.1.7:7771"]
    where.contacts.hint(["tcp://192.168.1.8:7771", "udp://192.168.1.8:53"], heard=True)
    assert where.dials() == ["tcp://192.168.1.7:7771", "tcp://192.168.1.8:7771"]


@pytest.mark.parametrize(
    "many",
    [
        [f"tcp://8.8.8.8:{port}" for port in range(7000, 7016)],
        [f"tcp://[2001:4860:1:1::{number}]:7771" for number in range(1, 17)],
        [f"tcp://name{number}.example.org:7771" for number in range(16)],
        [relayed(number, "tcp://8.8.8.8:7771") for number in range(10)],
    ],
)
def test_one_host_gets_few_dials(where, many) -> None:
    """Whatever a document lists: ports, addresses of one household, names that lead anywhere, relays."""
    assert where.dials(many) == many[:OF_ONE_HOST]
    assert where.dials([*many[:14], *at(1)])[-1:] == at(1)


def test_relays_with_many_places(where) -> None:
    """Each place of a relay counts."""
    places = [f"tcp://8.8.8.8:{port}" for port in (7001, 7002, 7003)]
    one, other = relayed(0, *places), relayed(1, *places)
    assert where.dials([one, other]) == [one]


def test_what_is_no_address(where) -> None:
    """It is for its road to say what that means."""
    assert where.dials(["memory://alice", "tcp://", "tcp://x:y"]) == ["memory://alice", "tcp://", "tcp://x:y"]


def test_only_what_is_wanted(where) -> None:
    """Those of other roads take nobody's turn."""
    over = [relayed(number, f"tcp://8.8.4.{number}:7771") for number in range(3)]
    assert where.dials([*at(*range(16)), *over], road="proxy") == over
