"""Which contacts follow from what is known."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from bitdust.reach.mapping import Mapping
from bitdust.reach.standpoint import MOST_CONTACTS, Standpoint, Verdict, Wishes
from bitdust.wire.place import read_place

from .people import Link

TCP_HERE, UDP_HERE = "tcp://203.0.113.10:7771", "udp://203.0.113.10:4444"


def standpoint(*, host: str = "", private: bool = False, own: Sequence[str] = ("10.0.0.2",)) -> Standpoint:
    """Of a node with both roads behind a router."""
    ports, addresses = {"tcp": 7771, "udp": 7772}, tuple(map(ip_address, own))
    return Standpoint(lambda: Wishes(host, private), ports=ports, own=addresses)


def heard(here: Standpoint, *links: Link) -> None:
    """These links are up."""
    for link in links:
        here.heard(link, 0.0)


BOTH = (
    Link("bob", "192.0.2.1:7771", "203.0.113.10:50123"),
    Link("carl", "198.18.0.1:7771", "203.0.113.10:50124"),
    Link("ben", "192.0.2.2:7771", "203.0.113.10:4444", road="udp"),
    Link("cora", "198.18.0.2:7771", "203.0.113.10:4444", road="udp"),
)


def test_what_others_see_is_told() -> None:
    """Of TCP the address with our own port, of UDP the mapping."""
    here = standpoint()
    assert here.contacts(0.0) == []
    heard(here, *BOTH)
    assert here.contacts(0.0) == [TCP_HERE, UDP_HERE]
    assert here.mapping() is Mapping.KEPT


def test_private_addresses_only_where_that_is_wished() -> None:
    """And behind what the world can use."""
    here = standpoint(private=True)
    heard(here, *BOTH)
    assert here.contacts(0.0) == [TCP_HERE, UDP_HERE, "tcp://10.0.0.2:7771", "udp://10.0.0.2:7772"]


def test_an_own_address_of_the_world_stays_whatever_is_said() -> None:
    """T31: liars cannot take it away."""
    here = standpoint(own=["203.0.113.10", "10.0.0.2"])
    own = [TCP_HERE, "udp://203.0.113.10:7772"]
    assert here.contacts(0.0) == own
    for road in ("tcp", "udp"):
        heard(here, Link("liar", "192.0.2.1:1", "198.51.100.1:9", road=road))
    assert set(own) <= set(here.contacts(0.0))


def test_the_owner_knows_best() -> None:
    """A host that is set takes the place of everything that was found out."""
    here = standpoint(host="home.example", private=True)
    heard(here, *BOTH)
    assert here.contacts(0.0) == ["tcp://home.example:7771", "udp://home.example:7772"]


def test_changing_ports_are_not_told() -> None:
    """What one sees of such a router is of no use to others; TCP is another matter."""
    here = standpoint()
    heard(here, BOTH[0], Link("ben", "192.0.2.2:1", "203.0.113.10:4444", road="udp"))
    assert here.contacts(0.0) == [TCP_HERE, UDP_HERE]
    heard(here, Link("cora", "192.0.2.3:1", "203.0.113.10:4445", road="udp"))
    assert here.mapping() is Mapping.CHANGING
    assert here.contacts(0.0) == [TCP_HERE]


def test_a_contact_that_nobody_reaches_is_given_up() -> None:
    """Two networks have tried; one alone may lie."""
    here = standpoint()
    heard(here, *BOTH)
    for number, at in enumerate(("192.0.2.1", "198.18.0.1")):
        assert TCP_HERE in here.contacts(0.0)
        here.proofs.add(TCP_HERE, ip_address(at), False, 0.0)
        assert here.verdict(0.0) is Verdict.NOT, number
    assert here.contacts(0.0) == [UDP_HERE]
    here.proofs.add(TCP_HERE, ip_address("192.88.0.1"), True, 0.0)
    assert here.contacts(0.0) == [TCP_HERE, UDP_HERE]
    assert here.verdict(0.0) is Verdict.DIRECTLY


def test_who_comes_in_shows_that_we_are_reached() -> None:
    """Over TCP; over UDP only if we never said anything to him."""
    here = standpoint()
    heard(here, Link("ann", "192.0.2.9:1", "203.0.113.10:7771", dialed=False))
    assert here.verdict(0.0) is Verdict.DIRECTLY
    here = standpoint()
    heard(here, BOTH[2], Link("ben", "192.0.2.2:9", "203.0.113.10:4444", road="udp", dialed=False))
    assert here.verdict(0.0) is Verdict.UNKNOWN
    heard(here, Link("dora", "192.0.2.77:9", "203.0.113.10:4444", road="udp", dialed=False))
    assert here.verdict(0.0) is Verdict.DIRECTLY


def test_verdicts() -> None:
    """What was shown from outside weighs more than what was shown inside."""
    here = standpoint()
    heard(here, Link("nan", "10.0.0.3:1", "10.0.0.2:7771", dialed=False))
    assert here.verdict(0.0) is Verdict.INSIDE
    here.proofs.add(TCP_HERE, ip_address("192.0.2.1"), False, 0.0)
    assert here.verdict(0.0) is Verdict.NOT
    here.relayed = lambda: ["proxy://relay"]
    assert here.verdict(0.0) is Verdict.RELAYED
    assert here.is_unreachable(0.0)
    here.proofs.add(TCP_HERE, ip_address("198.18.0.1"), True, 0.0)
    assert here.verdict(0.0) is Verdict.DIRECTLY
    here.forget()
    here.relayed = tuple
    assert here.verdict(0.0) is Verdict.UNKNOWN


def test_promised_ports() -> None:
    """A port that the router lets in is told at the address that is believed, and for a host that is set."""
    here = standpoint()
    here.mapped = {"tcp": 17771}
    assert here.contacts(0.0) == []
    heard(here, BOTH[0])
    assert here.contacts(0.0) == [TCP_HERE, "tcp://203.0.113.10:17771"]
    assert here.to_try(read_place("203.0.113.10:5")) == (
        TCP_HERE, "udp://203.0.113.10:7772", "tcp://203.0.113.10:17771",
    )  # fmt: skip


@pytest.mark.parametrize(
    "link",
    [
        Link("bob", "", "203.0.113.10:1"), Link("bob", "192.0.2.1:1", ""),
        Link("bob", "192.0.2.1:1", "203.0.113.10:1", road="proxy"),
        Link("six", "[2001:db8::1]:1", "[2001:db8::2]:7771"),
    ],
)  # fmt: skip
def test_what_says_nothing(link: Link) -> None:
    """Roads without places, peers who do not tell, and addresses at which nobody listens."""
    here = standpoint()
    assert here.heard(link, 0.0) is None
    assert here.contacts(0.0) == []


def test_they_are_few() -> None:
    """No more than a dialer tries."""
    own = [f"203.0.113.{number}" for number in range(1, 9)]
    assert len(standpoint(own=own).contacts(0.0)) == MOST_CONTACTS
