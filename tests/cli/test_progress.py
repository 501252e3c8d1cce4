"""How long work will take, in words."""

from __future__ import annotations

import pytest

from bitdust.cli.progress import _line, _pace, _status
from bitdust.config.sizes import format_size
from tests.cli.stub import task


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.4, "7 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7322, "2 h 2 min")]
)
def test_the_time_left(seconds: float, words: str) -> None:
    """In the units a person counts in, with the speed before it."""
    assert _pace(task(rate=2_000_000, left=seconds)) == f"{format_size(2_000_000)}/s, {words} left, "


def test_no_time_left() -> None:
    """What is not known is not said."""
    assert _pace(task(rate=0, left=None)) == ""


def test_what_a_line_tells() -> None:
    """Of a backup what was read, what of it is new and what was sent; of a restore what has come."""
    row = task(state="sending", done=2000, total=8000, new=1000, sent=500, progress=0.25)
    size = format_size
    assert (
        _line(row) == f"25 % {size(2000)} of {size(8000)} read, {size(1000)} new, {size(500)} sent, sending"
    )
    assert "sent" not in _line({**row, "kind": "restore", "state": "reading"})


def test_what_a_program_is_told() -> None:
    """Also how much each supplier was sent."""
    each = [{"fingerprint": "ab", "sent": 5}]
    assert _status(task(suppliers=each))["suppliers"] == each
