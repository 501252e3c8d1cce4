"""What can be told of the link to a peer that is in use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """
    A peer who is there, and how.  Times are those of the clock, `rtt` in seconds.

    @param address: where his end is, as text for people.
    @param dialed: we have dialled him; else he has us.
    @param rtt: there and back, when last measured; None: not yet.
    @param upgraded: the link goes straight, and took the place of one over a relay.
    @param tries: how often a straight link was tried for while this one goes over a relay.
    @param next_try: when that is tried again; None: the link goes straight.
    """

    idurl: str
    fingerprint: str
    transport: str
    direct: bool
    address: str
    since: float
    dialed: bool
    rtt: float | None
    upgraded: bool
    tries: int
    next_try: float | None
