"""
The flags that say which versions are kept: restic's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

#: the counts, and what each of them is of
COUNTS = {
    "last": "Keep the newest N versions; -1 or unlimited for all.",
    "hourly": "The newest of each of N hours that have one.",
    "daily": "The same of N days.",
    "weekly": "The same of N weeks.",
    "monthly": "The same of N months.",
    "yearly": "The same of N years.",
}
#: the spans of time
SPANS = {
    "within": "All within TIME before the newest: 1y5m7d2h.",
    "within_hourly": "One of each hour within TIME.",
    "within_daily": "One of each day within TIME.",
    "within_weekly": "One of each week within TIME.",
    "within_monthly": "One of each month within TIME.",
    "within_yearly": "One of each year within TIME.",
}


def _count(text: str) -> int:
    """A number, or restic's word for all."""
    try:
        return -1 if text == "unlimited" else int(text)
    except ValueError:
        raise click.BadParameter(f"{text[:40]!r} is neither a number nor unlimited.") from None


def keep_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them, as `keep_NAME`; None where one is not given."""
    for name, help_ in reversed([*COUNTS.items(), *SPANS.items()]):
        is_count = name in COUNTS
        command = click.option(
            f"--keep-{name.replace('_', '-')}",
            type=_count if is_count else str,
            metavar="N" if is_count else "TIME",
            help=help_,
        )(command)
    return command
