"""The machine that says how others come to this node."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bitdust.machines import Machines, Row, cells
from bitdust.node.network_connector import Asking, NetworkConnector, make_network_connector

VERDICTS = {"directly": "Reachable", "inside": "Inside", "relayed": "Relayed", "unreached": "Unreachable"}
LINKED = {"Wondering", *VERDICTS.values()}
INPUTS = [*VERDICTS, "unknown", "linked", "unlinked", "changed"]


def a_connector() -> tuple[NetworkConnector, Row, list[str]]:
    """One that has begun, its row, and how often it asked."""
    asked: list[str] = []
    machine = make_network_connector(Asking(lambda: asked.append("asked")))
    row = Machines().watch(machine, "network_connector")
    machine.start()
    return machine, row, asked


def test_every_input_is_foreseen() -> None:
    """Whatever the network and the machine under us do."""
    machine, _, _ = a_connector()
    foreseen = {(state, event) for state in {"Disconnected", "Over", *LINKED} for event in [*INPUTS, "stop"]}
    assert set(cells(machine)) == foreseen | {("AtStartup", "start"), ("AtStartup", "stop")}


@given(st.lists(st.sampled_from(INPUTS)))
def test_it_says_what_was_shown_last(inputs: list[str]) -> None:
    """Alone it is Disconnected; else the last verdict since it was alone, or moved, counts."""
    machine, row, _ = a_connector()
    expected = "Disconnected"
    for event in inputs:
        getattr(machine, event)()
        if event == "unlinked":
            expected = "Disconnected"
        elif expected == "Disconnected":
            expected = "Wondering" if event == "linked" else expected
        elif event != "linked":
            expected = VERDICTS.get(event, "Wondering")
        assert row.state == expected
    machine.stop()
    assert row.state == "Over"


def test_it_asks_when_it_is_not_alone_any_more_and_when_all_is_new() -> None:
    """And at no other time."""
    machine, _, asked = a_connector()
    machine.changed()
    assert asked == []
    machine.linked()
    assert asked == ["asked"]
    machine.linked()
    machine.directly()
    machine.unknown()
    assert asked == ["asked"]
    machine.changed()
    assert asked == ["asked"] * 2
