"""How long to wait before trying again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bitdust.router.pauses import FLOOR, OFTEN, Pauses


@given(st.integers(0, 10_000), st.binary(min_size=4, max_size=4))
def test_between_the_floor_and_the_bound(attempt, chance):
    """Full jitter: anything below a bound that doubles up to a quarter of an hour; an hour at last."""
    seconds = Pauses(lambda size: chance)(attempt)
    most = 900.0 if attempt < OFTEN else 3600.0
    assert FLOOR <= seconds <= min(most, 2.0 ** min(attempt, 30))


def test_the_bound_grows():
    """The longest chance doubles each time."""
    pauses = Pauses(lambda size: b"\xff" * size)
    assert [round(pauses(attempt)) for attempt in range(12)] == [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        900,
        900,
    ]
    assert [round(pauses(attempt)) for attempt in (OFTEN - 1, OFTEN, 10 * OFTEN)] == [900, 3600, 3600]
