"""The ring of events: gapless, bounded, honest about what it has forgotten."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.errors import TryLater, Usage
from bitdust.node.event_types import EVENT_TYPES, LOST, chosen
from bitdust.node.happenings import KEPT, MOST_LISTENERS, PACE, Happenings

ALL = chosen(())


def ring(clock: Clock | None = None, wall: float = 5.0) -> Happenings:
    return Happenings(clock or Clock(), lambda: wall)


def test_ids_rise_by_one_and_are_told_in_order() -> None:
    """Every event has the next id, whoever listens hears each once."""
    happenings = ring()
    heard: list[int] = []
    happenings.happened.listen(lambda event: heard.append(event.id))
    start = happenings.last
    for _ in range(5):
        happenings.tell("node.ready", idurl="")
    assert heard == [start + n for n in range(1, 6)]
    assert [event.id for event in happenings.since(start + 2, ALL)] == heard[2:]
    assert [event.id for event in happenings.latest(ALL, 2)] == heard[3:]
    assert happenings.since(happenings.last, ALL) == []


def test_the_ring_says_what_it_has_forgotten() -> None:
    """A thousand are kept; whoever asks for older ones is told first that some are missing."""
    happenings = ring()
    start = happenings.last
    for _ in range(KEPT + 10):
        happenings.tell("node.ready", idurl="")
    lost, *rest = happenings.since(start + 3, ALL)
    assert (lost.type, lost.id) == (LOST, start + 10)
    assert lost.data == {"after": start + 3, "before": start + 11}
    assert [event.id for event in rest] == list(range(start + 11, start + KEPT + 10))
    assert [event.id for event in happenings.since(start + 10, ALL, 1)] == [start + 11]
    # Whoever goes on from there misses nothing.
    assert happenings.since(lost.id, ALL)[0].id == start + 11


def test_an_id_of_another_life_is_a_gap() -> None:
    """After a restart ids go on far behind the old ones: an old position is never taken for a new one."""
    before, after = ring(wall=5.0), ring(wall=6.0)
    before.tell("node.ready", idurl="")
    assert after.last > before.last
    assert after.since(before.last, ALL)[0].type == LOST
    # And where the clock was set back, an id that was not given yet is a gap, too.
    after.tell("node.ready", idurl="")
    assert [event.type for event in before.since(after.last, ALL)] == [LOST, "node.ready"]
    assert after.last - before.last == PACE


def test_types_are_chosen_by_patterns() -> None:
    """`backup.*` means a family; a pattern that means nothing is refused; a gap is always told."""
    assert chosen(["backup.*"]) == {name for name in EVENT_TYPES if name.startswith("backup.")} | {LOST}
    assert chosen(["node.ready", "task.*"]) >= {"node.ready", "task.added"}
    assert chosen([]) == set(EVENT_TYPES)
    with pytest.raises(Usage):
        chosen(["bakcup.*"])
    happenings = ring()
    happenings.tell("node.ready", idurl="")
    happenings.tell("config.changed", key="a", value="b", restart=False)
    assert [event.type for event in happenings.since(0, chosen(["config.*"]))] == [LOST, "config.changed"]


def test_a_type_outside_the_table_cannot_be_told() -> None:
    """The manual names every type there is."""
    with pytest.raises(KeyError):
        ring().tell("no.such")


def test_waiting_ends_with_an_event_or_with_patience() -> None:
    """Who waits goes on at once when something of his types happens, and else when his time is over."""
    clock = Clock()
    happenings = ring(clock)
    ended: list[str] = []

    def wait(name: str, patterns: list[str], seconds: float) -> Deferred[None]:
        work = Deferred.fromCoroutine(happenings.wait(happenings.last, chosen(patterns), seconds))
        return work.addCallback(lambda _: ended.append(name))

    wait("config", ["config.*"], 10)
    wait("any", [], 10)
    happenings.tell("node.ready", idurl="")
    assert ended == ["any"]
    clock.advance(9)
    assert ended == ["any"]
    happenings.tell("config.changed", key="a", value="b", restart=False)
    assert ended == ["any", "config"]
    wait("patience", ["config.*"], 10)
    clock.advance(10)
    assert ended == ["any", "config", "patience"]
    assert clock.getDelayedCalls() == []


def test_listeners_are_bounded() -> None:
    """One too many is told to come later; one who leaves makes room."""
    happenings = ring()
    leave = [happenings.join() for _ in range(MOST_LISTENERS)]
    with pytest.raises(TryLater):
        happenings.join()
    leave.pop()()
    happenings.join()
