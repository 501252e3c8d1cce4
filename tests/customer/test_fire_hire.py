"""Whom to take on, driven by hand and by hypothesis."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from twisted.internet.task import Clock

from bitdust.customer.fire_hire import FIRST_PAUSE, LONGEST_PAUSE, Staff, make_fire_hire
from bitdust.machines import Machines, cells

STATES = {"Resting", "Deciding", "Hiring", "Pausing", "Over"}
FROM_OUTSIDE = {"restart", "stop"}


class Office:
    """A machine, its empty seats, and the search it has begun."""

    def __init__(self, vacant: int = 0) -> None:
        self.clock = Clock()
        self.vacant = vacant
        self.said: list[str] = []
        self.search: tuple[Callable[[], None], Callable[[], None]] | None = None
        self.staff = Staff(
            clock=self.clock,
            vacant=lambda: self.vacant > 0,
            search=self._search,
            finished=lambda: self.said.append("finished"),
            short=lambda: self.said.append("short"),
        )
        self.machine = make_fire_hire(self.staff)
        self.row = Machines().watch(self.machine, "fire_hire")

    def _search(self, hired: Callable[[], None], nobody: Callable[[], None]) -> None:
        assert self.search is None, "one search at a time"
        self.said.append("search")
        self.search = hired, nobody

    def found(self) -> None:
        assert self.search is not None
        (hired, _), self.search = self.search, None
        self.vacant -= 1
        hired()

    def nobody(self) -> None:
        assert self.search is not None
        (_, nobody), self.search = self.search, None
        nobody()

    def hear(self, words: str) -> None:
        for word in words.split():
            match word:
                case "restart" | "stop":
                    getattr(self.machine, word)()
                case "found" | "nobody":
                    getattr(self, word)()
                case "vacancy":
                    self.vacant += 1
                case _:
                    self.clock.advance(float(word))


@pytest.mark.parametrize(
    ("vacant", "inputs", "state", "said"),
    [
        (0, "", "Resting", ""),
        (0, "restart", "Resting", "finished"),
        (0, "restart restart", "Resting", "finished finished"),
        (1, "restart", "Hiring", "search"),
        (1, "restart found", "Resting", "search finished"),
        (2, "restart found", "Hiring", "search search"),
        (2, "restart found found", "Resting", "search search finished"),
        (1, "restart nobody", "Pausing", "search short"),
        (1, "restart nobody 1.9", "Pausing", "search short"),
        (1, "restart nobody 2", "Hiring", "search short search"),
        (1, "restart nobody restart", "Hiring", "search short search"),
        (1, "restart nobody 2 nobody 3.9", "Pausing", "search short search short"),
        (1, "restart nobody 2 nobody 4 found", "Resting", "search short search short search finished"),
        (1, "restart nobody 2 restart nobody 2", "Hiring", "search short search short search"),
        (1, "restart restart vacancy found", "Hiring", "search search"),
        (0, "stop", "Over", ""),
        (0, "stop stop restart", "Over", ""),
        (1, "restart stop found", "Over", "search"),
        (1, "restart stop nobody", "Over", "search"),
        (1, "restart nobody stop 600", "Over", "search short"),
    ],
)
def test_moves(vacant: int, inputs: str, state: str, said: str) -> None:
    """After these inputs it is there, and did that; only a pause ticks."""
    office = Office(vacant)
    office.hear(inputs)
    assert (office.row.state, " ".join(office.said)) == (state, said)
    assert len(office.clock.getDelayedCalls()) == (state == "Pausing")


def test_everything_from_outside_is_foreseen() -> None:
    """The user and the node may speak at any time, and a search that nobody waits for may end."""
    foreseen = set(cells(Office().machine))
    assert {(state, each) for state in STATES for each in FROM_OUTSIDE} <= foreseen
    assert {("Over", "_hired"), ("Over", "_nobody"), ("Pausing", "_again")} <= foreseen


def test_pauses_grow_to_ten_minutes_and_no_further() -> None:
    """A search that finds nobody for weeks goes on every ten minutes."""
    office = Office(1)
    office.hear("restart")
    pauses = []
    for _ in range(1200):
        office.nobody()
        (timer,) = office.clock.getDelayedCalls()
        pauses.append(timer.getTime() - office.clock.seconds())
        office.clock.advance(pauses[-1])
    assert pauses[:3] == pytest.approx([FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE)


def test_a_success_makes_the_pauses_short_again() -> None:
    """Where one was found, another may be."""
    office = Office(2)
    office.hear("restart nobody 2 nobody 4 nobody 8 found nobody")
    assert office.clock.getDelayedCalls()[0].getTime() - office.clock.seconds() == FIRST_PAUSE


def test_a_search_may_end_at_once() -> None:
    """Answers in the middle of the call that began the search are understood."""
    seats = [None, None]
    said: list[str] = []

    def search(hired: Callable[[], None], nobody: Callable[[], None]) -> None:
        seats.pop()
        hired()

    machine = make_fire_hire(
        Staff(Clock(), lambda: bool(seats), search, lambda: said.append("finished"), lambda: None)
    )
    machine.restart()
    assert said == ["finished"]
    assert seats == []


class AnyOrder(RuleBasedStateMachine):
    """Seats become empty, searches end, time passes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office()
        self.over = False

    @rule()
    def restart(self) -> None:
        self.office.hear("restart")

    @rule()
    def somebody_is_let_go(self) -> None:
        self.office.hear("vacancy restart")

    @precondition(lambda self: self.office.search is not None)
    @rule(word=st.sampled_from(["found", "nobody"]))
    def the_search_ends(self, word: str) -> None:
        self.office.hear(word)

    @rule(seconds=st.floats(0, 700))
    def time_passes(self, seconds: float) -> None:
        self.office.clock.advance(seconds)

    @rule()
    def stop(self) -> None:
        self.over = True
        self.office.hear("stop")

    @invariant()
    def an_empty_seat_is_searched_for_or_will_be(self) -> None:
        if self.office.vacant and not self.over:
            assert self.office.search or self.office.clock.getDelayedCalls()

    @invariant()
    def at_most_one_timer(self) -> None:
        assert len(self.office.clock.getDelayedCalls()) <= (0 if self.over else 1)


TestAnyOrder = AnyOrder.TestCase
