"""
Who has reached us where, and who has tried in vain.

A proof is that somebody came in, or dialled when he was asked to.  It says nothing for ever: routers are
restarted, and rules change.
"""

from __future__ import annotations

from bitdust.reach.scopes import Address, Scope, neighbourhood, scope_of

#: seconds that an attempt says something
LASTS = 2 * 3600.0
#: neighbourhoods that must have tried in vain, and none with success, before a contact is given up
ENOUGH = 2
#: contacts that are remembered, the latest
MOST = 64


class Proofs:
    """The attempts of others at our contacts, the last of each neighbourhood."""

    def __init__(self) -> None:
        self._tried: dict[str, dict[str, tuple[bool, Scope, float]]] = {}

    def add(self, contact: str, by: Address, reached: bool, now: float) -> None:
        """Somebody at that address has reached us there, or has not."""
        attempts = self._tried.pop(contact, {})
        attempts[neighbourhood(by)] = (reached, scope_of(by), now)
        self._tried[contact] = attempts
        if len(self._tried) > MOST:
            del self._tried[next(iter(self._tried))]

    def clear(self) -> None:
        """The network is another one."""
        self._tried.clear()

    def reached(self, contact: str, now: float) -> bool:
        """Has somebody?"""
        return any(reached for reached, _ in self._of(contact, now))

    def refuted(self, contact: str, now: float) -> bool:
        """Have several tried in vain, and nobody with success?"""
        attempts = self._of(contact, now)
        return len(attempts) >= ENOUGH and not any(reached for reached, _ in attempts)

    def widest(self, now: float) -> tuple[Scope, Scope]:
        """From how far somebody has come in, and from how far somebody has tried in vain."""
        attempts = [each for contact in self._tried for each in self._of(contact, now)]
        reached = max((scope for reached, scope in attempts if reached), default=Scope.NOBODY)
        failed = max((scope for reached, scope in attempts if not reached), default=Scope.NOBODY)
        return reached, failed

    def _of(self, contact: str, now: float) -> list[tuple[bool, Scope]]:
        return [
            (reached, scope)
            for reached, scope, at in self._tried.get(contact, {}).values()
            if now - at <= LASTS
        ]
