"""
`/files/tasks`: what is under way, and what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.web.template import Tag

from bitdust.api.publish.page import Answer
from bitdust.config.sizes import format_size
from bitdust.config.spans import format_span
from bitdust.web.logins import Session
from bitdust.web.pages.frame import House, WebPage, framed, page_answer
from bitdust.web.pages.markup import el, html, progress, table

#: tasks shown that are under way, and that have ended
_SHOWN, _ENDED = 100, 20


class TasksPage(WebPage):
    """The page; with `part` only what a script puts into it again and again."""

    async def show(self, query: Mapping[str, str], visitor: Session) -> Answer:
        region = await tasks_region(self.house)
        if query.get("part"):
            return page_answer(await html(region))
        ended = [task for task in await self.house.door.call("tasks_list") if _is_over(task)]
        rows: list[list[Any]] = [
            [task["name"], task["kind"], task["state"], str(task["files"]), _note(task)]
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
    tasks = [task for task in await house.door.call("tasks_list") if not _is_over(task)]
    rows: list[list[Any]] = [
        [
            task["name"],
            task["kind"],
            progress(f"{task['progress'] * 100:.1f}%", f"{task['kind']} of {task['name']}"),
            _how_far(task),
            task["state"],
        ]
        for task in tasks[:_SHOWN]
    ]
    return el(
        "section",
        el("h2", "Under way"),
        table("What is under way", ("Path", "Work", "Progress", "How far", "State"), rows)
        if rows
        else el("p", "Nothing is under way."),
        id="tasks",
    )


def _note(task: Mapping[str, Any]) -> str:
    return "; ".join(filter(None, (task["message"], task["warning"])))


def _how_far(task: Mapping[str, Any]) -> str:
    """`2 MB of 30 MB, 5 MB/s, 6 s left`."""
    parts = [format_size(task["done"])]
    if task["total"] >= 0:
        parts[0] += f" of {format_size(task['total'])}"
    if task["left"] is not None:
        parts += [f"{format_size(task['rate'])}/s", f"{format_span(task['left'])} left"]
    return ", ".join(parts)


def _is_over(task: Mapping[str, Any]) -> bool:
    return task["state"] in ("committed", "done", "failed", "cancelled")
