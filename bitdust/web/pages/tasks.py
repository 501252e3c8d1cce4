"""
`/files/tasks`: what is on its way up and down, and what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.publish.page import Answer
from bitdust.web.logins import Session
from bitdust.web.pages.frame import House, WebPage, framed, page_answer
from bitdust.web.pages.markup import el, html, progress, table

_WAYS = {"up": "backup", "down": "restore"}
_ENDED = 20


class TasksPage(WebPage):
    """The page; with `part` only what a script puts into it again and again."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        region = await tasks_region(self.house)
        if query.get("part"):
            return page_answer(await html(region))
        ended = [task for task in await self.house.door.call("tasks_list") if _is_over(task)]
        rows: list[list[Any]] = [
            [task["name"], task["kind"], task["state"], str(task["files"]), task["message"]]
            for task in reversed(ended[-_ENDED:])
        ]
        return await framed(
            "Tasks",
            "/files/tasks",
            visitor,
            region,
            el("h2", "Before"),
            table("What ended lately", ("Path", "Work", "Outcome", "Files", "Note"), rows)
            if rows
            else el("p", "Nothing has ended since the node started."),
        )


async def tasks_region(house: House) -> Tag:
    """What is under way."""
    tasks = await house.manage("tasks", downloads=True)
    rows: list[list[Any]] = [
        [
            task["path"],
            _WAYS[task["mode"]],
            progress(task["progress"], f"{_WAYS[task['mode']]} of {task['name']}"),
        ]
        for task in tasks[:100]
    ]
    return el(
        "section",
        el("h2", "Under way"),
        table("Backups and restores", ("Path", "Work", "Progress"), rows)
        if rows
        else el("p", "Nothing is under way."),
        id="tasks",
    )


def _is_over(task: Mapping[str, Any]) -> bool:
    return task["state"] in ("committed", "done", "failed", "cancelled")
