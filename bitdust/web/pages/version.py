"""
`/files/version?what=...`: what is in a version, folder by folder; each file and folder can be restored alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.browsed import date
from bitdust.api.publish.page import Answer
from bitdust.config.sizes import format_size
from bitdust.web.logins import Session
from bitdust.web.pages.files import lasting
from bitdust.web.pages.frame import WebPage, framed
from bitdust.web.pages.markup import Part, el, link, table

ROWS = 100


class VersionPage(WebPage):
    """A version as a folder."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        what, name = query.get("what", ""), query.get("name", "")[:1000]
        listed = await self.house.door.call(
            "version_list", (what,), {"limit": ROWS, "after": query.get("after", "")}
        )
        backup = listed["backup_id"]
        rows = [_row(backup, name, entry) for entry in listed["entries"]]
        found = (
            table("In this folder of the version", ("Name", "Size", "Changed", "Actions"), rows)
            if rows
            else el("p", "This folder is empty.")
        )
        more = (
            el("p", link("Next page", "/files/version", what=what, name=name, after=listed["after"]))
            if listed["after"]
            else None
        )
        return await framed(
            "Version",
            "/files",
            visitor,
            el("p", f"{name or backup}, as it was at {date(listed['time'])}. ", lasting(listed)),
            _steps(backup, name, what.partition(":")[2]),
            found,
            more,
        )


def _row(backup: str, name: str, entry: Mapping[str, Any]) -> list[Part]:
    inside = f"{backup}:{entry['inside']}"
    shown: Part = entry["name"]
    actions: Part = "only with the whole folder: its name is no text"
    # What cannot be shown as text cannot be named in an address either.
    if "inside_b64" not in entry:
        actions = link("Restore", "/files/restore", backupid=inside, what=f"{name}/{entry['inside']}")
        if entry["type"] == "dir":
            shown = link(entry["name"], "/files/version", what=inside, name=name)
    size = format_size(entry["size"]) if entry["type"] == "file" else entry["type"]
    return [shown, size, date(entry["mtime"]), actions]


def _steps(backup: str, name: str, inside: str) -> Tag:
    steps = [el("li", link(name or "All of it", "/files/version", what=backup, name=name))]
    names = [each for each in inside.split("/") if each]
    for depth, each in enumerate(names):
        place = f"{backup}:{'/'.join(names[: depth + 1])}"
        steps.append(el("li", link(each, "/files/version", what=place, name=name)))
    return el("nav", el("ol", steps), class_="crumbs", aria_label="Where you are")
