"""Several jobs share what packs, by bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from bitdust.backup.shares import Share, Shares

LEAST, MOST = 40_000, 4_000_000


class Eager:
    """A job that always has another stretch, of the size that is its own."""

    def __init__(self, shares: Shares, size: int) -> None:
        self.share: Share = shares.join()
        self.size = size
        self.had = 0
        self.ready: Deferred[None] = Deferred()
        self.want()

    def want(self) -> None:
        self.ready = self.share.take(self.size)

    def work(self) -> bool:
        """One stretch, if it is its turn."""
        if not self.ready.called:
            return False
        self.had += self.size
        # It has asked for the next before it is done with this: nobody has an empty place to take.
        self.want()
        self.share.give()
        return True


def turn(jobs: list[Eager]) -> None:
    worked = [job.work() for job in jobs]
    assert any(worked)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(LEAST, MOST), min_size=2, max_size=5))
def test_they_have_the_same_bytes(sizes: list[int]) -> None:
    """However large the stretches are: nobody is ahead by more than one of the largest and one of his own."""
    shares = Shares(1)
    jobs = [Eager(shares, size) for size in sizes]
    while min(job.had for job in jobs) < 20 * max(sizes):
        turn(jobs)
    had = [job.had for job in jobs]
    assert max(had) - min(had) <= 2 * max(sizes)


def test_who_comes_later_is_neither_starved_nor_starves() -> None:
    """A job beside one that has worked for long begins at once, and takes no more than half."""
    shares = Shares(1)
    old = Eager(shares, 1000)
    for _ in range(1000):
        turn([old])
    new = Eager(shares, 1000)
    before = old.had
    for _ in range(100):
        turn([old, new])
    assert abs(new.had - (old.had - before)) <= 2000
    assert new.had >= 40_000


def test_who_gives_up_is_not_waited_for() -> None:
    """A job that is cancelled while it waits holds nobody up; nor does one that does not ask."""
    shares = Shares(1)
    first, second, third = (shares.join() for _ in range(3))
    assert first.take(10).called
    gone, waiting = second.take(10), third.take(10)
    gone.addErrback(lambda failure: None)
    gone.cancel()
    first.give()
    assert waiting.called
    third.give()
    assert first.take(10).called
