"""When the heads that were shown are enough to recover from."""

from __future__ import annotations

import pytest

from bitdust.backup.recovery import _doubt
from bitdust.catalog.head import Head


def head(sequence: int, suppliers: str, epoch: int = 1) -> Head:
    """A head that names these suppliers, a letter each."""
    pairs = tuple((each, f"http://x/{each}.xml") for each in suppliers)
    return Head(epoch, sequence, bytes(32), ((epoch, 1, sequence),), pairs, 1.0)


@pytest.mark.parametrize(
    ("shown", "answered", "recorded", "enough"),
    [
        # Two of two must have it before it is committed: either knows.
        ({"a": head(1, "ab")}, "a", "ab", True),
        # Three of four: one of them alone may have missed the newest.
        ({"a": head(1, "abcd")}, "a", "abcd", False),
        ({"a": head(1, "abcd"), "b": head(1, "abcd")}, "ab", "abcd", True),
        # Whoever has none says nothing about what is committed, nor does one who is not of that set.
        ({"a": head(1, "abcd")}, "ab", "abcd", False),
        ({"a": head(2, "abcd"), "e": head(1, "abce")}, "ae", "abcd", False),
        # The newest head's own set counts.
        ({"a": head(1, "abcd"), "b": head(1, "abcd"), "e": head(2, "efgh")}, "abe", "efgh", False),
        # A record that names another set than the newest head: a newer head may be there.
        ({"a": head(1, "abcd"), "d": head(1, "abcd")}, "ad", "abce", False),
        ({"a": head(1, "abcd"), "d": head(1, "abcd")}, "ade", "abce", True),
        # Nothing was committed before there was a set.
        ({"a": head(1, "")}, "a", "abcd", False),
        ({"a": head(1, "")}, "abc", "abcd", True),
        ({one: head(1, "abcdefg") for one in "ab"}, "ab", "abcdefg", True),
        ({one: head(1, "abcdefghijklm") for one in "abc"}, "abc", "abcdefgh", False),
        ({one: head(1, "abcdefghijklm") for one in "abcd"}, "abcd", "abcdefgh", True),
    ],
)
def test_enough(shown: dict[str, Head], answered: str, recorded: str, enough: bool) -> None:
    """Enough is when no committed head can have been missed by all who show theirs."""
    assert (not _doubt(shown, set(answered), set(recorded))) is enough
