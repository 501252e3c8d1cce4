"""
backup_monitor -- the round that keeps everything whole.

::

    Idle --restart--> FireHire --staffed--> ListFiles --listed--> Rebuilding --rebuilt--> Ready
                         ^                                                                  |
                         '------------------------- restart, _again ------------------------'
                                                                  stop, from anywhere: Over

Hire until every seat is taken, ask every supplier what he holds, rebuild what is missing, rest.  A restart in
the middle of a round begins another one when it has ended; trouble, whenever it comes, makes the rest short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: seconds from the end of a round to the next, doubled as long as nothing happens, and how often at most
REST, LONGEST = 600.0, 6.0


class BackupMonitor(Protocol):
    """What can happen: its inputs."""

    # from the user (backups_update), and whoever learns that something changed
    def restart(self) -> None:
        """Begin a round, now or when this one has ended."""

    # from work in the background, of a round or not
    def troubled(self) -> None:
        """Something failed that the next round does again."""

    # from node
    def stop(self) -> None:
        """The node ends."""

    # from those who do the work of each state
    def staffed(self) -> None:
        """fire_hire has done what it could for now."""

    def listed(self) -> None:
        """Every connected supplier told what he holds."""

    def rebuilt(self) -> None:
        """What could be rebuilt was."""

    # from our own timer
    def _again(self) -> None:
        """The rest is over."""


@dataclass
class Round:
    """What the machine knows, and whom it may call to begin the work of a state: it ends with an input."""

    clock: IReactorTime
    hire: Callable[[], None]
    list_files: Callable[[], None]
    rebuild: Callable[[], None]
    #: seconds from a round in which something happened to the next
    first_rest: Callable[[], float] = lambda: REST
    #: another round was asked for in the middle of this one
    wanted: bool = False
    #: when the next round begins, by the clock; None: one is under way, or none will
    next_at: float | None = None
    #: seconds of the next rest; 0: as after a round in which something happened
    rest: float = 0.0


def _build() -> Callable[[Round], BackupMonitor]:
    machine = TypeMachineBuilder(BackupMonitor, Round)
    up = BackupMonitor

    def rest(monitor: BackupMonitor, round_: Round) -> IDelayedCall:
        if not round_.rest:
            round_.rest = round_.first_rest()
        round_.next_at = round_.clock.seconds() + round_.rest
        return round_.clock.callLater(round_.rest, monitor._again)

    Idle = machine.state("Idle")
    FireHire = machine.state("FireHire")
    ListFiles = machine.state("ListFiles")
    Rebuilding = machine.state("Rebuilding")
    Ready = machine.state("Ready", rest)
    Over = machine.state("Over")

    # Work that was begun in one state may end in another.
    for state in (Idle, ListFiles, Rebuilding, Over):
        state.upon(up.staffed).loop().returns(None)
    for state in (Idle, FireHire, Rebuilding, Over):
        state.upon(up.listed).loop().returns(None)
    for state in (Idle, FireHire, ListFiles, Over):
        state.upon(up.rebuilt).loop().returns(None)
    for each in (up.staffed, up.listed, up.rebuilt):
        Ready.upon(each, nodata=True).loop().returns(None)
    for state in (Idle, Over):
        state.upon(up.troubled).loop().returns(None)
    Over.upon(up.restart).loop().returns(None)
    Over.upon(up.stop).loop().returns(None)
    for state in (Idle, FireHire, ListFiles, Rebuilding):
        state.upon(up.stop).to(Over).returns(None)

    @FireHire.upon(up.restart).loop()
    @ListFiles.upon(up.restart).loop()
    @Rebuilding.upon(up.restart).loop()
    def later(monitor: BackupMonitor, round_: Round) -> None:
        round_.wanted = True
        round_.rest = 0.0

    @FireHire.upon(up.troubled).loop()
    @ListFiles.upon(up.troubled).loop()
    @Rebuilding.upon(up.troubled).loop()
    def rest_shortly(monitor: BackupMonitor, round_: Round) -> None:
        round_.rest = 0.0

    @Ready.upon(up.troubled).loop()
    def rest_no_longer(monitor: BackupMonitor, round_: Round, timer: IDelayedCall) -> None:
        round_.rest = round_.first_rest()
        if timer.getTime() - round_.clock.seconds() > round_.rest:
            timer.reset(round_.rest)
            round_.next_at = timer.getTime()

    @Idle.upon(up.restart).to(FireHire)
    def begin(monitor: BackupMonitor, round_: Round) -> None:
        round_.wanted = False
        round_.next_at = None
        round_.hire()

    @Ready.upon(up.restart).to(FireHire)
    def begin_now(monitor: BackupMonitor, round_: Round, timer: IDelayedCall) -> None:
        timer.cancel()
        round_.rest = 0.0
        begin(monitor, round_)

    @Ready.upon(up._again).to(FireHire)
    def begin_again(monitor: BackupMonitor, round_: Round, timer: IDelayedCall) -> None:
        round_.rest = min(2 * round_.rest, LONGEST * round_.first_rest())
        begin(monitor, round_)

    @FireHire.upon(up.staffed).to(ListFiles)
    def list_files(monitor: BackupMonitor, round_: Round) -> None:
        round_.list_files()

    @ListFiles.upon(up.listed).to(Rebuilding)
    def rebuild(monitor: BackupMonitor, round_: Round) -> None:
        round_.rebuild()

    @Rebuilding.upon(up.rebuilt).to(Ready)
    def ready(monitor: BackupMonitor, round_: Round) -> None:
        if round_.wanted:
            monitor.restart()

    @Ready.upon(up.stop).to(Over)
    def stop_resting(monitor: BackupMonitor, round_: Round, timer: IDelayedCall) -> None:
        timer.cancel()

    return machine.build()


#: make_backup_monitor(Round(...)) is a BackupMonitor, starting in Idle.
make_backup_monitor = _build()
