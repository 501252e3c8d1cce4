"""How much one stranger may ask for."""

from twisted.internet.task import Clock

from bitdust import meter
from bitdust.meter import Meter, household


def test_it_fills_again():
    """Three at once, then one every twenty seconds; others are not concerned."""
    clock = Clock()
    metered = Meter(clock, 3, 60)
    assert [metered.allows("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert metered.allows("192.0.2.2")
    clock.advance(20)
    assert [metered.allows("192.0.2.1") for _ in range(2)] == [True, False]
    clock.advance(10_000)
    assert [metered.allows("192.0.2.1") for _ in range(4)] == [True, True, True, False]


def test_a_network_is_one_stranger():
    """The addresses of one IPv6 /64 count together."""
    metered = Meter(Clock(), 1, 60)
    assert metered.allows("2001:db8::1")
    assert not metered.allows("2001:db8::2")
    assert metered.allows("2001:db8:0:1::1")


def test_who_counts_as_one():
    """An IPv4 address however it is written, a /64, and whatever is no address."""
    assert household("2001:db8::1") == household("2001:db8::2:3") == "2001:db8::"
    assert household("::ffff:192.0.2.1") == household("192.0.2.1") == "192.0.2.1"
    assert household("b" * 52) == "b" * 52


def test_memory_is_bounded(monkeypatch):
    """Of too many addresses the one silent longest is forgotten."""
    monkeypatch.setattr(meter, "MAX_ADDRESSES", 2)
    metered = Meter(Clock(), 1, 60)
    for address in ("a", "b", "c"):
        assert metered.allows(address)
    assert not metered.allows("c")
    assert metered.allows("a")
