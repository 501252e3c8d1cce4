"""What docs/reliability.md says of the tests is so."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent
_ROW = re.compile(r"^\| (T\d+) \|.*\| (.+) \|$", re.MULTILINE)
_NAME = re.compile(r"`([a-z_/]+)` `(test_\w+)`")
#: the cases of the reference that must be covered
_MUST = {*range(1, 10), 15, 16, 17, *range(20, 35), *range(37, 45), 55, *range(61, 66), 69, 70}


def test_every_named_test_exists() -> None:
    """Each case that must be covered has a row, and each test that a row names is in the file it names."""
    rows = _ROW.findall((_HERE.parent / "docs" / "reliability.md").read_text())
    assert {int(case[1:]) for case, _ in rows} >= _MUST
    for case, tests in rows:
        named = _NAME.findall(tests)
        assert named, case
        for file, name in named:
            assert f"def {name}(" in (_HERE / f"{file}.py").read_text(), f"{case}: {file} has no {name}"
