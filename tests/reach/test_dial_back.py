"""T38: nobody is made to send others what they did not ask for."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from bitdust.errors import Timeout, TryLater, Usage
from bitdust.reach.dial_back import ALL, EACH, DialBacks
from bitdust.transport.interface import Expected
from bitdust.wire.packets import DialBack, DialledBack
from bitdust.world import spawn

from .people import Link

HERE = "tcp://192.0.2.7:7771"


class Road:
    """Notes who is dialled; he answers at one contact."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, Expected]] = []

    def dial(self, contact: str, expected: Expected) -> Deferred[Any]:
        self.dialled.append((contact, expected))
        return succeed(None) if contact == HERE else fail(Timeout(contact))


class Answerer:
    """A node that is asked."""

    def __init__(self) -> None:
        self.clock, self.road = Clock(), Road()
        self.answers = DialBacks(self.clock, {"tcp": self.road, "udp": self.road})  # type: ignore[dict-item]

    def ask(self, *contacts: str, who: str = "ann", place: str = "192.0.2.7:5", direct: bool = True) -> Any:
        link = Link(who, place, "")
        link.direct = direct
        got: list[Any] = []
        spawn(self.answers.answer(link, DialBack(contacts))).addBoth(got.append)  # type: ignore[arg-type]
        if hasattr(got[0], "raiseException"):
            got[0].raiseException()
        return got[0]


def test_it_is_said_where_he_answered() -> None:
    """He alone, by his device keys, each contact once, and without a word."""
    bob = Answerer()
    asked = (HERE, "udp://192.0.2.7:7772", HERE, "carrier-pigeon://192.0.2.7:7773")
    assert bob.ask(*asked) == DialledBack((HERE,))
    assert [contact for contact, _ in bob.road.dialled] == [HERE, "udp://192.0.2.7:7772"]
    wanted = Expected("ann", frozenset({b"ann"}), glance=True)
    assert {expected for _, expected in bob.road.dialled} == {wanted}


@pytest.mark.parametrize(
    "contact",
    [
        "tcp://192.0.2.8:7771", "tcp://victim.example:7771", "tcp://127.0.0.1:7771", "tcp://192.0.2.7:22",
        "tcp://[2001:db8::1]:7771", "tcp://192.0.2.7", "tcp://192.000.2.7:7771", "nonsense", "", "x" * 256,
    ],
)  # fmt: skip
def test_only_the_asker_is_dialled(contact: str) -> None:
    """T38: not others, not by a name, and not the services of his machine; then nothing is dialled at all."""
    bob = Answerer()
    with pytest.raises(Usage):
        bob.ask(HERE, contact)
    assert bob.road.dialled == []


@pytest.mark.parametrize(("place", "direct"), [("", True), ("192.0.2.7:1", False)])
def test_over_a_relay_nobody_has_an_address(place: str, direct: bool) -> None:
    """Who asks over a relay is not dialled."""
    bob = Answerer()
    with pytest.raises(Usage):
        bob.ask(HERE, place=place, direct=direct)


def test_not_so_often() -> None:
    """T38: each asker, and all together."""
    bob = Answerer()
    for _ in range(EACH):
        bob.ask(HERE)
    with pytest.raises(TryLater):
        bob.ask(HERE)
    bob.clock.advance(3600.0)
    for number in range(ALL):
        bob.ask(HERE, who=f"sybil{number}")
    with pytest.raises(TryLater):
        bob.ask(HERE, who="one more")
    assert len(bob.road.dialled) == EACH + ALL
