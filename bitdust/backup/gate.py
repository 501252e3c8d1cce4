"""
gate -- where a job stops while its owner wants it to rest, and where it goes on.
"""

from __future__ import annotations

from bitdust.events import Signal

#: how a task is that rests
PAUSED = "paused"


class Gate:
    """Open at first.  Whoever passes it while it is shut waits until it is opened."""

    def __init__(self) -> None:
        self._is_shut = False
        self._opened: Signal[[]] = Signal()

    @property
    def is_shut(self) -> bool:
        """Whether nobody passes now."""
        return self._is_shut

    def shut(self, shut: bool = True) -> None:
        """Shut it; or open it, and let all who wait go on."""
        was, self._is_shut = self._is_shut, shut
        if was and not shut:
            self._opened()

    async def passed(self) -> None:
        """Wait until it is open; cancelling gives up waiting."""
        while self._is_shut:
            await self._opened.next()
