"""
Spans of time as people read them: `40 s`, `3 min 20 s`, `2 h 5 min`.
"""

from __future__ import annotations


def format_span(seconds: float) -> str:
    """Hours, minutes and seconds, of which the smallest are left out where they do not matter."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
