"""How many of how many."""

import pytest

from bitdust.blocks.shapes import SHAPES, commit_at, k_of
from bitdust.errors import Usage


def test_half_is_enough() -> None:
    """k is half of n, rounded up: what the durability figures were computed for."""
    assert all(k_of(n) == (n + 1) // 2 for n in SHAPES)


def test_commit_is_between_enough_and_all() -> None:
    """2 of 2, 3 of 4, 6 of 7, 10 of 13, 14 of 18, 20 of 26, 48 of 64."""
    assert [commit_at(n) for n in SHAPES] == [2, 3, 6, 10, 14, 20, 48]


@pytest.mark.parametrize("n", [0, 1, 3, 5, 65, -2])
def test_other_numbers_are_refused(n: int) -> None:
    """A supplier set of another size is refused, naming those there are."""
    with pytest.raises(Usage, match="2, 4, 7"):
        k_of(n)
