"""Which addresses carry how far."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from bitdust.reach.scopes import Scope, neighbourhood, scope_of, scope_of_contact


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("0.0.0.0", Scope.NOBODY), ("224.0.0.1", Scope.NOBODY), ("255.255.255.255", Scope.NOBODY),
        ("::", Scope.NOBODY), ("ff02::1", Scope.NOBODY),
        ("127.0.0.1", Scope.MACHINE), ("::1", Scope.MACHINE),
        ("10.1.0.2", Scope.NETWORK), ("172.31.255.1", Scope.NETWORK), ("192.168.178.20", Scope.NETWORK),
        ("100.64.1.1", Scope.NETWORK), ("169.254.1.1", Scope.NETWORK), ("fe80::1", Scope.NETWORK),
        ("fd00::2", Scope.NETWORK),
        ("203.0.113.1", Scope.WORLD), ("8.8.8.8", Scope.WORLD), ("2001:db8::1", Scope.WORLD),
    ],
)  # fmt: skip
def test_scopes(address: str, scope: Scope) -> None:
    """Of every kind one."""
    assert scope_of(ip_address(address)) is scope


def test_a_name_is_for_everybody() -> None:
    """Its owner has set it."""
    assert scope_of_contact("home.example") is Scope.WORLD
    assert scope_of_contact("10.0.0.1") is Scope.NETWORK


def test_neighbours() -> None:
    """One /16, one house and one machine are one each."""
    assert neighbourhood(ip_address("203.0.113.1")) == neighbourhood(ip_address("203.0.7.9"))
    assert neighbourhood(ip_address("203.0.113.1")) != neighbourhood(ip_address("203.1.113.1"))
    assert neighbourhood(ip_address("10.0.0.1")) == neighbourhood(ip_address("192.168.0.1"))
    assert neighbourhood(ip_address("2001:db8:1::1")) == neighbourhood(ip_address("2001:db8:2::1"))
    assert neighbourhood(ip_address("127.0.0.1")) != neighbourhood(ip_address("10.0.0.1"))
