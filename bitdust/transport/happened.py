"""
What a session tells its link: the events.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitdust.transport.stream import Stream
from bitdust.wire.frames import Hello


@dataclass(frozen=True, slots=True)
class HelloCame:
    """The peer has said who he is; nothing more comes out of the session until `accept`."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer asks."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer answers: `stream.answer`."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes of the peer's body.  Say `consumed` when they are read."""

    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer's body is complete."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class WasReset:
    """The peer gave the exchange up."""

    stream: Stream
    why: str


@dataclass(frozen=True, slots=True)
class Drained:
    """Everything written so far was handed on, or is not wanted any more."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Ponged:
    """The answer to the PING of this token."""

    token: bytes


@dataclass(frozen=True, slots=True)
class Over:
    """The link is to end: the peer said so (`by_peer`), or broke the rules and is told by GOAWAY."""

    why: str
    by_peer: bool


Event = HelloCame | Opened | Answered | Body | Ended | WasReset | Drained | Ponged | Over
