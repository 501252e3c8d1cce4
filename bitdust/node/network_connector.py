"""
network_connector -- how do others come to this node?

    AtStartup --start--> Disconnected --linked--> Wondering --directly--> Reachable
                              ^                     |  |  '----inside---> Inside
                              |                     |  '------relayed---> Relayed
                              |                     '-----unreached-----> Unreachable
                              '--unlinked-- any of these; directly, inside, relayed, unreached, unknown: each
                                            to any other; changed: back to Wondering; stop: Over

It believes what others have shown (`reach.standpoint`), and says so; whoever decides what follows from that
is `reachability`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder


class NetworkConnector(Protocol):
    """What can happen to our place in the network: its inputs."""

    # from the node
    def start(self) -> None:
        """We listen."""

    def stop(self) -> None:
        """We listen no more."""

    # from the wire
    def linked(self) -> None:
        """The first link to another node is up."""

    def unlinked(self) -> None:
        """The last one is gone."""

    # from what is known of our standpoint
    def directly(self) -> None:
        """Somebody from outside came in."""

    def inside(self) -> None:
        """Somebody from this network or machine did, and nobody from outside has tried."""

    def relayed(self) -> None:
        """A relay takes calls for us."""

    def unreached(self) -> None:
        """They tried, in vain."""

    def unknown(self) -> None:
        """Nobody has shown anything."""

    # from the machine under us
    def changed(self) -> None:
        """It has other addresses now, or has slept: what was known is not known any more."""


@dataclass
class Asking:
    """
    Whom the machine tells.

    @param ask: have others try to reach us.
    """

    ask: Callable[[], None]


def _build() -> Callable[[Asking], NetworkConnector]:
    machine = TypeMachineBuilder(NetworkConnector, Asking)
    up = NetworkConnector

    AtStartup = machine.state("AtStartup")
    Disconnected = machine.state("Disconnected")
    Wondering = machine.state("Wondering")
    Reachable = machine.state("Reachable")
    Inside = machine.state("Inside")
    Relayed = machine.state("Relayed")
    Unreachable = machine.state("Unreachable")
    Over = machine.state("Over")

    linked = (Wondering, Reachable, Inside, Relayed, Unreachable)
    verdicts = {
        up.directly: Reachable,
        up.inside: Inside,
        up.relayed: Relayed,
        up.unreached: Unreachable,
        up.unknown: Wondering,
    }

    AtStartup.upon(up.start).to(Disconnected).returns(None)
    for state in linked:
        state.upon(up.linked).loop().returns(None)
        state.upon(up.unlinked).to(Disconnected).returns(None)
        for verdict, its_state in verdicts.items():
            state.upon(verdict).to(its_state).returns(None)

    # Whoever is alone is told nothing, and asks nobody.
    Disconnected.upon(up.unlinked).loop().returns(None)
    Disconnected.upon(up.changed).loop().returns(None)
    for verdict in verdicts:
        Disconnected.upon(verdict).loop().returns(None)

    for state in (AtStartup, Disconnected, *linked, Over):
        state.upon(up.stop).to(Over).returns(None)
    for late in (up.linked, up.unlinked, up.changed, *verdicts):
        Over.upon(late).loop().returns(None)

    @Disconnected.upon(up.linked).to(Wondering)
    @Wondering.upon(up.changed).to(Wondering)
    @Reachable.upon(up.changed).to(Wondering)
    @Inside.upon(up.changed).to(Wondering)
    @Relayed.upon(up.changed).to(Wondering)
    @Unreachable.upon(up.changed).to(Wondering)
    def wonder(connector: NetworkConnector, asking: Asking) -> None:
        asking.ask()

    return machine.build()


#: make_network_connector(Asking(...)) is a NetworkConnector, starting in AtStartup.
make_network_connector = _build()
