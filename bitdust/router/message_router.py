"""
message_router -- the road to one peer.

    Idle --want--> Identity --found--> Choosing --linked--> Connected
                   ^   |                |     |                 | unlinked
                   |   | unknown        |     | unreachable     v
                   |   '----------------+-----'-----------> Waiting
                   |<-----impostor------'                       |
                   '<-----------------_again--------------------'
    linked from anywhere: Connected; unwanted: Idle; stop: Over

One for each peer the router knows.  It holds no link itself: `Links` does, and says when the first comes and
the last goes.  A dial that runs while the peer's own link comes in is let finish: he may use it already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.router.presence import Presence

#: seconds until the next try at most, once somebody new wants the peer
IMPATIENCE = 3.0


class MessageRouter(Protocol):
    """What can happen on the road to a peer: its inputs."""

    # from those who have something to say
    def want(self) -> None:
        """Somebody new needs a link."""

    def unwanted(self) -> None:
        """Nobody needs one any more."""

    def seen(self) -> None:
        """He is there at this moment: no pause is needed, and the contacts to dial are others now."""

    def stop(self) -> None:
        """The node ends."""

    # from the wire
    def linked(self) -> None:
        """There is a link now."""

    def unlinked(self) -> None:
        """The last link ended."""

    # from our own looking up and dialling
    def found(self) -> None:
        """We know the peer's identity and so his contacts."""

    def unknown(self) -> None:
        """No usable identity was found."""

    def unreachable(self) -> None:
        """None of his contacts answered."""

    def impostor(self) -> None:
        """Somebody else answered, or he has new device keys."""

    # from our own timer
    def _again(self) -> None:
        """The pause is over."""


@dataclass
class Road:
    """
    What the way to a peer knows and whom it calls.

    @param look_up: begins to find his identity; tells `found` or `unknown`; the result is cancelled when
        it is not needed any more.
    @param dial: begins to dial, unless it is at it; tells `unreachable` or `impostor`, or a link comes.
    @param hang_up: gives up dialling.
    """

    clock: IReactorTime
    presence: Presence
    look_up: Callable[[], Deferred[None]]
    dial: Callable[[], None]
    hang_up: Callable[[], None]
    pause: Callable[[int], float]
    attempts: int = 0


def _build() -> Callable[[Road], MessageRouter]:
    machine = TypeMachineBuilder(MessageRouter, Road)
    up = MessageRouter

    # What a state holds on to while it lasts.
    def look_up(router: MessageRouter, road: Road) -> Deferred[None]:
        return road.look_up()

    def rest(router: MessageRouter, road: Road) -> IDelayedCall:
        seconds = road.pause(road.attempts)
        road.attempts += 1
        return road.clock.callLater(seconds, router._again)

    # The states.
    Idle = machine.state("Idle")
    Identity = machine.state("Identity", look_up)
    Choosing = machine.state("Choosing")
    Connected = machine.state("Connected")
    Waiting = machine.state("Waiting", rest)
    Over = machine.state("Over")

    # Moves that only move.
    for state in (Choosing, Connected, Over):
        state.upon(up.want).loop().returns(None)
    Identity.upon(up.want, nodata=True).loop().returns(None)
    for state in (Idle, Connected, Over):
        state.upon(up.seen).loop().returns(None)
    Identity.upon(up.seen, nodata=True).loop().returns(None)
    for state in (Idle, Connected, Over):
        state.upon(up.unwanted).loop().returns(None)
    Over.upon(up.stop).loop().returns(None)
    for state in (Connected, Over):
        state.upon(up.linked).loop().returns(None)

    # The network is late, and talks to the dead; and our own dials outlive the state that began them.
    for state in (Idle, Choosing, Over):
        state.upon(up.unlinked).loop().returns(None)
    for late in (up.unreachable, up.impostor):
        for state in (Idle, Connected, Over):
            state.upon(late).loop().returns(None)
        for busy in (Identity, Waiting):
            busy.upon(late, nodata=True).loop().returns(None)
    for busy in (Identity, Waiting):
        busy.upon(up.unlinked, nodata=True).loop().returns(None)

    # Moves that do something.
    @Idle.upon(up.want).to(Identity)
    def called(router: MessageRouter, road: Road) -> None:
        road.presence.calling()

    @Waiting.upon(up._again).to(Identity)
    def called_again(router: MessageRouter, road: Road, timer: IDelayedCall) -> None:
        road.presence.calling()

    @Waiting.upon(up.want).loop()
    def hurried(router: MessageRouter, road: Road, timer: IDelayedCall) -> None:
        if timer.getTime() - road.clock.seconds() > IMPATIENCE:
            timer.reset(IMPATIENCE)

    @Waiting.upon(up.seen).loop()
    def awaited(router: MessageRouter, road: Road, timer: IDelayedCall) -> None:
        timer.reset(0)

    @Choosing.upon(up.seen).loop()
    def nearer(router: MessageRouter, road: Road) -> None:
        road.hang_up()
        road.dial()

    @Identity.upon(up.found).to(Choosing)
    def chosen(router: MessageRouter, road: Road, lookup: Deferred[None]) -> None:
        road.dial()

    @Identity.upon(up.unknown).to(Waiting)
    def in_vain(router: MessageRouter, road: Road, lookup: Deferred[None]) -> None:
        road.presence.failed()

    @Choosing.upon(up.unreachable).to(Waiting)
    def silent(router: MessageRouter, road: Road) -> None:
        road.presence.failed()

    Choosing.upon(up.impostor).to(Identity).returns(None)

    @Idle.upon(up.linked).to(Connected)
    @Choosing.upon(up.linked).to(Connected)
    def connected(router: MessageRouter, road: Road) -> None:
        road.presence.linked()

    @Identity.upon(up.linked).to(Connected)
    def connected_unlooked(router: MessageRouter, road: Road, lookup: Deferred[None]) -> None:
        lookup.cancel()
        road.presence.linked()

    @Waiting.upon(up.linked).to(Connected)
    def connected_early(router: MessageRouter, road: Road, timer: IDelayedCall) -> None:
        timer.cancel()
        road.presence.linked()

    @Connected.upon(up.unlinked).to(Waiting)
    def lost(router: MessageRouter, road: Road) -> None:
        road.presence.unlinked()

    @Identity.upon(up.unwanted).to(Idle)
    @Identity.upon(up.stop).to(Over)
    def not_looked_up(router: MessageRouter, road: Road, lookup: Deferred[None]) -> None:
        lookup.cancel()
        road.hang_up()
        road.presence.failed()

    @Waiting.upon(up.unwanted).to(Idle)
    @Waiting.upon(up.stop).to(Over)
    def not_waited(router: MessageRouter, road: Road, timer: IDelayedCall) -> None:
        timer.cancel()
        road.hang_up()

    @Choosing.upon(up.unwanted).to(Idle)
    @Choosing.upon(up.stop).to(Over)
    @Idle.upon(up.stop).to(Over)
    @Connected.upon(up.stop).to(Over)
    def hung_up(router: MessageRouter, road: Road) -> None:
        road.hang_up()
        road.presence.failed()

    return machine.build()


#: make_message_router(Road(...)) is a MessageRouter, starting in Idle.
make_message_router = _build()
