"""The round that keeps everything whole, driven by hand and by hypothesis."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.task import Clock

from bitdust.backup.backup_monitor import REST, Round, make_backup_monitor
from bitdust.machines import Machines, cells

STATES = {"Idle", "FireHire", "ListFiles", "Rebuilding", "Ready", "Over"}
FROM_OUTSIDE = {"restart", "stop", "troubled", "staffed", "listed", "rebuilt"}
ROUND = "hire list rebuild"


class Watch:
    """A monitor, and the work it has begun."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.monitor = make_backup_monitor(
            Round(
                clock=self.clock,
                hire=lambda: self.said.append("hire"),
                list_files=lambda: self.said.append("list"),
                rebuild=lambda: self.said.append("rebuild"),
            )
        )
        self.row = Machines().watch(self.monitor, "backup_monitor")

    def hear(self, words: str) -> None:
        for word in words.split():
            if word in FROM_OUTSIDE:
                getattr(self.monitor, word)()
            else:
                self.clock.advance(float(word))


@pytest.mark.parametrize(
    ("inputs", "state", "said"),
    [
        ("", "Idle", ""),
        ("600", "Idle", ""),
        ("restart", "FireHire", "hire"),
        ("restart staffed", "ListFiles", "hire list"),
        ("restart staffed listed", "Rebuilding", ROUND),
        ("restart staffed listed rebuilt", "Ready", ROUND),
        ("restart staffed listed rebuilt 599", "Ready", ROUND),
        ("restart staffed listed rebuilt 600", "FireHire", f"{ROUND} hire"),
        ("restart staffed listed rebuilt restart", "FireHire", f"{ROUND} hire"),
        # a restart in the middle: one more round, however often it was asked for
        ("restart restart restart staffed listed rebuilt", "FireHire", f"{ROUND} hire"),
        ("restart staffed restart listed rebuilt", "FireHire", f"{ROUND} hire"),
        ("restart staffed listed restart rebuilt", "FireHire", f"{ROUND} hire"),
        ("restart restart staffed listed rebuilt staffed listed rebuilt", "Ready", f"{ROUND} {ROUND}"),
        # trouble makes the rest short, never longer
        ("troubled 600", "Idle", ""),
        ("restart staffed listed rebuilt 500 troubled 99", "Ready", ROUND),
        ("restart staffed listed rebuilt 500 troubled 100", "FireHire", f"{ROUND} hire"),
        ("restart staffed listed rebuilt 600 staffed listed rebuilt 1199", "Ready", f"{ROUND} {ROUND}"),
        (
            "restart staffed listed rebuilt 600 staffed listed rebuilt 60 troubled 599",
            "Ready",
            f"{ROUND} {ROUND}",
        ),
        (
            "restart staffed listed rebuilt 600 staffed listed rebuilt 60 troubled 600",
            "FireHire",
            f"{ROUND} {ROUND} hire",
        ),
        (
            "restart staffed listed rebuilt 600 staffed troubled listed rebuilt 600",
            "FireHire",
            f"{ROUND} {ROUND} hire",
        ),
        ("restart stop troubled", "Over", "hire"),
        # work that ends when nobody waits for it
        ("staffed listed rebuilt", "Idle", ""),
        ("restart listed rebuilt", "FireHire", "hire"),
        ("restart staffed staffed rebuilt", "ListFiles", "hire list"),
        ("restart staffed listed staffed listed", "Rebuilding", ROUND),
        ("restart staffed listed rebuilt staffed listed rebuilt", "Ready", ROUND),
        ("stop restart staffed listed rebuilt stop", "Over", ""),
        ("restart stop staffed", "Over", "hire"),
        ("restart staffed stop listed", "Over", "hire list"),
        ("restart staffed listed stop rebuilt", "Over", ROUND),
        ("restart staffed listed rebuilt stop 600", "Over", ROUND),
    ],
)
def test_moves(inputs: str, state: str, said: str) -> None:
    """After these inputs it is there, and began that work; only the rest ticks."""
    watch = Watch()
    watch.hear(inputs)
    assert (watch.row.state, " ".join(watch.said)) == (state, said)
    assert len(watch.clock.getDelayedCalls()) == (state == "Ready")


