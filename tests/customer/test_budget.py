"""The transfer budget: never more than the limit, restores first, nothing lost by who gives up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError

from bitdust.customer.budget import Budget
from bitdust.wire.packets import Priority


def test_waits_until_there_is_room() -> None:
    """What fits is given at once, what does not waits for its turn."""
    budget = Budget(lambda: 100)
    assert budget.take(60, Priority.BACKUP).called
    second = budget.take(60, Priority.BACKUP)
    assert not second.called
    budget.give(60)
    assert second.called
    assert budget.used == 60


def test_restores_go_first() -> None:
    """A restore that waits is served before backups that waited longer; later wishes do not pass by."""
    budget = Budget(lambda: 100)
    budget.take(100, Priority.BACKUP)
    backup = budget.take(50, Priority.BACKUP)
    restore = budget.take(80, Priority.RESTORE)
    small = budget.take(1, Priority.REPAIR)
    budget.give(100)
    assert restore.called
    assert not backup.called
    assert not small.called
    budget.give(80)
    assert backup.called
    assert small.called


def test_larger_than_all_of_it_passes_alone() -> None:
    """A stretch larger than the limit is not refused for ever."""
    budget = Budget(lambda: 10)
    assert budget.take(50, Priority.BACKUP).called
    other = budget.take(1, Priority.BACKUP)
    assert not other.called
    budget.give(50)
    assert other.called


def test_who_gives_up_takes_nothing() -> None:
    """A cancelled wish holds nobody up and holds nothing."""
    budget = Budget(lambda: 100)
    budget.take(100, Priority.BACKUP)
    gone, stays = budget.take(50, Priority.RESTORE), budget.take(50, Priority.BACKUP)
    gone.addErrback(lambda failure: failure.trap(CancelledError))
    gone.cancel()
    budget.give(100)
    assert stays.called
    assert budget.used == 50


WISHES = st.tuples(st.integers(1, 150), st.sampled_from(list(Priority)), st.booleans())


@given(st.lists(WISHES, max_size=40))
def test_any_order(wishes: list[tuple[int, Priority, bool]]) -> None:
    """Never above the limit but alone, and everybody is served in the end."""
    budget = Budget(lambda: 100)
    held: list[int] = []
    served = 0
    for size, priority, give in wishes:
        budget.take(size, priority).addCallback(lambda _, size=size: held.append(size))
        assert budget.used == sum(held)
        assert budget.used <= 100 or len(held) == 1
        if give and held:
            served += 1
            budget.give(held.pop(0))
    while held:
        served += 1
        budget.give(held.pop(0))
    assert served == len(wishes)
    assert budget.used == 0
