"""
fire_hire -- whom to take on, until every seat has its supplier.

::

    Resting --restart--> Deciding --_vacant--> Hiring --_nobody--> Pausing
       ^                  |  ^  ^                 |                   |
       '---- _complete ---'  |  '---- _hired -----'                   |
                             '----------- _again, restart ------------'
                                                stop, from anywhere: Over

Nobody is let go here on suspicion: a seat becomes vacant because it is new, or because the user named its
supplier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: seconds before another search when nobody was found: doubled each time, up to ten minutes
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 600.0


class FireHire(Protocol):
    """What can happen: its inputs."""

    # from backup_monitor, and from the user through supplier_replace
    def restart(self) -> None:
        """Look at the seats again."""

    # from node
    def stop(self) -> None:
        """The node ends."""

    # from the search
    def _hired(self) -> None:
        """A seat has its supplier."""

    def _nobody(self) -> None:
        """Nobody was found who would."""

    # from the decision
    def _vacant(self) -> None:
        """A seat is empty."""

    def _complete(self) -> None:
        """No seat is."""

    # from our own timer
    def _again(self) -> None:
        """The pause is over."""


@dataclass
class Staff:
    """
    What the machine knows and whom it may call.

    @param vacant: is a seat empty?
    @param search: begin to look for a supplier; calls one of the two functions it is given.
    @param finished: every seat has its supplier.
    @param short: nobody could be found; a seat stays empty for now.
    """

    clock: IReactorTime
    vacant: Callable[[], bool]
    search: Callable[[Callable[[], None], Callable[[], None]], None]
    finished: Callable[[], None]
    short: Callable[[], None]
    failures: int = 0


def _build() -> Callable[[Staff], FireHire]:
    machine = TypeMachineBuilder(FireHire, Staff)
    up = FireHire

    def rest(fire_hire: FireHire, staff: Staff) -> IDelayedCall:
        staff.failures += 1
        # The exponent is bounded: a search that fails for weeks would overflow a float.
        pause = min(FIRST_PAUSE * 2.0 ** min(staff.failures - 1, 30), LONGEST_PAUSE)
        return staff.clock.callLater(pause, fire_hire._again)

    Resting = machine.state("Resting")
    Deciding = machine.state("Deciding")
    Hiring = machine.state("Hiring")
    Pausing = machine.state("Pausing", rest)
    Over = machine.state("Over")

    # A search outlives the wish for it.
    for late in (up._hired, up._nobody, up._vacant, up._complete, up.restart, up.stop):
        Over.upon(late).loop().returns(None)
    Deciding.upon(up.restart).loop().returns(None)
    for state in (Resting, Deciding, Hiring):
        state.upon(up.stop).to(Over).returns(None)

    @Resting.upon(up.restart).to(Deciding)
    def decide(fire_hire: FireHire, staff: Staff) -> None:
        if staff.vacant():
            fire_hire._vacant()
        else:
            fire_hire._complete()

    @Hiring.upon(up._hired).to(Deciding)
    def decide_about_the_next(fire_hire: FireHire, staff: Staff) -> None:
        staff.failures = 0
        decide(fire_hire, staff)

    # After a search comes a decision, soon.
    @Hiring.upon(up.restart).loop()
    def soon(fire_hire: FireHire, staff: Staff) -> None:
        staff.failures = 0

    @Pausing.upon(up._again).to(Deciding)
    def decide_again(fire_hire: FireHire, staff: Staff, timer: IDelayedCall) -> None:
        decide(fire_hire, staff)

    @Pausing.upon(up.restart).to(Deciding)
    def decide_now(fire_hire: FireHire, staff: Staff, timer: IDelayedCall) -> None:
        timer.cancel()
        decide(fire_hire, staff)

    @Deciding.upon(up._vacant).to(Hiring)
    def search(fire_hire: FireHire, staff: Staff) -> None:
        staff.search(fire_hire._hired, fire_hire._nobody)

    @Deciding.upon(up._complete).to(Resting)
    def finished(fire_hire: FireHire, staff: Staff) -> None:
        staff.failures = 0
        staff.finished()

    @Hiring.upon(up._nobody).to(Pausing)
    def nobody(fire_hire: FireHire, staff: Staff) -> None:
        staff.short()

    @Pausing.upon(up.stop).to(Over)
    def stop_pausing(fire_hire: FireHire, staff: Staff, timer: IDelayedCall) -> None:
        timer.cancel()

    return machine.build()


#: make_fire_hire(Staff(...)) is a FireHire, starting in Resting.
make_fire_hire = _build()
