"""How what a link says goes through the link to the relay: in which haste, and how much of it waits there."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.transport.relay.circuit import YIELDING, Circuit
from bitdust.wire.packets import Priority


class Carrying:
    """An exchange with a relay that hands on when told so."""

    def __init__(self) -> None:
        self.writing: list[tuple[bytes, Deferred[None]]] = []
        self.haste = Priority.RESTORE

    def write(self, data: bytes) -> Deferred[None]:
        self.writing.append((data, Deferred()))
        return self.writing[-1][1]

    def rank(self, priority: Priority) -> None:
        self.haste = priority

    def hand_on(self) -> bytes:
        data, written = self.writing.pop(0)
        written.callback(None)
        return data

    def reset(self, why: str) -> None:
        return


class Scene:
    def __init__(self) -> None:
        self.exchange = Carrying()
        exchange: Any = self.exchange
        self.circuit = Circuit(exchange, Clock(), 2**40)
        self.asked = 0
        self.circuit.more = self.more

    def more(self) -> None:
        self.asked += 1

    def say(self, haste: Priority, data: bytes) -> None:
        self.circuit.haste = haste
        self.circuit.write(data)


def test_it_is_carried_in_its_own_haste() -> None:
    """T63: a backup inside goes like a backup, repair like repair, and a question like a restore."""
    for inside in Priority:
        scene = Scene()
        scene.say(inside, b"what it says")
        assert scene.exchange.haste == max(Priority.RESTORE, inside)


def test_what_is_in_a_hurry_takes_along_what_waits_before_it() -> None:
    """Bytes stay in order; behind it a backup is a backup again."""
    scene = Scene()
    scene.say(Priority.BACKUP, b"piece")
    scene.say(Priority.BACKUP, b"more")
    assert scene.exchange.haste == Priority.BACKUP
    scene.say(Priority.CONTROL, b"!")
    assert scene.exchange.haste == Priority.RESTORE
    assert scene.exchange.hand_on() == b"piece"
    assert scene.exchange.haste == Priority.RESTORE
    scene.say(Priority.BACKUP, b"and more")
    assert scene.exchange.hand_on() == b"more!"
    assert scene.exchange.haste == Priority.BACKUP


def test_little_of_a_backup_waits_here() -> None:
    """The rest waits in the link, where whatever has more haste goes before it; it is asked for in time."""
    scene = Scene()
    assert scene.circuit.room() == YIELDING
    scene.say(Priority.BACKUP, bytes(YIELDING - 10))
    assert (scene.circuit.room(), scene.asked) == (10, 0)
    scene.say(Priority.BACKUP, bytes(100))
    assert scene.circuit.room() == 0
    scene.exchange.hand_on()
    assert scene.asked == 1
    assert scene.circuit.room() == YIELDING - 100
