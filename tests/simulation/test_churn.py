"""T65 in small: suppliers die for good all the time; `python -m tests.simulation.churn` has the long runs."""

from __future__ import annotations

import pytest

from tests.simulation import churn
from tests.simulation.plots import loss_in


def test_no_more_is_lost_than_the_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """T65: a set of 4 of 7 whose suppliers live for 15 days is there after five of them, as foreseen."""
    monkeypatch.setattr(churn, "DAYS", 5.0)
    monkeypatch.setattr(churn, "CUSTOMERS", 1)
    outcome = churn.churn(1, 7, 15.0)
    assert outcome["hits"]
    assert loss_in(5.0, 7, 4, 15.0) < 0.02
    assert outcome["lost"] == 0
