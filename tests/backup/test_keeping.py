"""Which versions of an item are too many."""

from __future__ import annotations

import pytest

from bitdust.backup.keeping import surplus
from bitdust.catalog.versions import Version


def version(seq: int, kind: str) -> Version:
    """`f` full, `e` empty, `s` with something skipped, `d` damaged, `w` waiting, `c` a checkpoint."""
    state = {"d": "damaged", "w": "waiting"}.get(kind, "safe")
    files = 0 if kind == "e" else 3
    return Version("0/0", f"F{seq}", seq, state, files, 10, 10, 1, 0.0, kind != "c", int(kind == "s"), 1)


@pytest.mark.parametrize(
    ("there", "most", "kept"),
    [
        ("ffff", 2, "__ff"),
        ("ff", 2, "ff"),
        ("f", 2, "f"),
        ("ffss", 2, "_fss"),
        ("ffsss", 2, "_f_ss"),
        ("ssss", 2, "__ss"),
        ("ffee", 2, "_fee"),
        ("ffsee", 2, "_fsee"),
        ("ffdd", 2, "ffdd"),
        ("dfff", 2, "__ff"),
        ("fdfdf", 2, "__fdf"),
        ("fffw", 2, "_ffw"),
        ("cfff", 2, "c_ff"),
        ("dd", 1, "dd"),
    ],
)
def test_what_goes(there: str, most: int, kept: str) -> None:
    """The newest stay; what had all, and what had files, is not pushed out by what has not."""
    found = [version(seq, kind) for seq, kind in enumerate(there, 1)]
    gone = {each.seq for each in surplus(found, most)}
    assert "".join("_" if each.seq in gone else kind for each, kind in zip(found, there, strict=True)) == kept
