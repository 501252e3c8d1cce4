"""
How far long work has come: a bar for a person, a plain line now and then in a pipe, JSON for a program.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from bitdust.cli.terminal import Terminal
from bitdust.config.sizes import format_size
from bitdust.config.spans import format_span

LINE_EVERY = 10.0  # seconds between two lines in a pipe
JSON_EVERY = 0.5


class Progress:
    """Shows one piece of work while the `with` lasts."""

    def __init__(self, terminal: Terminal, name: str) -> None:
        self._terminal = terminal
        self._name = name
        self._bar: Any = None
        self._row: Any = None
        self._next = time.monotonic() + (0.0 if terminal.json else LINE_EVERY)

    def __enter__(self) -> Progress:
        if self._terminal.has_bars():
            self._bar = _rich_bar(self._terminal)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, task: dict[str, Any]) -> None:
        """It is so far now."""
        if self._bar is not None:
            self._move(task)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + (JSON_EVERY if self._terminal.json else LINE_EVERY)
            if self._terminal.json:
                self._terminal.show(_status(task))
            else:
                self._terminal.note(f"{self._name}: {_line(task)}")

    def _move(self, task: dict[str, Any]) -> None:
        known = int(task["total"]) >= 0
        if self._row is None:
            self._row = self._bar.add_task(self._name, total=None, state="")
        self._bar.update(
            self._row,
            total=1.0 if known else None,
            completed=float(task["progress"]),
            state=f"{_amount(task)}  {_pace(task)}{task['state']}",
        )


def _rich_bar(terminal: Terminal) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True, no_color=terminal.color == "never", highlight=False)
    return RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        refresh_per_second=1 / JSON_EVERY,
    )


def _status(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "message_type": "status",
        "task": task["id"],
        "kind": task["kind"],
        "state": task["state"],
        "percent_done": task["progress"],
        "files_done": task["files"],
        "bytes_done": task["done"],
        "total_bytes": task["total"],
        "bytes_new": task["new"],
        "bytes_sent": task["sent"],
        "suppliers": task["suppliers"],
        "bytes_per_second": task["rate"],
        "seconds_remaining": task["left"],
        "skipped": task["skipped"],
    }


def _line(task: dict[str, Any]) -> str:
    return f"{float(task['progress']) * 100:.0f} % {_amount(task)}, {_pace(task)}{task['state']}"


def _pace(task: dict[str, Any]) -> str:
    if task["left"] is None:
        return ""
    return f"{format_size(int(task['rate']))}/s, {format_span(task['left'])} left, "


def _amount(task: dict[str, Any]) -> str:
    done = format_size(int(task["done"]))
    amount = done if int(task["total"]) < 0 else f"{done} of {format_size(int(task['total']))}"
    if task["kind"] != "backup":
        return amount
    return f"{amount} read, {format_size(int(task['new']))} new, {format_size(int(task['sent']))} sent"
