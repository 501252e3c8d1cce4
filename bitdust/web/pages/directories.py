"""
Where this node tells of itself and finds others, in words for its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bitdust.web.pages.markup import Part, counted, el, pill, spoken, table
from bitdust.web.pages.switches import Switches

#: name -> (what people call it, what it knows, what it was asked, what came of it)
_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "identity-servers": ("Identity servers", "server", "question", "answered"),
    "entangled-dht": ("DHT", "node", "question", "led to somebody"),
    "lan-beacons": ("Local network", "neighbour", "beacon", "led to somebody"),
}


def directories(found: Iterable[Mapping[str, Any]], switches: Switches, servers: str) -> list[Part]:
    """
    @param found: what `directories_list` says.
    @param servers: the setting that names the identity servers.
    """
    rows = []
    for each in found:
        name, knows, asked, came = _WORDS.get(each["name"], (each["name"], "place", "question", "found"))
        is_on = each["state"] == "ON"
        rows.append(
            [
                name,
                pill("on", "degraded" if each["trouble"] else "safe") if is_on else pill("off", "waiting"),
                counted(each["knows"], knows) if is_on else "",
                f"{counted(each['asked'], asked)}, {each['found']} {came}" if is_on else "",
                spoken(_trouble(each)),
                _switch(each["name"], switches, servers),
            ]
        )
    return [
        el("h2", "Finding others"),
        el("p", "Each of them helps by itself, and the node goes on with any of them switched off."),
        table(
            "Where this node tells of itself",
            ("Directory", "State", "Knows", "Asked", "Trouble", "Switch"),
            rows,
        ),
    ]


def _trouble(each: Mapping[str, Any]) -> str:
    """What is wrong, and what to do about it."""
    if each["name"] == "identity-servers":
        if each["state"] != "ON":
            return (
                "No server is named, and the kit alone may not find the catalog: name one by"
                " `bitdust config set services/identity-propagate/known-servers HOST`."
            )
        if each["trouble"]:
            return f"{each['trouble']}: see that the server can be reached, or name another one."
    if each["state"] == "ON" and not each["knows"] and not each["trouble"]:
        return {
            "entangled-dht": "It has found no node yet: see that UDP is let out, or name nodes to begin with:"
            " `services/entangled-dht/known-nodes`.",
            "lan-beacons": "Nobody of this network was heard yet.",
        }.get(each["name"], "")
    return str(each["trouble"])


def _switch(name: str, switches: Switches, servers: str) -> Part:
    if name == "identity-servers":
        return el("span", el("code", "services/identity-propagate/known-servers"), f" = {servers or 'none'}")
    return switches.button(name, _WORDS[name][0] if name in _WORDS else name)
