"""
`/files`: the catalog, folder by folder, and the forms that change it; all through the file manager.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.browsed import survival
from bitdust.api.publish.page import Answer
from bitdust.errors import Usage
from bitdust.web.logins import Session
from bitdust.web.pages.frame import WebPage, framed, go_to
from bitdust.web.pages.markup import Part, el, form, link, pill, table
from bitdust.web.pages.tasks import tasks_region

ROWS = 100
ACT = "/files/act"
#: what a form may ask: the mode, the fields it takes, what is said when it is done
ACTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "upload": (("path", "path_b64"), "The backup has been started."),
    "download": (("backupid", "dest_path", "dest_path_b64"), "The restore has been started."),
    "delete": (("id",), "It was deleted from the catalog and the suppliers."),
    "deleteversion": (("backupid",), "The version was deleted from the catalog and the suppliers."),
}


class FilesPage(WebPage):
    """What is in the catalog."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        place = {key: query[key] for key in ("path", "path_b64") if query.get(key)}
        items = await self.house.manage("list", limit=ROWS, after=query.get("after"), survives=True, **place)
        rows: list[list[Any]] = [
            [
                _name(item),
                item["size"],
                item["date"],
                versions_of(item, visitor),
                link("Delete", "/files/delete", mode="delete", id=item["id"], what=path_of(item)),
            ]
            for item in items
        ]
        found = (
            table("In this folder", ("Name", "Size", "Last backup", "Versions", "Actions"), rows)
            if rows
            else el("p", "The catalog has nothing here. ", link("Choose what to back up", "/files/local"))
        )
        return await framed(
            "Files",
            "/files",
            visitor,
            crumbs(shown_place(place), "/files"),
            found,
            paging(items, ROWS, "/files", **place),
            await tasks_region(self.house),
        )


def _name(item: Mapping[str, Any]) -> Part:
    """The way into it: the folder in the catalog, or what its newest version holds."""
    if item["has_childs"]:
        return link(item["name"], "/files", **path_query(item))
    if item["versions"] and item["type"] == "dir":
        newest = item["versions"][0]["backupid"]
        return link(item["name"], "/files/version", what=newest, name=path_of(item))
    return str(item["name"])


class ActPage(WebPage):
    """Where the forms go."""

    verbs = ("POST",)

    async def act(self, fields: Mapping[str, str], visitor: Session) -> Answer:
        mode = fields.get("mode", "")
        if mode not in ACTS:
            raise Usage("this form asks for nothing that is done here")
        names, said = ACTS[mode]
        await self.house.manage(mode, **{name: fields.get(name) for name in names})
        visitor.notice = said
        return go_to("/files" if mode.startswith("delete") else "/files/tasks")


class DeletePage(WebPage):
    """Are you sure?"""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        mode = "deleteversion" if query.get("backupid") else "delete"
        what = query.get("backupid") or query.get("id") or ""
        return await framed(
            "Delete",
            "/files",
            visitor,
            el(
                "p",
                f"{'Version' if query.get('backupid') else 'Item'} {what} ({query.get('what', '')[:1000]})"
                " goes, here and at all suppliers"
                + (", with everything below it" if mode == "delete" else "")
                + f". Your own files stay. {await self._way_back()}",
            ),
            form("Delete", ACT, visitor.csrf, mode=mode, id=query.get("id"), backupid=query.get("backupid")),
            el("p", link("Keep it", "/files")),
        )

    async def _way_back(self) -> str:
        told = await self.house.door.call("config_get", ("services/backups/delete-delay",))
        delay = int(told["value"])
        if not delay:
            return "It cannot be brought back."
        return f"For {_long(delay)} it can be brought back: `bitdust undelete`."


def _long(seconds: int) -> str:
    """As in "3 days", at least an hour."""
    hours = max(1, seconds // 3600)
    number, word = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{number} {word}{'' if number == 1 else 's'}"


def versions_of(item: Mapping[str, Any], visitor: Session) -> Part:
    """The versions of an item, folded away."""
    versions = item["versions"]
    if not versions:
        return "none"
    rows = [
        el(
            "li",
            f"{version['label']}, {version['size']}, {version['state']} {version['status']} ",
            lasting(version),
            " (incomplete: its backup did not end)" if "incomplete" in version else "",
            " ",
            link("Look inside", "/files/version", what=version["backupid"], name=path_of(item)),
            " ",
            link("Restore", "/files/restore", backupid=version["backupid"], what=path_of(item)),
            " ",
            link("Delete", "/files/delete", backupid=version["backupid"], what=path_of(item)),
        )
        for version in versions
    ]
    return el("details", el("summary", f"{len(versions)} of {item['name']}"), el("ul", rows))


def lasting(version: Mapping[str, Any]) -> Tag | None:
    """How many more suppliers a version may lose, in the colour of that; nothing of one on its way there."""
    more = version.get("survives")
    if more is None or version.get("state") == "up":
        return None
    return pill(survival(more), "safe" if more > 0 else "at risk")


def path_of(item: Mapping[str, Any]) -> str:
    """Where it is, for people."""
    return os.path.join(str(item["dirpath"]), str(item["name"]))


def path_query(item: Mapping[str, Any]) -> dict[str, str]:
    """Where it is, for links and forms: exact also when it cannot be shown."""
    return {"path_b64": item["path_b64"]} if "path_b64" in item else {"path": path_of(item)}


def shown_place(place: Mapping[str, str]) -> str:
    """The path that a query means, for people."""
    if "path_b64" in place:
        try:
            return base64.b64decode(place["path_b64"], validate=True).decode("utf-8", "replace")
        except ValueError:
            return "?"
    return place.get("path", "/")


def crumbs(path: str, page: str, /, **query: object) -> Tag:
    """The way to this folder, each step a link."""
    names = [name for name in path.split("/") if name]
    steps = [el("li", link("/", page, path="/", **query))]
    for depth, name in enumerate(names):
        steps.append(el("li", link(name, page, path="/" + "/".join(names[: depth + 1]), **query)))
    return el("nav", el("ol", steps), class_="crumbs", aria_label="Where you are")


def paging(items: list[dict[str, Any]], rows: int, page: str, /, **query: object) -> Tag | None:
    """The way to the next page, if this one is full."""
    return el("p", link("Next page", page, after=items[-1]["id"], **query)) if len(items) == rows else None
