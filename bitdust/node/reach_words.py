"""How this node is reached, in words for its owner, and what he can do about it."""

from __future__ import annotations

from dataclasses import replace

from bitdust.config.settings import Settings
from bitdust.node.views import NetworkView
from bitdust.reach.mapping import Mapping
from bitdust.reach.standpoint import Verdict

_SENTENCES = {
    Verdict.UNKNOWN: "Connected; nobody has shown yet whether this node can be reached from outside.",
    Verdict.DIRECTLY: "Others reach this node directly.",
    Verdict.INSIDE: "Reached from inside this network; nobody outside has tried yet.",
    Verdict.RELAYED: "Others reach this node through a relay.",
    Verdict.NOT: "This node calls others, and cannot be called from outside.",
}


def explained(view: NetworkView, settings: Settings) -> NetworkView:
    """The same, with words for it."""
    return replace(view, sentence=_sentence(view), next=tuple(_next_steps(view, settings)))


def _sentence(view: NetworkView) -> str:
    if not view.roads:
        return "No road to other nodes is switched on."
    if not view.addresses and not view.links:
        return "This machine has no network."
    if not view.links:
        return "No other node is connected."
    return _SENTENCES[view.reachable]


def _next_steps(view: NetworkView, settings: Settings) -> list[str]:
    # The easiest first; nothing when all is well.
    if not view.roads:
        return ["switch a road on: `bitdust services start tcp-transport`"]
    if view.reachable in (Verdict.UNKNOWN, Verdict.DIRECTLY, Verdict.INSIDE) or not view.links:
        return []
    ports = " and ".join(f"the {each.scheme.upper()} port {each.port}" for each in view.roads if each.port)
    steps = [f"forward {ports} of your router to this machine"] if ports else []
    host = settings.words("services/tcp-connections/host")
    if host:
        steps.append(
            f"others are told {host!r}: see that it leads here, or let it be found out:"
            " `bitdust config set services/tcp-connections/host ''`"
        )
    if view.trouble:
        steps.append(f"the router was asked for ports in vain: {view.trouble}")
    if view.nat is Mapping.CHANGING:
        steps.append(
            "your router has another UDP port for everyone: nodes behind such a router as well need a relay"
        )
    return steps
