"""How long work will take, in words."""

from __future__ import annotations

import pytest

from bitdust.cli.progress import _pace
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
