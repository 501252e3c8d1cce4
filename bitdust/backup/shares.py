"""
shares -- several jobs want the same threads: the one that had least so far goes next.

By bytes, not by turns: a job with small stretches has more of them.  Whoever comes later begins where the
one who has had least is now: what was done before him he can neither claim nor be charged with.  A job that
waits for something else is not waited for.
"""

from __future__ import annotations

from itertools import count

from twisted.internet.defer import Deferred, succeed


class Share:
    """One job's part in it."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self.had = 0

    def take(self, size: int) -> Deferred[None]:
        """Fires when so many bytes may be worked on; then `give` the place back.  Cancelling gives up."""
        return self._shares._take(self, size)

    def give(self) -> None:
        """The work is done."""
        self._shares._give()


class Shares:
    """
    @param places: how many may work at a time.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Share, int, int, Deferred[None]]] = []
        self._numbers = count()
        #: what the job had that was served last
        self._now = 0

    def join(self) -> Share:
        """A job that begins."""
        return Share(self)

    def _take(self, share: Share, size: int) -> Deferred[None]:
        # Who has rested does not catch up: the others have not had too much, he had no use for it.
        share.had = max(share.had, self._now)
        if self._free:
            self._free -= 1
            self._serve(share, size)
            return succeed(None)
        waiting: Deferred[None] = Deferred(lambda _: self._forget(waiting))
        self._waiting.append((share, next(self._numbers), size, waiting))
        return waiting

    def _give(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        first = min(self._waiting, key=lambda each: (each[0].had, each[1]))
        self._waiting.remove(first)
        share, _, size, waiting = first
        self._serve(share, size)
        waiting.callback(None)

    def _serve(self, share: Share, size: int) -> None:
        self._now = share.had
        share.had += size

    def _forget(self, waiting: Deferred[None]) -> None:
        self._waiting = [each for each in self._waiting if each[3] is not waiting]
