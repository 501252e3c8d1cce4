"""How fast work goes on, and what is left, from what was done lately."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.backup.course import LEAST, WINDOW, Course


def gone(course: Course, speed: float, begin: float, end: float, part: float = 0.0) -> None:
    """So many parts a second, noted ten times a second."""
    for step in range(int((end - begin) * 10) + 1):
        course.note(begin + step / 10, part + speed * step / 10)


def test_steady_work() -> None:
    """What is left is what is left, from the first seconds on."""
    course = Course()
    for second in range(1, 100):
        gone(course, 0.01, second - 1, second, 0.01 * (second - 1))
        if second >= LEAST:
            assert course.speed(second) == pytest.approx(0.01, rel=0.1)
            assert course.left(second) == pytest.approx(100 - second, abs=2)


def test_nothing_is_known_at_first() -> None:
    """No guess from a moment, and none when nothing has moved for long."""
    course = Course()
    assert course.left(5.0) is None
    course.note(5.0, 0.1)
    assert course.left(5.1) is None
    gone(course, 0.0, 6.0, 60.0, 0.1)
    assert course.speed(60.0) == 0.0
    assert course.left(60.0) is None


def test_a_line_that_gets_slower() -> None:
    """Half a minute later only the new speed counts."""
    course = Course()
    gone(course, 0.01, 0, 50)
    gone(course, 0.001, 50, 50 + WINDOW + 1, 0.5)
    assert course.speed(50 + WINDOW + 1) == pytest.approx(0.001, rel=0.1)


def test_a_rest_does_not_count() -> None:
    """After an hour's rest the speed is that of the work, not of the rest."""
    course = Course()
    gone(course, 0.01, 0, 10)
    course.rest()
    gone(course, 0.01, 3600, 3605, 0.1)
    assert course.speed(3605) == pytest.approx(0.01, rel=0.1)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-1, 2)), max_size=100))
def test_it_never_goes_back(steps: list[tuple[float, float]]) -> None:
    """Whatever is noted: 0 to 1, never less than before, and few moments are kept."""
    course, now, before = Course(), 0.0, 0.0
    for pause, part in steps:
        now += pause
        course.note(now, part)
        assert before <= course.part <= 1.0
        assert course.speed(now) >= 0.0
        assert len(course._kept) <= WINDOW / 0.5 + 3
        before = course.part