def test_everything_from_outside_is_foreseen() -> None:
    """No state is surprised by a wish, or by work that ends late."""
    foreseen = set(cells(Watch().monitor))
    assert {(state, each) for state in STATES for each in FROM_OUTSIDE} <= foreseen
    assert ("Ready", "_again") in foreseen


def test_work_may_end_at_once() -> None:
    """A round in which there is nothing to do ends before `restart` returns."""
    clock = Clock()
    said: list[str] = []

    def hire() -> None:
        said.append("hire")
        monitor.staffed()

    monitor = make_backup_monitor(Round(clock, hire, lambda: monitor.listed(), lambda: monitor.rebuilt()))
    monitor.restart()
    assert [timer.getTime() for timer in clock.getDelayedCalls()] == [REST]
    clock.advance(REST)
    assert said == ["hire", "hire"]


def test_rests_grow_while_nothing_happens() -> None:
    """Ten minutes, twenty, forty, then an hour each; whoever asks for a round makes them short again."""
    clock = Clock()
    begun: list[float] = []

    def hire() -> None:
        begun.append(clock.seconds())
        monitor.staffed()

    monitor = make_backup_monitor(Round(clock, hire, lambda: monitor.listed(), lambda: monitor.rebuilt()))
    monitor.restart()
    for _ in range(5 * 60):
        clock.advance(60)
    assert [minute / 60 for minute in begun] == [0, 10, 30, 70, 130, 190, 250]
    monitor.restart()
    clock.advance(REST)
    assert begun[-2:] == [5 * 3600, 5 * 3600 + REST]


def test_a_round_that_failed_comes_again_soon() -> None:
    """Whatever was not done is done ten minutes later, however long the rests had become."""
    clock = Clock()
    begun: list[float] = []
    fails = [False]

    def hire() -> None:
        begun.append(clock.seconds())
        monitor.staffed()

    def rebuild() -> None:
        if fails[0]:
            monitor.troubled()
        monitor.rebuilt()

    monitor = make_backup_monitor(Round(clock, hire, lambda: monitor.listed(), rebuild))
    monitor.restart()
    for minute in range(4 * 60):
        fails[0] = minute >= 70 and minute < 140
        clock.advance(60)
    assert [moment / 60 for moment in begun] == [0, 10, 30, 70, 130, 140, 150, 170, 210]


class AnyOrder(RuleBasedStateMachine):
    """Any inputs in any order, and any time between them."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()
        self.over = False
        self.unheard = False

    @rule(word=st.sampled_from(["staffed", "listed", "rebuilt", "troubled"]))
    def work_ends_or_fails(self, word: str) -> None:
        self._watch(word)

    @rule()
    def restart(self) -> None:
        self.unheard = not self.over
        self._watch("restart")

    @rule()
    def stop(self) -> None:
        self.over, self.unheard = True, False
        self._watch("stop")

    @rule(seconds=st.floats(0, 700))
    def time_passes(self, seconds: float) -> None:
        self._watch(str(seconds))

    def _watch(self, word: str) -> None:
        before = len(self.watch.said)
        self.watch.hear(word)
        if "hire" in self.watch.said[before:]:
            self.unheard = False

    @invariant()
    def work_is_begun_in_order(self) -> None:
        for at, word in enumerate(self.watch.said):
            assert word == ROUND.split()[at % 3]

    @invariant()
    def a_wish_is_never_lost(self) -> None:
        if self.unheard:
            assert self.watch.row.state in ("FireHire", "ListFiles", "Rebuilding")

    @invariant()
    def it_rests_with_one_timer_or_works(self) -> None:
        assert len(self.watch.clock.getDelayedCalls()) == (self.watch.row.state == "Ready")


TestAnyOrder = AnyOrder.TestCase
