"""
What the API tells of relays: whom we carry for, and who carries for us; in figures and in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bitdust.config.sizes import format_size
from bitdust.relay.keeper import Place
from bitdust.relay.reservations import BULK
from bitdust.relay.service import Carrying

#: a time of the clock as a date
Dated = Callable[[float], float]


@dataclass(frozen=True)
class CarriedFor:
    """Somebody who is reached over us.  Times in Unix seconds, `carried` in bytes of both directions."""

    idurl: str
    fingerprint: str
    own: bool
    since: float
    until: float
    circuits: int
    carried: int


@dataclass(frozen=True)
class CarriedBy:
    """A relay over which we are reached.  What it carries in one circuit: bytes, seconds, bytes a second."""

    idurl: str
    fingerprint: str
    contact: str
    since: float
    bulk: bool
    size: int
    seconds: int
    rate: int


@dataclass(frozen=True)
class RelayView:
    """
    @param carries: we are a relay.  `carried`: bytes since the node has begun; `circuits`: now.
    @param uses: relays are dialed.  `needed`: others cannot reach us without, as far as we know.
    """

    sentences: tuple[str, ...]
    carries: bool
    circuits: int
    carried: int
    carried_for: tuple[CarriedFor, ...]
    uses: bool
    needed: bool
    carried_by: tuple[CarriedBy, ...]


def relay_view(
    carrying: Carrying | None, places: Sequence[Place] | None, needed: bool, dated: Dated
) -> RelayView:
    """
    @param carrying: what we do as a relay; None: we are none.
    @param places: where we are reached; None: relays are not used.
    """
    done = carrying or Carrying((), 0, 0)
    ours = tuple(
        CarriedFor(
            each.idurl, each.fingerprint, each.own, dated(each.since), dated(each.until), each.circuits,
            each.carried,
        )
        for each in done.reservations
    )  # fmt: skip
    theirs = tuple(
        CarriedBy(
            each.idurl, each.fingerprint, each.contact, dated(each.since), each.terms.size >= BULK.size,
            each.terms.size, each.terms.seconds, each.terms.rate,
        )
        for each in places or ()
    )  # fmt: skip
    sentences = (_serving(carrying), _using(places, needed))
    return RelayView(
        sentences, carrying is not None, done.circuits, done.carried, ours, places is not None, needed, theirs
    )


def _serving(carrying: Carrying | None) -> str:
    if carrying is None:
        return "This node carries nothing for others."
    number = len(carrying.reservations)
    reached = "nobody is" if not number else "one node is" if number == 1 else f"{number} nodes are"
    return (
        f"This node is a relay: {reached} reached over it, and {format_size(carrying.carried)} were carried."
    )


def _using(places: Sequence[Place] | None, needed: bool) -> str:
    if places is None:
        return "Relays are switched off: nodes that can be reached in no other way are not."
    if places:
        return f"Others reach this node over {' and '.join(place.idurl for place in places)}."
    if needed:
        return "Nobody reaches this node, and relays are looked for."
    return "This node is reached over no relay."
