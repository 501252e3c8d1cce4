"""
`/files/local` and `/files/restore`: the folders of this machine, to back up from and to restore into.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.publish.page import Answer
from bitdust.web.logins import Session
from bitdust.web.pages.files import ACT, ROWS, crumbs, path_query, shown_place
from bitdust.web.pages.frame import WebPage, framed
from bitdust.web.pages.markup import el, form, link, table


class LocalPage(WebPage):
    """Choose what to back up."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        place = await self._place(query)
        entries = await self.house.manage("listlocal", limit=ROWS, **_after(query), **place)
        rows: list[list[Any]] = [
            [
                link(entry["name"], "/files/local", **path_query(entry))
                if entry["type"] == "dir"
                else entry["name"],
                entry["size"] if entry["type"] == "file" else "folder",
                entry["date"],
                form(
                    "Back up",
                    ACT,
                    visitor.csrf,
                    label=f"Back up {entry['name']}",
                    mode="upload",
                    **path_query(entry),
                ),
            ]
            for entry in entries
        ]
        return await framed(
            "Back up",
            "/files/local",
            visitor,
            el("p", "A folder is backed up with everything in it."),
            typed("Folder or file", "path", "Back up", visitor, "upload"),
            crumbs(shown_place(place), "/files/local"),
            table("On this computer", ("Name", "Size", "Changed", "Actions"), rows)
            if rows
            else el("p", "This folder is empty."),
            _next(entries, "/files/local", place),
        )

    async def _place(self, query: Mapping[str, str]) -> dict[str, str]:
        place = {key: query[key] for key in ("path", "path_b64") if query.get(key)}
        return place or {"path": (await self.house.manage("config"))[0]["value"]}


class RestorePage(LocalPage):
    """Choose where to restore to."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        backup = query.get("backupid", "")
        place = await self._place(query)
        kept = {"backupid": backup, "what": query.get("what", "")[:1000]}
        entries = await self.house.manage("listlocal", limit=ROWS, onlyFolders=True, **_after(query), **place)
        into = {f"dest_{key}": value for key, value in place.items()}
        return await framed(
            "Restore",
            "/files",
            visitor,
            el("p", f"Version {backup} of {kept['what'] or 'an item'}."),
            el("h2", "To where it came from"),
            el("p", "What is there now is replaced, file by file."),
            form("Restore in place", ACT, visitor.csrf, mode="download", backupid=backup),
            el("h2", "Into another folder"),
            el("p", "The whole old path is made again below that folder; nothing there is overwritten."),
            typed("Folder", "dest_path", "Restore into it", visitor, "download", backupid=backup),
            crumbs(shown_place(place), "/files/restore", **kept),
            form(
                f"Restore into {shown_place(place)}",
                ACT,
                visitor.csrf,
                mode="download",
                backupid=backup,
                **into,
            ),
            el(
                "ul",
                [
                    el("li", link(entry["name"], "/files/restore", **path_query(entry), **kept))
                    for entry in entries
                ],
            ),
            _next(entries, "/files/restore", {**place, **kept}),
        )


def typed(label: str, name: str, button: str, visitor: Session, mode: str, /, **hidden: object) -> Tag:
    """A path, written by hand."""
    field = [
        el("label", f"{label} ", for_=f"typed-{name}"),
        el("input", type="text", name=name, id=f"typed-{name}", required=True, autocomplete="off"),
        el("span", " "),
    ]
    return form(button, ACT, visitor.csrf, *field, mode=mode, **hidden)


def _after(query: Mapping[str, str]) -> dict[str, str]:
    return {key: query[key] for key in ("after", "after_b64") if query.get(key)}


def _next(entries: list[dict[str, Any]], page: str, query: Mapping[str, str]) -> Tag | None:
    if len(entries) < ROWS:
        return None
    last = entries[-1]
    after = {"after_b64": last["path_b64"]} if "path_b64" in last else {"after": last["name"]}
    return el("p", link("Next page", page, **after, **query))
