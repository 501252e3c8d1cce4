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


def commit_at(n: int, k: int | None = None) -> int:
    """
    How many of n pieces, or of n suppliers, must have acknowledged before something counts as committed: as
    many as are enough (k; half of them, rounded up, when it is not given) and half of the others.
    """
    enough = (n + 1) // 2 if k is None else k
    return enough + (n - enough + 1) // 2
