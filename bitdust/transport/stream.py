"""
One exchange as a link's session sees it: who may still send what.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bitdust.wire.packets import Packet, Priority

#: body bytes one side may send on one stream before the other has read some
STREAM_CREDIT = 2**20
#: the reader gives credit back in steps of this
STREAM_STEP = STREAM_CREDIT // 2


@dataclass(eq=False, slots=True)
class Stream:
    """
    @param asked: True when this end asks.
    @param packet: the question.
    """

    asked: bool
    packet: Packet
    priority: Priority
    number: int = 0
    #: the question as bytes, until it goes out
    head: bytes = b""

    # what this end sends
    out: deque[memoryview] = field(default_factory=deque)
    out_size: int = 0
    out_credit: int = STREAM_CREDIT
    #: bytes of the announced body that were not given to `write` yet
    out_left: int = 0
    #: the last byte, or what ends the body early, was handed to the wire
    out_ended: bool = False

    # what this end gets
    answer: Packet | None = None
    in_credit: int = STREAM_CREDIT
    #: bytes of the announced body that did not come yet
    in_left: int = 0
    in_ended: bool = False
    #: came, and was not read yet
    unread: int = 0
    #: read, and not told to the peer yet
    owed: int = 0
    #: what came in this turn, before it is given on in one
    arrived: list[memoryview] = field(default_factory=list)

    #: the exchange that the link shows to its users
    owner: Any = None
    #: this end gave it up, or answered it completely: whatever comes is thrown away
    deaf: bool = False
    #: nothing more is said on it in either direction
    over: bool = False

    @property
    def complete(self) -> bool:
        """This end has everything it will ever get: the question or the answer, with its body."""
        return self.in_ended and (self.answer is not None or not self.asked)

    @property
    def sendable(self) -> bool:
        """A DATA frame could go out now, as far as this stream is concerned."""
        return self.out_size > 0 and self.out_credit > 0
