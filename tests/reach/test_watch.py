"""Other addresses and sleep are noticed, and nothing else."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

from twisted.internet.task import Clock

from bitdust.reach.scopes import Address
from bitdust.reach.watch import ASLEEP, EVERY, Watch

HOME, AWAY = IPv4Address("192.168.0.9"), IPv4Address("10.8.0.3")


class Machine:
    """With addresses, a clock that can stop, and one that cannot."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.asleep = 0.0
        self.addresses: tuple[Address, ...] = (HOME,)
        self.log: list[object] = []
        self.watch = Watch(
            self.clock, lambda: 1e9 + self.clock.seconds() + self.asleep, lambda: self.addresses,
            self.log.append, self.log.append,
        )  # fmt: skip

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.advance(1.0)


def test_a_quiet_life() -> None:
    """Nothing changes: nothing is told."""
    machine = Machine()
    assert machine.watch.start() == (HOME,)
    machine.run(1000)
    assert machine.log == []
    machine.watch.stop()
    assert machine.clock.getDelayedCalls() == []


def test_other_addresses() -> None:
    """Each change once; no address at all is one, too."""
    machine = Machine()
    machine.watch.start()
    for addresses in ((AWAY,), (), (HOME, ip_address("2001:db8::9"))):
        machine.addresses = addresses
        machine.run(3 * EVERY)
    assert machine.log == [(AWAY,), (), (HOME, ip_address("2001:db8::9"))]
    machine.watch.stop()


def test_sleep_shows_on_the_wall() -> None:
    """The timer knows nothing of it (CLOCK_MONOTONIC stands still)."""
    machine = Machine()
    machine.watch.start()
    machine.run(20)
    machine.asleep += 3600.0
    machine.run(20)
    assert machine.log == [3600.0]
    machine.watch.stop()


def test_sleep_shows_by_a_late_timer() -> None:
    """Where the clock goes on, the timer is far too late."""
    machine = Machine()
    machine.watch.start()
    machine.clock.advance(EVERY + 100.0)
    assert machine.log == [100.0]
    machine.watch.stop()


def test_a_busy_moment_is_no_sleep() -> None:
    """Nor is a clock that was set back."""
    machine = Machine()
    machine.watch.start()
    machine.clock.advance(EVERY + ASLEEP - 1)
    machine.asleep -= 1e6
    machine.run(3 * EVERY)
    assert machine.log == []
    machine.watch.stop()
