"""What the one UDP socket makes of a system that does not take what it sends."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from twisted.internet.task import Clock

from bitdust.transport.udp.socket import AGAIN, Address, Datagram, Socket

PLACE = ("192.0.2.9", 7000)
#: what goes out with one call where the system cuts
RUN: list[Datagram] = [(bytes([number]) * 1200, PLACE) for number in range(5)]


class System:
    """Takes what is sent, or answers with `trouble`; counts the calls."""

    def __init__(self) -> None:
        self.trouble = 0
        #: it complains only of batches
        self.of_batches = False
        self.calls = 0
        self.sent: list[bytes] = []

    def getHandle(self) -> System:
        return self

    def setsockopt(self, *_: object) -> None:
        pass

    def sendmsg(self, data: list[bytes], cut: Any, flags: int, address: Address) -> None:
        self._take(data, self.trouble)

    def sendto(self, data: bytes, address: Address) -> None:
        self._take([data], 0 if self.of_batches else self.trouble)

    def _take(self, data: list[bytes], trouble: int) -> None:
        self.calls += 1
        if trouble:
            raise OSError(trouble, "refused")
        self.sent += data


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def wire(clock: Clock, system: System) -> Socket:
    made = Socket(clock, lambda _: None)
    made.transport = system  # type: ignore[assignment]
    made.startProtocol()
    return made


def calls(wire: Socket, system: System) -> int:
    """System calls that sending the run takes now; all of it goes out."""
    system.calls, system.sent = 0, []
    wire.send(RUN)
    assert system.sent == [data for data, _ in RUN]
    return system.calls


@pytest.mark.parametrize("trouble", [errno.ENETUNREACH, errno.EACCES, errno.EPERM])
def test_a_network_that_was_away(wire: Socket, system: System, trouble: int) -> None:
    """Where nothing can be sent for a while, many datagrams go out with one call as before afterwards."""
    system.trouble = trouble
    wire.send(RUN)
    assert system.calls == 1
    system.trouble = 0
    assert calls(wire, system) == 1


@pytest.mark.parametrize("trouble", [errno.EINVAL, errno.EIO, errno.EOPNOTSUPP, errno.ENOPROTOOPT])
def test_a_system_that_cannot_cut(wire: Socket, system: System, clock: Clock, trouble: int) -> None:
    """It is not asked each time, nothing is lost, and after a minute it is asked again."""
    system.trouble, system.of_batches = trouble, True
    assert calls(wire, system) == 1 + len(RUN)
    assert calls(wire, system) == len(RUN)
    system.trouble = 0
    assert calls(wire, system) == len(RUN)
    clock.advance(AGAIN)
    assert calls(wire, system) == 1


def test_a_narrow_way(wire: Socket, system: System) -> None:
    """Datagrams too long for one way go there one by one, and what goes elsewhere bears nothing of it."""
    system.trouble, system.of_batches = errno.EMSGSIZE, True
    assert calls(wire, system) == 1 + len(RUN)
    system.trouble = 0
    assert calls(wire, system) == 1


def test_nobody_at_an_impossible_place(wire: Socket, system: System) -> None:
    """Where not even one datagram can be sent, as to port 0, nothing is learnt of the system."""
    system.trouble = errno.EINVAL
    wire.send(RUN)
    system.trouble = 0
    assert calls(wire, system) == 1
