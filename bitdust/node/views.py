"""What a node tells about itself: plain values, for the API to put into its own words."""

from __future__ import annotations

from dataclasses import dataclass

from bitdust.catalog.drills import Drilled
from bitdust.customer.durability import Durability
from bitdust.reach.claims import Believed
from bitdust.reach.mapping import Mapping
from bitdust.reach.scopes import Address
from bitdust.reach.standpoint import Verdict


@dataclass(frozen=True)
class Doing:
    """
    What the node does for its user now, in words; `state` of the monitor, when its next round begins (Unix
    seconds; None: one is under way), and what it waits for, or "".
    """

    state: str
    doing: str
    next_round: float | None
    waits_for: str


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong, and what to do about it."""

    what: str
    next: str


@dataclass(frozen=True)
class Health:
    """
    The state of everything, as measured.

    `state` is one word: safe, backing up, behind (a schedule is not kept), waiting, degraded, at risk, empty
    or needs setup.  `survives` is how many more suppliers the worst version may lose (None without versions);
    `wrong` and `next` are sentences.
    """

    state: str
    sentence: str
    survives: int | None
    wrong: tuple[str, ...]
    next: tuple[str, ...]
    suppliers_online: int
    suppliers_hired: int
    suppliers_wanted: int
    versions: int
    pieces_missing: int
    #: what came of the last restore drill
    verified: Drilled | None = None
    durability: Durability | None = None
    monitor: Doing | None = None
    warnings: tuple[Trouble, ...] = ()
    #: how others come to this node, in a sentence; "" before there is an identity
    network: str = ""


@dataclass(frozen=True)
class SupplierView:
    """
    A supplier of ours.  `since` in Unix seconds, `rtt` in seconds, `holds` in bytes.

    `uptime` is a share of the last 30 days (None: not known yet), `audits` how many leaves he showed of how
    many that he was asked for ("": none yet), `doubt` why he is to be replaced, or whose seat is being filled
    and why, or ""; `notice` what he says of our contract, or "".
    """

    position: int
    idurl: str
    fingerprint: str
    state: str
    since: float
    rtt: float | None
    holds: int
    pieces: int
    transport: str
    uptime: float | None = None
    audits: str = ""
    doubt: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Replacing:
    """A supplier that is being replaced."""

    position: int
    idurl: str


@dataclass(frozen=True)
class CustomerView:
    """
    A customer of ours.  Sizes in bytes, times in Unix seconds.

    `notice` is how his contract stands in one word ("": all is well), `sentence` and `next` the same and what
    comes of it in sentences; `heard` when he heard so, `until` when his pieces go unless he is heard of.
    """

    idurl: str
    fingerprint: str
    granted: int
    used: int
    pieces: int
    since: float
    last_contact: float
    state: str
    notice: str = ""
    sentence: str = ""
    next: str = ""
    heard: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class Pong:
    """A peer answered.  `rtt` in seconds."""

    idurl: str
    rtt: float
    transport: str


@dataclass(frozen=True)
class IdentityView:
    """The identity of this node."""

    idurl: str
    name: str
    fingerprint: str
    sources: tuple[str, ...]
    contacts: tuple[str, ...]
    revision: int
    generation: int
    document: str


@dataclass(frozen=True)
class KitView:
    """A recovery kit: 24 words, and where the file was written (None: nowhere)."""

    words: str
    path: str | None
    fingerprint: str


@dataclass(frozen=True)
class RoadView:
    """A road: the port it listens at, how many links go over it, and where others see it."""

    scheme: str
    port: int
    links: int
    seen: tuple[Believed, ...]


@dataclass(frozen=True)
class NetworkView:
    """
    How others come to this node, as far as anybody has shown.

    `state` is that of network_connector; `addresses` are this machine's own that lead out, `mapped` the ports
    that the router has promised to let in, by road; `links` counts those to all peers.
    """

    state: str
    reachable: Verdict
    nat: Mapping
    roads: tuple[RoadView, ...]
    addresses: tuple[Address, ...]
    mapped: dict[str, int]
    contacts: tuple[str, ...]
    relays: tuple[str, ...]
    links: int
    #: why the router has promised no port, where it was asked
    trouble: str = ""
    #: for people: the state, and what makes it better
    sentence: str = ""
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class DirectoryView:
    """
    One way of finding people.  `knows`: identity servers, nodes of the DHT, or neighbours; `asked`:
    questions, called addresses, or beacons that were heard; `found`: how many of these led to somebody.
    """

    name: str
    state: str
    knows: int
    asked: int
    found: int
    trouble: str
