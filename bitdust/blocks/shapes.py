"""How many of how many: the erasure codes in use, by the number of suppliers."""

from __future__ import annotations

from bitdust.errors import Usage

#: n suppliers -> k pieces that are enough
SHAPES: dict[int, int] = {2: 1, 4: 2, 7: 4, 13: 7, 18: 9, 26: 13, 64: 32}


def k_of(n: int) -> int:
    """
    How many of n pieces are enough to have the block again.

    @raise Usage: no code for so many suppliers.
    """
    try:
        return SHAPES[n]
    except KeyError:
        numbers = ", ".join(str(number) for number in SHAPES)
        raise Usage(f"a supplier set has {numbers} suppliers, not {n}") from None


def commit_at(n: int) -> int:
    """How many of n pieces are acknowledged when a block counts as committed: k and half of the others."""
    k = k_of(n)
    return k + (n - k + 1) // 2
