"""
`/network`: how others reach this node, by what roads and over whom; where people are found; the switches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.browsed import date
from bitdust.api.publish.page import Answer
from bitdust.config.sizes import format_size
from bitdust.errors import NoIdentity, Usage
from bitdust.web.logins import Session
from bitdust.web.pages.directories import directories
from bitdust.web.pages.frame import WebPage, framed, go_to
from bitdust.web.pages.markup import Part, counted, el, pill, spoken, table
from bitdust.web.pages.switches import SWITCHES, Switches

_COLOURS = {
    "directly": "safe",
    "directly, from inside this network": "safe",
    "through a relay": "degraded",
    "not": "at risk",
}
_ROADS = {"tcp": "tcp-transport", "udp": "udp-transport"}
_ROUTERS = {
    "none": "There is no router between this machine and the others, as far as UDP goes.",
    "endpoint-independent": "The router has one UDP port for all: others can be let in through it.",
    "endpoint-dependent": "The router has another UDP port for each: whoever sits behind such a router,"
    " too, is reached over a relay only.",
    "unknown": "What the router makes of UDP is not known yet.",
}


class NetworkPage(WebPage):
    """Reach, roads, connections, relays, directories."""

    verbs = ("GET", "POST")

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        door = self.house.door
        switches = Switches(await door.call("services_list"), visitor)
        parts: list[Part]
        try:
            found = await door.call("network_status")
            parts = [
                *_reach(found),
                el("h2", "Roads"),
                _roads(found, switches),
                *_places(found),
                el("h2", "Connections"),
                await self._connections(),
                *_relays(await door.call("relay_status"), switches),
                *directories(
                    await door.call("directories_list"),
                    switches,
                    await self._servers(),
                ),
            ]
        except NoIdentity as nobody:
            parts = [el("p", f"{nobody.message} {nobody.hint}")]
        return await framed("Network", "/network", visitor, *parts)

    async def act(self, fields: Mapping[str, str], visitor: Session) -> Answer:
        name, turn = fields.get("service", ""), fields.get("turn", "")
        if name not in SWITCHES or turn not in ("on", "off"):
            raise Usage("this form asks for nothing that is done here")
        told = await self.house.door.call("service_start" if turn == "on" else "service_stop", (name,))
        visitor.notice = f"{told['config_path']} is {turn}."
        return go_to("/network")

    async def _servers(self) -> str:
        told = await self.house.door.call("config_get", ("services/identity-propagate/known-servers",))
        return str(told["value"])

    async def _connections(self) -> Tag:
        door = self.house.door
        found = await door.call("connections_list")
        if not found:
            return el("p", "No other node is connected.")
        roles = {each["fingerprint"]: "supplier" for each in await door.call("suppliers_list")}
        for each in await door.call("customers_list"):
            who = each["fingerprint"]
            roles[who] = f"{roles[who]} and customer" if who in roles else "customer"
        rows = [_connection(each, roles.get(each["fingerprint"], "other")) for each in found]
        head = ("Node", "Who", "Road", "Way", "Round trip", "Since", "Address")
        return table("Who is connected now", head, rows)


def _reach(found: Mapping[str, Any]) -> list[Part]:
    return [
        el(
            "p",
            pill(found["reachable"], _COLOURS.get(found["reachable"], "waiting"), id="reachable"),
            " ",
            *spoken(found["sentence"]),
        ),
        el("h2", "What to do") if found["next"] else None,
        el("ul", [el("li", spoken(line)) for line in found["next"]]) if found["next"] else None,
    ]


def _roads(found: Mapping[str, Any], switches: Switches) -> Tag:
    known = {road["name"]: road for road in found["roads"]}
    rows = []
    for name, service in _ROADS.items():
        road = known.get(name)
        rows.append(
            [
                name.upper(),
                switches.state(service),
                str(road["port"] or "") if road else "",
                (str(road["mapped"] or "") or "none") if road else "",
                str(road["connections"]) if road else "",
                _lines(
                    f"{seen['place']} by {counted(seen['observers'], 'node')}"
                    f" in {counted(seen['networks'], 'network')}"
                    for seen in road["seen"]
                )
                if road
                else "",
                switches.button(service, name.upper()),
            ]
        )
    head = ("Road", "State", "Port", "Router's port", "Connections", "Others see us at", "Switch")
    return table("By what others can come", head, rows)


def _places(found: Mapping[str, Any]) -> list[Part]:
    rows = [
        ["Published", _lines(found["contacts"]) or "nothing: nobody can come"],
        ["Of this machine", _lines(found["addresses"]) or "none"],
        ["Router", _ROUTERS.get(found["nat"], found["nat"])],
    ]
    return [
        table("Addresses", ("What", "Which"), rows),
        el(
            "p",
            spoken(
                "What others shall be told instead: `services/tcp-connections/host`. To have the router asked"
                " for a port: `services/tcp-connections/upnp-enabled` and"
                " `services/udp-datagrams/upnp-enabled`. `bitdust config set` sets them."
            ),
        ),
    ]


def _connection(each: Mapping[str, Any], role: str) -> list[Part]:
    way = "straight, after a relay" if each["upgraded"] else "straight"
    if not each["direct"]:
        way = "over a relay"
        if each["next_try"] is not None:
            way += f"; a straight road is tried for again at {date(each['next_try'])}"
            way += f" ({counted(each['tries'], 'try', 'tries')} so far)"
    return [
        each["idurl"],
        role,
        each["transport"],
        way,
        "" if each["rtt"] is None else f"{each['rtt'] * 1000:.0f} ms",
        date(each["since"]),
        f"{'to' if each['dialed'] else 'from'} {each['address']}",
    ]


def _relays(found: Mapping[str, Any], switches: Switches) -> list[Part]:
    parts: list[Part] = [el("h2", "Relays"), el("p", found["result"])]
    if found["carried_by"]:
        rows: list[list[Part]] = [
            [
                each["idurl"],
                "everything" if each["bulk"] else f"{format_size(each['size'])} in {each['seconds']} s",
                date(each["since"]),
            ]
            for each in found["carried_by"]
        ]
        parts.append(table("Over whom we are reached", ("Relay", "Carries", "Since"), rows))
    if found["carried_for"]:
        rows = [
            [
                each["idurl"],
                "ours" if each["own"] else "stranger",
                str(each["circuits"]),
                format_size(each["carried"]),
                date(each["since"]),
            ]
            for each in found["carried_for"]
        ]
        head = ("Node", "Who", "Circuits now", "Carried", "Since")
        parts.append(table("Who is reached over us", head, rows))
    rows = [
        [
            "Use relays",
            switches.state("proxy-transport"),
            switches.button("proxy-transport", "use of relays"),
        ],
        ["Be a relay", switches.state("proxy-server"), switches.button("proxy-server", "being a relay")],
    ]
    return [*parts, table("What relays are used for", ("What", "State", "Switch"), rows)]


def _lines(lines: Iterable[str]) -> Part:
    """One below the other."""
    shown = list(lines)
    return el("ul", [el("li", line) for line in shown], class_="plain") if shown else ""
