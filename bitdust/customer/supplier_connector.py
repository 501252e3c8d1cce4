"""
supplier_connector -- our line to one supplier.

::

    Disconnected --came--> Requesting --accepted--> Connected
        ^   ^                |  ^   \\--refused/failed--> Pausing
        |   '------ went ----'  '------- _again ----------'|
        '---------------- went ----------------------------'
                                     dismiss, from anywhere: Over

One stands behind every supplier who holds, or shall hold, our pieces.  Each time he comes online he is asked again for the
space we need: his contract is renewed, and he hears of our epoch before he hears anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: seconds before a supplier who refused is asked again: doubled each time, up to an hour
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0


class SupplierConnector(Protocol):
    """What can happen to a line: its inputs."""

    # from the router
    def came(self) -> None:
        """There is a link to the supplier."""

    def went(self) -> None:
        """There is no link any more."""

    # from the supplier, in answer to our request
    def accepted(self) -> None:
        """He keeps our pieces."""

    def refused(self, why: str) -> None:
        """He does not, or did not answer."""

    # from the suppliers' table
    def dismiss(self) -> None:
        """We do not need him any more."""

    # a question, answered differently in each state
    def is_connected(self) -> bool:
        """May a piece be sent there right now?"""

    # from our own timer
    def _again(self) -> None:
        """The pause is over."""


@dataclass
class Line:
    """
    What a line knows and whom it may call.

    @param request: begins to ask; `accepted` or `refused` comes of it.
    @param changed: called with one word: "connected", "away", or why he refused.
    """

    clock: IReactorTime
    request: Callable[[], None]
    changed: Callable[[str], None]
    refusals: int = 0

    def pause(self) -> float:
        """Seconds until the next request."""
        return float(min(FIRST_PAUSE * 2 ** (self.refusals - 1), LONGEST_PAUSE))


def _build() -> Callable[[Line], SupplierConnector]:
    machine = TypeMachineBuilder(SupplierConnector, Line)
    up = SupplierConnector

    # What a state holds on to while it lasts.
    def rest(connector: SupplierConnector, line: Line, why: str) -> IDelayedCall:
        line.refusals += 1
        return line.clock.callLater(line.pause(), connector._again)

    # The states.
    Disconnected = machine.state("Disconnected")
    Requesting = machine.state("Requesting")
    Connected = machine.state("Connected")
    Pausing = machine.state("Pausing", rest)
    Over = machine.state("Over")

    # The network repeats itself, is late, and talks to the dead.
    for state in (Requesting, Connected, Over):
        state.upon(up.came).loop().returns(None)
    for state in (Disconnected, Over):
        state.upon(up.went).loop().returns(None)
        state.upon(up.accepted).loop().returns(None)
        state.upon(up.refused).loop().returns(None)
    Connected.upon(up.accepted).loop().returns(None)
    Connected.upon(up.refused).loop().returns(None)
    Pausing.upon(up.came, nodata=True).loop().returns(None)
    Pausing.upon(up.accepted, nodata=True).loop().returns(None)
    Pausing.upon(up.refused, nodata=True).loop().returns(None)
    Over.upon(up.dismiss).loop().returns(None)

    # Moves that do something.
    @Disconnected.upon(up.came).to(Requesting)
    def ask(connector: SupplierConnector, line: Line) -> None:
        line.request()

    @Pausing.upon(up._again, nodata=True).to(Requesting)
    def ask_again(connector: SupplierConnector, line: Line) -> None:
        line.request()

    @Requesting.upon(up.accepted).to(Connected)
    def connected(connector: SupplierConnector, line: Line) -> None:
        line.refusals = 0
        line.changed("connected")

    @Requesting.upon(up.refused).to(Pausing)
    def refused(connector: SupplierConnector, line: Line, why: str) -> None:
        line.changed(why)

    @Requesting.upon(up.went).to(Disconnected)
    @Connected.upon(up.went).to(Disconnected)
    def away(connector: SupplierConnector, line: Line) -> None:
        line.changed("away")

    @Pausing.upon(up.went).to(Disconnected)
    def away_while_pausing(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        timer.cancel()
        line.changed("away")

    @Disconnected.upon(up.dismiss).to(Over)
    @Requesting.upon(up.dismiss).to(Over)
    @Connected.upon(up.dismiss).to(Over)
    def dismissed(connector: SupplierConnector, line: Line) -> None:
        pass

    @Pausing.upon(up.dismiss).to(Over)
    def dismissed_while_pausing(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        timer.cancel()

    @Connected.upon(up.is_connected).loop()
    def yes(connector: SupplierConnector, line: Line) -> bool:
        return True

    @Disconnected.upon(up.is_connected).loop()
    @Requesting.upon(up.is_connected).loop()
    @Pausing.upon(up.is_connected, nodata=True).loop()
    @Over.upon(up.is_connected).loop()
    def no(connector: SupplierConnector, line: Line) -> bool:
        return False

    return machine.build()


#: make_supplier_connector(Line(...)) is a SupplierConnector, starting in Disconnected.
make_supplier_connector = _build()
