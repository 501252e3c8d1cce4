"""Bytes straight into the socket: whatever it takes at once, all of them come, in order, each once."""

from __future__ import annotations

import socket

import pytest
from twisted.internet import main
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.tcp import Connection
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from bitdust.transport.tcp.straight import StraightPump
from bitdust.transport.tls import DeviceTls
from tests.transport.people import person


class Road(Connection):
    """Twisted's own connection, on a socket of which the test decides how much it takes."""

    def __init__(self, takes: list[int | BaseException]) -> None:
        near, self.far = socket.socketpair()
        super().__init__(near, Protocol(), _NoReactor())
        self.connected = 1
        self.takes = takes

    def writeSomeData(self, data: bytes) -> int | BaseException:
        take = self.takes.pop(0) if self.takes else len(data)
        if isinstance(take, BaseException):
            return take
        return super().writeSomeData(bytes(data[:take]))

    def close(self) -> bytes:
        """All that came at the other end."""
        self.socket.close()
        self.far.settimeout(5)
        with self.far:
            return b"".join(iter(lambda: self.far.recv(65536), b""))


@implementer(IPushProducer)
class _Link:
    """What is told to pause and to go on."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class _NoReactor:
    def addWriter(self, _writer: object) -> None: ...

    def removeWriter(self, _writer: object) -> None: ...


def pump(road: Road) -> StraightPump:
    tls = DeviceTls(person("alice").device)
    made = StraightPump(TLSMemoryBIOFactory(tls, False, Protocol, Clock()), Protocol(), tls.records)
    made.transport = road
    return made


@pytest.mark.parametrize("takes", [[], [0], [3], [3, 4], [0, 1, 0]])
def test_all_comes_in_order(takes: list[int]) -> None:
    road = Road([*takes])
    sender = pump(road)
    for part in (b"first ", b"second ", b"third"):
        sender.hand_on(memoryview(bytearray(part)))
    while road.dataBuffer or road._tempDataLen:
        assert road.doWrite() is None
    assert road.close() == b"first second third"


def test_the_link_pauses_as_soon_as_something_waits() -> None:
    road, link = Road([3]), _Link()
    road.registerProducer(link, True)
    sender = pump(road)
    sender.hand_on(memoryview(b"first "))
    assert link.told == ["pause"]
    sender.hand_on(memoryview(b"second"))
    assert link.told == ["pause"]
    while road.dataBuffer or road._tempDataLen:
        assert road.doWrite() is None
    assert link.told == ["pause", "resume"]
    assert road.close() == b"first second"


def test_what_is_given_can_be_used_again_at_once() -> None:
    road = Road([2])
    space = bytearray(b"before")
    pump(road).hand_on(memoryview(space))
    space[:] = b"behind"
    assert road.doWrite() is None
    assert road.close() == b"before"


def test_a_broken_connection_is_left_to_the_reactor() -> None:
    road = Road([main.CONNECTION_LOST, main.CONNECTION_LOST])
    pump(road).hand_on(memoryview(b"never"))
    assert road.doWrite() is main.CONNECTION_LOST
    assert road.close() == b""


def test_a_connection_that_is_over_takes_nothing() -> None:
    road = Road([])
    road.connected = 0
    pump(road).hand_on(memoryview(b"never"))
    assert road.close() == b""
