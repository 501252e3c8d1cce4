"""Which entries of a version a restore takes."""

from __future__ import annotations

import pytest

from bitdust.backup.choosing import MOST, Choice, Sieve
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Usage

#: a version in walk order; folders end with /
TREE = [
    "",
    "a/",
    "a/b/",
    "a/b/c.jpg",
    "a/b/d.txt",
    "a/e.jpg",
    "f/",
    "f/g.txt",
    "h.jpg",
    "i/",
    "i/j/",
    "i/j/k.txt",
]


def taken(*include: str, exclude: tuple[str, ...] = ()) -> list[str]:
    sieve = Sieve(Choice(include, exclude))
    found = []
    for name in TREE:
        is_folder = not name or name.endswith("/")
        meta = Meta(Kind.DIR if is_folder else Kind.FILE)
        found += [each.path.decode() for each in sieve.taken(Entry(name.strip("/").encode(), meta, (), 1, 0))]
    return found


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), (), [name.strip("/") for name in TREE]),
        (("*.jpg",), (), ["", "a", "a/b", "a/b/c.jpg", "a/e.jpg", "h.jpg"]),
        (("/h.jpg",), (), ["", "h.jpg"]),
        (("a/b/",), (), ["", "a", "a/b", "a/b/c.jpg", "a/b/d.txt"]),
        (("a", "k.txt"), (), ["", "a", "a/b", "a/b/c.jpg", "a/b/d.txt", "a/e.jpg", "i", "i/j", "i/j/k.txt"]),
        (("*.jpg",), ("/a/",), ["", "h.jpg"]),
        ((), ("a/", "i/", "h*"), ["", "f", "f/g.txt"]),
        (("a/",), ("*.txt",), ["", "a", "a/b", "a/b/c.jpg", "a/e.jpg"]),
        (("*.jpg", "!h.jpg"), (), ["", "a", "a/b", "a/b/c.jpg", "a/e.jpg"]),
        (("h.jpg/",), (), []),
        (("nothing",), (), []),
    ],
)  # fmt: skip
def test_what_is_taken(include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]) -> None:
    """Lines mean what git means; what is taken comes with the folders above it, each once, in order."""
    assert taken(*include, exclude=exclude) == expected


def test_an_included_folder_is_not_opened_again_by_what_is_left_out_above_it() -> None:
    """What is left out is not looked into."""
    assert taken("k.txt", exclude=("i/",)) == []


@pytest.mark.parametrize("lines", [["#"], [""], ["*.jpg", "x" * 5000], ["a"] * (MOST + 1), ["!"]])
def test_lines_that_mean_nothing(lines: list[str]) -> None:
    """Refused: a choice that nobody meant may overwrite the wrong files."""
    with pytest.raises(Usage):
        Choice(lines)
