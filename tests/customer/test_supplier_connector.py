"""The line to one supplier, driven by hand and by hypothesis."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.task import Clock

from bitdust.customer.supplier_connector import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Line,
    SupplierConnector,
    make_supplier_connector,
    supplier_connector,
)
from bitdust.machines import Machines, cells

STATES = {"Disconnected", "Requesting", "Connected", "Pausing", "Over"}
FROM_OUTSIDE = {"came", "went", "accepted", "refused", "dismiss"}


class Desk:
    """A line, and all that it said."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.line = Line(self.clock, lambda: self.said.append("request"), self.said.append)
        self.connector: SupplierConnector = make_supplier_connector(self.line)
        self.row = Machines().watch(self.connector, "supplier_connector(bob)")

    def hear(self, words: str) -> None:
        """Inputs by name, one after the other; a number lets so many seconds pass."""
        for word in words.split():
            if word == "refused":
                self.connector.refused("no room")
            elif word in FROM_OUTSIDE:
                getattr(self.connector, word)()
            else:
                self.clock.advance(float(word))


@pytest.mark.parametrize(
    ("inputs", "state", "said"),
    [
        ("", "Disconnected", []),
        ("came", "Requesting", ["request"]),
        ("came came", "Requesting", ["request"]),
        ("came accepted", "Connected", ["request", "connected"]),
        ("came accepted accepted", "Connected", ["request", "connected"]),
        ("came refused", "Pausing", ["request", "no room"]),
        ("came refused 5", "Requesting", ["request", "no room", "request"]),
        ("came refused 4.9", "Pausing", ["request", "no room"]),
        ("came refused came", "Pausing", ["request", "no room"]),
        ("came went", "Disconnected", ["request", "away"]),
        ("came accepted went", "Disconnected", ["request", "connected", "away"]),
        ("came refused went", "Disconnected", ["request", "no room", "away"]),
        ("came refused went 3600", "Disconnected", ["request", "no room", "away"]),
        ("came accepted went came", "Requesting", ["request", "connected", "away", "request"]),
        # answers that come too late
        ("came went accepted", "Disconnected", ["request", "away"]),
        ("came went refused", "Disconnected", ["request", "away"]),
        ("came accepted refused", "Connected", ["request", "connected"]),
        ("came went came refused accepted", "Connected",
         ["request", "away", "request", "no room", "connected"]),
        ("dismiss came went accepted refused dismiss", "Over", []),
        ("came dismiss accepted", "Over", ["request"]),
        ("came accepted dismiss went", "Over", ["request", "connected"]),
        ("came refused dismiss 3600", "Over", ["request", "no room"]),
    ],
)  # fmt: skip
def test_moves(inputs: str, state: str, said: list[str]) -> None:
    """After these inputs it is there, and said that; only a pause ticks."""
    desk = Desk()
    desk.hear(inputs)
    assert (desk.row.state, desk.said) == (state, said)
    assert desk.connector.is_connected() == (state == "Connected")
    assert len(desk.clock.getDelayedCalls()) == (state == "Pausing")


def test_everything_from_outside_is_foreseen() -> None:
    """The network repeats itself, is late, and talks to the dead: no state is surprised."""
    foreseen = set(cells(supplier_connector(Line(Clock(), lambda: None, lambda word: None))))
    assert {(state, each) for state in STATES for each in FROM_OUTSIDE} <= foreseen
    assert ("Pausing", "_again") in foreseen


def test_who_hears_of_a_change_may_ask_at_once() -> None:
    """In the middle of `changed` the question already has the new answer."""
    answers: list[tuple[str, bool]] = []
    line = Line(Clock(), lambda: None, lambda word: answers.append((word, connector.is_connected())))
    connector = make_supplier_connector(line)
    connector.came()
    connector.accepted()
    connector.went()
    assert answers == [("connected", True), ("away", False)]


def test_an_answer_may_come_in_the_middle_of_the_request() -> None:
    """A request that is refused at once does not confuse the line."""
    said: list[str] = []
    clock = Clock()
    line = Line(clock, lambda: connector.refused("at once"), said.append)
    connector = make_supplier_connector(line)
    connector.came()
    assert said == ["at once"]
    assert len(clock.getDelayedCalls()) == 1


def test_pauses_grow_to_an_hour_and_no_further() -> None:
    """Whoever refuses for months is asked once an hour, and an acceptance forgets that."""
    desk = Desk()
    desk.hear("came")
    pauses = []
    for _ in range(1200):
        desk.hear("refused")
        (timer,) = desk.clock.getDelayedCalls()
        pauses.append(timer.getTime() - desk.clock.seconds())
        desk.clock.advance(pauses[-1])
    assert pauses[:4] == pytest.approx([FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE)
    desk.hear("accepted went came refused")
    assert desk.line.pause() == FIRST_PAUSE


class AnyOrder(RuleBasedStateMachine):
    """Any inputs in any order, and any time between them."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.link = False
        self.over = False

    @rule(word=st.sampled_from(sorted(FROM_OUTSIDE - {"dismiss"})))
    def something_happens(self, word: str) -> None:
        self.desk.hear(word)
        self.link = {"came": True, "went": False}.get(word, self.link)

    @rule()
    def dismissed(self) -> None:
        self.desk.hear("dismiss")
        self.over = True

    @rule(seconds=st.floats(0, 4000))
    def time_passes(self, seconds: float) -> None:
        self.desk.clock.advance(seconds)

    @invariant()
    def connected_means_a_link_and_a_wish(self) -> None:
        if self.desk.connector.is_connected():
            assert self.link
            assert not self.over

    @invariant()
    def at_most_one_timer(self) -> None:
        assert len(self.desk.clock.getDelayedCalls()) <= (0 if self.over or not self.link else 1)

    @invariant()
    def a_link_is_never_forgotten(self) -> None:
        if self.link and not self.over:
            assert self.desk.row.state in ("Requesting", "Connected", "Pausing")


TestAnyOrder = AnyOrder.TestCase
