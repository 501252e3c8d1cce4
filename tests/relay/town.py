"""A town where one carries, and nobody else can be dialled; its clock is turned by hand."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bitdust.errors import Refused
from bitdust.transport.interface import IExchange
from bitdust.transport.memory import Network
from bitdust.wire.packets import Join, Joined, Knock, Priority, Reserve
from bitdust.world import spawn
from tests.heap_clock import HeapClock
from tests.relay.parties import Party, a_relay
from tests.transport.people import Person, person, seeded

RITA = person("rita")


class Town:
    """Rita carries; the others are hidden."""

    def __init__(self, own: str = "", routes: int = 20) -> None:
        self.clock = HeapClock()
        self.network = Network(self.clock, seeded("network"))
        friends = {person(name).document.fingerprint for name in own.split()}
        self.friends = friends
        self.rita, self.service = a_relay(self.network, RITA, own=friends.__contains__, routes=routes)
        self.parties = [self.rita]
        self.result(self.rita.start())

    def close(self) -> None:
        """Everybody stops; nothing ticks."""
        for party in self.parties:
            self.result(party.router.stop())
        assert self.clock.getDelayedCalls() == []
        assert self.service.carrying().circuits == 0

    def party(self, name: str, host: str = "") -> Party:
        """Somebody; with `host`, Rita sees him at that address."""
        party = Party(self.network, person(name))
        self.parties.append(party)
        self.result(party.start())
        party.relayed.listen(party.router._accepted)
        if host:
            self.ask(party, Reserve(False))
            link = self.rita.router.link(party.who.document.fingerprint)
            assert link is not None
            link.place = f"{host}:7771"
        return party

    def reserved(self, name: str, host: str = "") -> tuple[Party, str]:
        """Somebody with a reservation, and his contact."""
        party = self.party(name, host)
        return party, self.result(party.reserve(RITA, "memory://rita"))

    def ask(self, party: Party, question: Any) -> Any:
        party.router.hint(RITA.document.fingerprint, ["memory://rita"])
        return self.result(party.router.ask(RITA.document.fingerprint, question))

    def join(self, party: Party, to: Person) -> IExchange:
        """A circuit from the one to the other, as raw bytes."""
        party.router.hint(RITA.document.fingerprint, ["memory://rita"])
        opening = party.router.open(
            RITA.document.fingerprint, Join(to.document.fingerprint, 2**50), priority=Priority.RESTORE
        )
        return self.result(opening)

    def raw(self, party: Party) -> list[IExchange]:
        """Let this party answer knocks with nothing but Joined; the exchanges that come."""
        came: list[IExchange] = []

        async def knocked(sender: Any, packet: Knock, exchange: IExchange) -> None:
            exchange.reply(Joined(packet.terms))
            came.append(exchange)
            await Deferred()

        party.router.answer(Knock, knocked)
        return came

    def run(self, seconds: float = 0.0) -> None:
        until = self.clock.seconds() + seconds
        while self.clock.turn(until):
            pass

    def result(self, work: Any, seconds: float = 30.0) -> Any:
        work = work if isinstance(work, Deferred) else spawn(work)
        outcome: list[Any] = []
        work.addBoth(outcome.append)
        until = self.clock.seconds() + seconds
        while not outcome:
            assert self.clock.turn(until), "no result"
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]

    def refused(self, work: Any) -> str:
        with pytest.raises(Refused) as refusal:
            self.result(work)
        return refusal.value.code


class Build(Protocol):
    """Makes a town that is closed when the test is over."""

    def __call__(self, own: str = "", routes: int = 20) -> Town: ...
