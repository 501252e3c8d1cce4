"""What fails together is not to keep too much of one customer."""

from __future__ import annotations

from bitdust.customer.networks import crowd, most_in_one, networks_of


def test_public_networks() -> None:
    """Sixteen bits of an IPv4 address, thirty-two of an IPv6 one."""
    assert networks_of(["tcp://8.8.4.4:7771", "tcp://8.8.200.1:1"]) == {"8.8.0.0/16"}
    assert networks_of(["tcp://[2a00:1450:4001::1]:7771"]) == {"2a00:1450::/32"}


def test_what_does_not_count() -> None:
    """Loopback, private addresses, names and nonsense are in no network."""
    contacts = ["tcp://127.0.0.1:1", "tcp://192.168.1.5:1", "tcp://10.0.0.1:1", "tcp://[fd00::1]:2"]
    assert networks_of([*contacts, "tcp://example.net:7", "memory://bob-1", "tcp://[", ""]) == set()


def test_how_many() -> None:
    """A third of what may be lost, and one at least."""
    assert [most_in_one(n, k) for n, k in ((2, 1), (4, 2), (7, 4), (13, 7), (64, 32))] == [1, 1, 1, 2, 10]
    assert crowd([["tcp://8.8.4.4:1", "tcp://8.8.4.5:1"], ["tcp://8.8.1.1:1"]])["8.8.0.0/16"] == 2
