"""Sizes read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.config.sizes import LARGEST, exact_size, format_size, parse_size
from bitdust.errors import Usage


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (100, "100 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KB"),
        (100 * 2**20, "100 MB"),
        (8 * 2**30, "8 GB"),
        (86958407, "82.93 MB"),
        (2**20 - 1, "1 MB"),
        (3 * 2**40, "3 TB"),
        (5000 * 2**40, "5000 TB"),
        (1000 * 2**10, "1000 KB"),
        (-1, "?"),
    ],
)
def test_written(count, text):
    """The units are of 1024, with at most two decimals and no trailing zeros."""
    assert format_size(count) == text


@pytest.mark.parametrize(
    "text", ["8 GB", "8gb", "8GiB", "8 gib", " 8G ", "8192 MB", "8589934592", "8589934592 bytes"]
)
def test_read(text):
    """Any case, with or without a space, and with the units of purists."""
    assert parse_size(text) == 8 * 2**30


@pytest.mark.parametrize(
    "text", ["", "GB", "-1 GB", "1,5 GB", "8 XB", "1e9", "0x10", "9" * 200, "9999999 TB", "８ GB", "inf"]
)
def test_refused(text):
    """What is no size is refused with a hint, not guessed."""
    with pytest.raises(Usage) as caught:
        parse_size(text)
    assert caught.value.hint


@given(st.integers(0, LARGEST))
def test_exact(count):
    """A stored size never changes by being written."""
    assert parse_size(exact_size(count)) == count


@given(st.integers(0, LARGEST))
def test_shown_sizes_read_back_nearly(count):
    """What is shown can be typed in again, and means the same within the two decimals."""
    assert abs(parse_size(format_size(count)) - count) <= count * 0.01 + 1
