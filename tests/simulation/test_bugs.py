"""T70: bugs that were put in are found by the oracles; all ten by `python -m tests.simulation --bug all`."""

from __future__ import annotations

import pytest

from tests.simulation.bugs import NAMES, shape_of, with_bug
from tests.simulation.plan import faults_of
from tests.simulation.plots import between, loss_in

#: bug -> a seed that catches it soon, and the oracle that speaks
SOON = {"ack_before_fsync": (1, "O2"), "release_early": (1, "O5")}


@pytest.mark.parametrize("name", SOON)
def test_it_is_caught(name: str) -> None:
    """A program with this bug does not pass."""
    seed, oracle = SOON[name]
    assert with_bug(name, seed).oracle == oracle


def test_every_bug_has_its_faults() -> None:
    """Each names the mix of faults under which it shows."""
    assert len(NAMES) == 10
    for name in NAMES:
        kinds = {fault.kind for seed in range(1, 99) for fault in faults_of(seed, shape_of(name))}
        assert kinds == {kind for kind, _ in shape_of(name).mix}


@pytest.mark.parametrize(
    ("n", "k", "expected"), [(2, 1, 1.6e-2), (4, 2, 7.8e-4), (7, 4, 7.3e-5), (13, 7, 3.3e-9)]
)
def test_the_model_of_the_plots(n: int, k: int, expected: float) -> None:
    """Suppliers who live a year, three days to repair: the chance of loss in a year, as published."""
    assert loss_in(365, n, k, 365, 3) == pytest.approx(expected, rel=0.02)
    assert between(0, 10)[0] == 0.0
    assert between(5, 10)[0] < 0.5 < between(5, 10)[1]
