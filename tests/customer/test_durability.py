"""How long it lasts: a model that is published, fed with what was measured."""

from __future__ import annotations

import pytest

from bitdust.customer.durability import judge, life_of, loss_within


@pytest.mark.parametrize(
    ("n", "k", "life", "repair", "expected"),
    [
        (2, 1, 365, 3, 1.6e-2), (4, 2, 365, 3, 7.8e-4), (7, 4, 365, 3, 7.3e-5), (13, 7, 365, 3, 3.3e-9),
        (4, 2, 90, 3, 4.5e-2), (7, 4, 365, 10, 2.3e-3), (13, 7, 30, 3, 3.6e-2),
    ],
)  # fmt: skip
def test_the_model(n: int, k: int, life: float, repair: float, expected: float) -> None:
    """The chances of loss in a year are those of the table that the shapes were chosen by."""
    assert loss_within(365, n, k, life, repair) == pytest.approx(expected, rel=0.05)


def test_the_fewer_are_left_the_worse() -> None:
    """Each loss that is not repaired yet makes the next year darker, and nobody left is certain."""
    chances = [loss_within(365, 7, 4, 365, 3, gone) for gone in range(5)]
    assert chances == sorted(chances)
    assert chances[4] == 1.0


def test_lights() -> None:
    """Green, yellow and red, as the shape and the suppliers are; no number where it would be no truth."""
    assert judge(2, 1, 1, 0, 0, 3).light == "red"
    assert judge(4, 2, 2, 0, 0, 3).light == "yellow"
    assert judge(7, 4, 3, 0, 0, 3).light == "green"
    far = judge(26, 13, 13, 0, 0, 3)
    assert far.light == "green"
    assert "common causes" in far.sentence
    assert judge(7, 4, 0, 0, 0, 3).light == "red"
    assert judge(7, 4, -1, 0, 0, 3).loss == 1.0


def test_what_was_measured_counts() -> None:
    """Nothing seen: a year. Ten losses in ten supplier-months: weeks, and the light follows."""
    assert life_of(0, 0) == 365
    assert life_of(3650, 0) == 4015
    assert judge(7, 4, 3, 300, 10, 3).life == pytest.approx(60.45, abs=0.1)
    assert judge(7, 4, 3, 300, 10, 3).light == "red"
