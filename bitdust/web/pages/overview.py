"""
`/`: how everything is, in one sentence; the folders; the suppliers and customers.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.browsed import date
from bitdust.api.publish.page import Answer
from bitdust.config.sizes import format_size
from bitdust.errors import NoIdentity
from bitdust.web.logins import Session
from bitdust.web.pages.files import lasting, paging, path_of, versions_of
from bitdust.web.pages.frame import WebPage, framed
from bitdust.web.pages.markup import Part, counted, el, link, pill, spoken, table

ROWS = 100
#: a light as one of the states that have a colour
_LIGHTS = {"green": "safe", "yellow": "degraded", "red": "at risk"}


class OverviewPage(WebPage):
    """The first page."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        door = self.house.door
        health = await door.call("process_health")
        parts: list[Part] = [_state(health)]
        try:
            items = await self.house.manage("listall", limit=ROWS, after=query.get("after"), survives=True)
            parts += [el("h2", "Folders"), self._folders(items, visitor)]
            parts += _policies(await door.call("policies_list"))
            parts += [el("h2", "Suppliers"), _suppliers(await door.call("suppliers_list"))]
            parts += _customers(await door.call("customers_list"))
        except NoIdentity as nobody:
            parts.append(el("p", f"{nobody.message} {nobody.hint}"))
        return await framed("Overview", "/", visitor, *parts)

    def _folders(self, items: list[dict[str, Any]], visitor: Session) -> Tag:
        if not items:
            return el("p", "Nothing is backed up yet. ", link("Choose what to back up", "/files/local"))
        rows: list[list[Any]] = [
            [
                path_of(item),
                item["size"],
                item["date"],
                [
                    f"{item['versions'][0]['state']}, {item['versions'][0]['status']}",
                    el("br"),
                    lasting(item["versions"][0]),
                ],
                versions_of(item, visitor),
            ]
            for item in items
        ]
        return el(
            "div",
            table("What is backed up", ("Path", "Size", "Last backup", "State", "Versions"), rows),
            paging(items, ROWS, "/"),
        )


def _policies(found: list[dict[str, Any]]) -> list[Part]:
    """What is backed up by itself, or treated otherwise than the settings say."""
    if not found:
        return []
    rows: list[list[Any]] = [
        [
            each["path"],
            each["schedule"] or "when asked for",
            each["keep"] or "as the settings say",
            ", ".join(each["excludes"]) or "as the settings say",
            [
                el("p", f"{when}: ", el("code", shlex.join(each[when])))
                for when in ("before", "after")
                if each[when]
            ]
            or "none",
        ]
        for each in found
    ]
    head = ("Path", "When", "Kept", "Left out, too", "Commands")
    return [el("h2", "By itself"), table("What is treated in its own way", head, rows)]


def _state(health: dict[str, Any]) -> Tag:
    lasting, monitor = health["durability"], health["monitor"]
    waits = f"It waits for {monitor['waits_for']}." if monitor and monitor["waits_for"] else ""
    return el(
        "section",
        el("h2", "State"),
        el(
            "p",
            pill(health["state"], health["state"]),
            " ",
            health["sentence"],
            id="state",
        ),
        el("ul", [el("li", spoken(line)) for line in health["wrong"]]) if health["wrong"] else None,
        el(
            "p",
            pill(lasting["light"], _LIGHTS[lasting["light"]], id="durability"),
            " ",
            lasting["sentence"],
        )
        if lasting
        else None,
        el("p", f"{monitor['doing']} {waits}", id="monitor") if monitor else None,
        el("h3", "What to do") if health["next"] else None,
        el("ul", [el("li", spoken(line)) for line in health["next"]]) if health["next"] else None,
        el(
            "p",
            f"{health['suppliers_online']} of {health['suppliers_wanted']} suppliers are connected; "
            f"{counted(health['versions'], 'version')} can be restored.",
        ),
        el("p", health["network"], " ", link("Network", "/network")) if health["network"] else None,
        _verified(health["verified"]),
    )


def _verified(drill: dict[str, Any] | None) -> Tag:
    if drill is None:
        return el("p", "No restore drill was held yet.")
    return el(
        "p",
        f"In the last restore drill, on {date(drill['time'])}, {drill['files']} files"
        f" ({format_size(drill['bytes'])}) came back as they were backed up.",
    )


def _suppliers(suppliers: list[dict[str, Any]]) -> Tag:
    rows: list[list[Any]] = [
        [
            supplier["idurl"] or "nobody yet",
            "; ".join(filter(None, (supplier["state"], supplier["doubt"] or supplier["notice"]))),
            "" if supplier["rtt"] is None else f"{supplier['rtt'] * 1000:.0f} ms",
            format_size(supplier["holds"]),
            supplier["transport"],
        ]
        for supplier in suppliers
    ]
    return table(
        "Those who keep our pieces", ("Supplier", "State", "Round trip", "Holds", "Connected by"), rows
    )


def _customers(customers: list[dict[str, Any]]) -> list[Part]:
    """Whose pieces we keep, how each contract stands, and what comes next."""
    if not customers:
        return []
    rows: list[list[Any]] = [
        [
            customer["idurl"],
            customer["sentence"] or customer["state"],
            customer["next"],
            format_size(customer["granted"]),
            format_size(customer["used"]),
            date(customer["last_contact"]),
        ]
        for customer in customers
    ]
    head = ("Customer", "State", "Next", "Granted", "Used", "Last contact")
    return [el("h2", "Customers"), table("Those whose pieces we keep", head, rows)]
