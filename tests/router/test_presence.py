"""The machine that says whether a peer is there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bitdust.machines import cells
from bitdust.router.presence import Announcements, make_presence

STATES = {"Unknown", "Calling", "Online", "Away"}
INPUTS = ["calling", "failed", "linked", "unlinked"]


def a_presence():
    told = []
    announcements = Announcements(came=lambda: told.append("came"), went=lambda: told.append("went"))
    return make_presence(announcements), told


def test_every_input_is_foreseen_in_every_state():
    """Nothing the network does is unforeseen."""
    presence, _ = a_presence()
    assert set(cells(presence)) == {(state, event) for state in STATES for event in [*INPUTS, "is_online"]}


@given(st.lists(st.sampled_from(INPUTS)))
def test_coming_and_going_alternate(inputs):
    """Each coming is announced once, each going once, and Online is what was announced last."""
    presence, told = a_presence()
    for event in inputs:
        getattr(presence, event)()
    assert told == ["came", "went"] * (len(told) // 2) + ["came"] * (len(told) % 2)
    assert presence.is_online() == (len(told) % 2 == 1)


def test_a_call_in_vain_is_not_a_going():
    """Who never was online does not go away."""
    presence, told = a_presence()
    presence.calling()
    presence.failed()
    assert told == []
    assert not presence.is_online()
