"""Every state of the network in words, with a next step where there is one."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from bitdust.config.settings import Settings
from bitdust.node.reach_words import explained
from bitdust.node.views import NetworkView, RoadView
from bitdust.reach.mapping import Mapping
from bitdust.reach.standpoint import Verdict

HIDDEN = NetworkView(
    "Unreachable", Verdict.NOT, Mapping.KEPT, (RoadView("tcp", 7771, 3, ()), RoadView("udp", 7772, 0, ())),
    (ip_address("10.0.0.2"),), {}, (), (), 3,
)  # fmt: skip
FORWARD = "forward the TCP port 7771 and the UDP port 7772 of your router to this machine"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As they come."""
    return Settings(tmp_path / "bitdust.toml", {})


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_sentence(settings: Settings, verdict: Verdict) -> None:
    """And what others cannot reach, a next step."""
    told = explained(replace(HIDDEN, reachable=verdict), settings)
    assert told.sentence.endswith(".")
    assert told.next == ((FORWARD,) if verdict in (Verdict.NOT, Verdict.RELAYED) else ())


def test_what_is_missing_before_that(settings: Settings) -> None:
    """No road, no network, nobody there: that is what is said."""
    alone = replace(HIDDEN, links=0)
    assert explained(alone, settings).sentence == "No other node is connected."
    assert explained(replace(alone, addresses=()), settings).sentence == "This machine has no network."
    told = explained(replace(alone, roads=()), settings)
    assert told.sentence == "No road to other nodes is switched on."
    assert "services start" in told.next[0]


def test_what_else_may_help(settings: Settings) -> None:
    """A host that is set may be wrong, and a router may be of the hard kind."""
    settings.set("services/tcp-connections/host", "home.example")
    forward, host, router = explained(replace(HIDDEN, nat=Mapping.CHANGING), settings).next
    assert (forward, "'home.example'" in host, "relay" in router) == (FORWARD, True, True)
