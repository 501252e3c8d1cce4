"""
presence -- is this peer there?

    Unknown --calling--> Calling --linked--> Online --unlinked--> Away
                             '---failed--------------------------> |
                             ^------------calling------------------'
    linked from anywhere: Online

One for each peer the router knows; message_router tells it what happens.  It says only what was
measured: Online means that a link is up at this moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder


class Presence(Protocol):
    """What can happen to our knowledge of a peer: its inputs."""

    # from message_router
    def calling(self) -> None:
        """We begin to look for the peer."""

    def failed(self) -> None:
        """He could not be reached, or nobody waits for him any more."""

    # from the wire
    def linked(self) -> None:
        """A link to him is up."""

    def unlinked(self) -> None:
        """The last link to him ended."""

    # a question
    def is_online(self) -> bool:
        """Is a link up at this moment?"""


@dataclass
class Announcements:
    """Whom presence tells."""

    came: Callable[[], None]
    went: Callable[[], None]


def _build() -> Callable[[Announcements], Presence]:
    machine = TypeMachineBuilder(Presence, Announcements)
    up = Presence

    Unknown = machine.state("Unknown")
    Calling = machine.state("Calling")
    Online = machine.state("Online")
    Away = machine.state("Away")

    Unknown.upon(up.calling).to(Calling).returns(None)
    Away.upon(up.calling).to(Calling).returns(None)
    Calling.upon(up.failed).to(Away).returns(None)

    # Links come and go on their own, whatever we are doing.
    for state in (Calling, Online):
        state.upon(up.calling).loop().returns(None)
    for state in (Unknown, Online, Away):
        state.upon(up.failed).loop().returns(None)
    for state in (Unknown, Calling, Away):
        state.upon(up.unlinked).loop().returns(None)
        state.upon(up.is_online).loop().returns(False)
    Online.upon(up.linked).loop().returns(None)
    Online.upon(up.is_online).loop().returns(True)

    @Unknown.upon(up.linked).to(Online)
    @Calling.upon(up.linked).to(Online)
    @Away.upon(up.linked).to(Online)
    def came(presence: Presence, told: Announcements) -> None:
        told.came()

    @Online.upon(up.unlinked).to(Away)
    def went(presence: Presence, told: Announcements) -> None:
        told.went()

    return machine.build()


#: make_presence(Announcements(...)) is a Presence, starting in Unknown.
make_presence = _build()
