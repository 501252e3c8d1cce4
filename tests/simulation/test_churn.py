"""T65 in small: suppliers die for good all the time; `python -m tests.simulation.churn` has the long runs."""

from __future__ import annotations

import pytest

from bitdust.blocks.shapes import k_of
from tests.simulation.churn import Life, churn
from tests.simulation.plots import loss_in


@pytest.mark.parametrize(
    "life",
    [Life(7, 15.0, days=5.0, customers=1), Life(13, 10.0, there=0.8, days=2.0, customers=1)],
    ids=["always there", "away a fifth of the time"],
)
def test_no_more_is_lost_than_the_model_says(life: Life) -> None:
    """T65: a set whose suppliers live for some days is there after a few of them, as foreseen."""
    outcome = churn(1, life)
    assert outcome["hits"]
    assert bool(outcome["absences"]) == (life.there < 1)
    assert loss_in(life.days, life.n, k_of(life.n), life.mean) < 0.02
    assert outcome["lost"] == 0
