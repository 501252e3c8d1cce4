"""
supplier_connector -- our line to one supplier.

::

    Disconnected --came--> Requesting --accepted--> Connected
       ^  ^  ^               |  ^  |                 |    ^
       |  |  '----- went ----'  |  '-refused-.       |    |
       |  |                  _again          v       |    |
       |  '------ went -------- '--------- Pausing --|----' accepted
       '----------------------------- went ----------'
                                     dismiss, from anywhere: Over

One stands behind every supplier who holds, or shall hold, our pieces.  Each time he comes online he is asked
again for the space we need: his contract is renewed, and he hears of our epoch before he hears anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachine, TypeMachineBuilder
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

    # from our own timer
    def _again(self) -> None:
        """The pause is over."""

    #: May a piece be sent there right now?  A question and no input, since Automat answers none in the middle
    #: of a move, and whoever hears `changed` asks this at once.
    is_connected: Callable[[], bool]


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
    connected: bool = False

    def pause(self) -> float:
        """Seconds until the next request."""
        # The exponent is bounded: who refuses for months would overflow a float.
        return min(FIRST_PAUSE * 2.0 ** min(self.refusals - 1, 30), LONGEST_PAUSE)


def _build() -> TypeMachine[SupplierConnector, Line]:
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
    # We ask nothing while we are connected: this answers a question from before.
    Connected.upon(up.refused).loop().returns(None)
    Pausing.upon(up.came, nodata=True).loop().returns(None)
    Pausing.upon(up.refused, nodata=True).loop().returns(None)
    Over.upon(up.dismiss).loop().returns(None)

    # Moves that do something.
    @Disconnected.upon(up.came).to(Requesting)
    def ask(connector: SupplierConnector, line: Line) -> None:
        line.request()

    @Pausing.upon(up._again).to(Requesting)
    def ask_again(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        line.request()

    @Requesting.upon(up.accepted).to(Connected)
    def connected(connector: SupplierConnector, line: Line) -> None:
        line.refusals = 0
        line.connected = True
        line.changed("connected")

    # The refusal was the late answer to an earlier request.
    @Pausing.upon(up.accepted).to(Connected)
    def connected_after_all(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        timer.cancel()
        connected(connector, line)

    @Requesting.upon(up.refused).to(Pausing)
    def refused(connector: SupplierConnector, line: Line, why: str) -> None:
        line.changed(why)

    @Requesting.upon(up.went).to(Disconnected)
    @Connected.upon(up.went).to(Disconnected)
    def away(connector: SupplierConnector, line: Line) -> None:
        line.connected = False
        line.changed("away")

    @Pausing.upon(up.went).to(Disconnected)
    def away_while_pausing(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        timer.cancel()
        line.changed("away")

    @Disconnected.upon(up.dismiss).to(Over)
    @Requesting.upon(up.dismiss).to(Over)
    @Connected.upon(up.dismiss).to(Over)
    def dismissed(connector: SupplierConnector, line: Line) -> None:
        line.connected = False

    @Pausing.upon(up.dismiss).to(Over)
    def dismissed_while_pausing(connector: SupplierConnector, line: Line, timer: IDelayedCall) -> None:
        timer.cancel()

    return machine.build()


#: the table of its moves
supplier_connector = _build()


def make_supplier_connector(line: Line) -> SupplierConnector:
    """A line, starting in Disconnected."""
    connector = supplier_connector(line)
    connector.is_connected = lambda: line.connected
    return connector
