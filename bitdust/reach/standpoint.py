"""
All that is known of where this node stands, and which contacts follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from bitdust.reach import mapping
from bitdust.reach.claims import Believed, Claim, Claims
from bitdust.reach.mapping import mapping_of
from bitdust.reach.proofs import Proofs
from bitdust.reach.scopes import Address, Scope, scope_of
from bitdust.transport.contact import write_contact
from bitdust.transport.interface import ILink
from bitdust.wire.place import Place, read_place

#: contacts that are published, beside those of relays: what a dialer tries of one document
MOST_CONTACTS = 8
#: the road whose dialers speak from another port than they listen at
TCP, UDP = "tcp", "udp"


class Verdict(Enum):
    """How others come to this node."""

    UNKNOWN = "not known yet"
    DIRECTLY = "directly"
    INSIDE = "directly, from inside this network"
    RELAYED = "through a relay"
    NOT = "not"


@dataclass(frozen=True)
class Wishes:
    """
    What the owner says.

    @param host: the address or name to be told to others; "": found out.
    @param private: whether addresses of this network and this machine are told, too.
    """

    host: str
    private: bool


@dataclass
class Standpoint:
    """
    @param wishes: as they are now.
    @param relayed: the contacts at which relays take calls for us.
    """

    wishes: Callable[[], Wishes]
    relayed: Callable[[], Sequence[str]] = tuple
    #: of each road, in the order it is dialled: the port it listens at
    ports: dict[str, int] = field(default_factory=dict)
    #: the versions of IP that they listen for
    listens: frozenset[int] = frozenset({4})
    #: contacts of roads that have no addresses, told as they are
    others: tuple[str, ...] = ()
    #: the addresses of this machine that lead out, the one for the identity server first
    own: tuple[Address, ...] = ()
    #: of each road, the port at which the router lets others in, as it has promised
    mapped: dict[str, int] = field(default_factory=dict)
    claims: dict[str, Claims] = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)

    def heard(self, link: ILink, now: float) -> Claim | None:
        """A link is up; what its other end claims of us, if that is worth anything."""
        road = link.transport_name
        if not (link.direct and link.place and link.seen_as) or road not in self.ports:
            return None
        at, seen = read_place(link.place), read_place(link.seen_as)
        if seen.host.version not in self.listens:
            return None
        if road == TCP and link.dialed:
            # He sees the port of this one connection; only the address says something.
            seen = Place(seen.host, self.ports[road])
        claims = self.claims.setdefault(road, Claims())
        claim = Claim(link.document.fingerprint, at, seen, link.dialed)
        if not claims.add(claim, now):
            return None
        # Who was sent to can answer through most routers: that he comes in says nothing.
        if not link.dialed and not any(each.ours and each.at.host == at.host for each in claims.all()):
            self.proofs.add(_contact(road, seen), at.host, True, now)
        return claim

    def parted(self, road: str, claim: Claim, now: float) -> None:
        """The link of that claim is over."""
        self.claims[road].parted(claim, now)

    def forget(self) -> None:
        """The network is another one."""
        for claims in self.claims.values():
            claims.clear()
        self.proofs.clear()

    def believed(self, road: str, now: float) -> list[Believed]:
        """Where that road is, as others see it."""
        return self.claims[road].believed(now) if road in self.claims else []

    def mapping(self) -> mapping.Mapping:
        """What the router before us makes of the UDP socket."""
        return mapping_of(self.claims[UDP].current() if UDP in self.claims else (), self.own)

    def verdict(self, now: float) -> Verdict:
        """How others come here, as far as anybody has shown."""
        reached, _ = self.proofs.widest(now)
        if reached is Scope.WORLD:
            return Verdict.DIRECTLY
        if self.relayed():
            return Verdict.RELAYED
        if self.is_unreachable(now):
            return Verdict.NOT
        return Verdict.INSIDE if reached > Scope.NOBODY else Verdict.UNKNOWN

    def contacts(self, now: float) -> list[str]:
        """
        Where others shall try, the best first: what the owner says, or else what others see, what
        routers have promised, and our own addresses.  Relays come behind them.
        """
        found = self._wished() or [*self._seen(now), *self._promised(now), *self._own()]
        return list(dict.fromkeys([*found, *self.others]))[:MOST_CONTACTS]

    def is_unreachable(self, now: float) -> bool:
        """Have others from outside tried in vain, and nobody with success?"""
        reached, failed = self.proofs.widest(now)
        return failed is Scope.WORLD and reached is not Scope.WORLD

    def to_try(self, seen: Place) -> tuple[str, ...]:
        """The contacts at which one who sees us at that address may find us, at most eight."""
        tried = [_contact(road, Place(seen.host, port)) for road, port in self.ports.items()]
        for road in self.ports:
            ports = {each.seen.port for each in self._claims(road) if each.seen.host == seen.host}
            tried += [_contact(road, Place(seen.host, port)) for port in sorted(ports)]
            if road in self.mapped:
                tried.append(_contact(road, Place(seen.host, self.mapped[road])))
        return tuple(dict.fromkeys(tried))[:MOST_CONTACTS]

    def _claims(self, road: str) -> Sequence[Claim]:
        return [*self.claims[road].all()] if road in self.claims else []

    def _wished(self) -> list[str]:
        host = self.wishes().host
        return (
            [write_contact(road, host, self.mapped.get(road, port)) for road, port in self.ports.items()]
            if host
            else []
        )

    def _seen(self, now: float) -> list[str]:
        found = []
        for road in self.ports:
            for each in self.believed(road, now):
                contact = _contact(road, each.place)
                useless = road == UDP and self.mapping() is mapping.Mapping.CHANGING
                doubtful = useless or self.proofs.refuted(contact, now)
                if self._is_told(each.place.host) and (not doubtful or self.proofs.reached(contact, now)):
                    found.append(contact)
        return found

    def _promised(self, now: float) -> list[str]:
        worlds = {
            each.place.host
            for road in self.ports
            for each in self.believed(road, now)
            if scope_of(each.place.host) is Scope.WORLD
        }
        return [
            _contact(road, Place(host, port))
            for road, port in self.mapped.items()
            for host in sorted(worlds, key=str)
        ]

    def _own(self) -> list[str]:
        return [
            _contact(road, Place(address, port))
            for address in sorted(self.own, key=scope_of, reverse=True)
            if self._is_told(address) and address.version in self.listens
            for road, port in self.ports.items()
        ]

    def _is_told(self, address: Address) -> bool:
        scope = scope_of(address)
        return scope is Scope.WORLD or (self.wishes().private and scope is not Scope.NOBODY)


def _contact(road: str, place: Place) -> str:
    return write_contact(road, str(place.host), place.port)
