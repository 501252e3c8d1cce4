"""Which names a pattern means."""

from __future__ import annotations

import os
import re
import sys
import time
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.backup.pattern import Pattern
from bitdust.errors import Usage

HOME = b"/home/me"


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("*.jpg", b"a.jpg", True),
        ("*.jpg", b"deep\0er\0a.jpg", True),
        ("*.jpg", b"a.jpg\0b", False),
        ("me", b"", True),
        ("er/*.jpg", b"deep\0er\0a.jpg", True),
        ("deep/*.jpg", b"deep\0er\0a.jpg", False),
        ("deep/**/*.jpg", b"deep\0er\0a.jpg", True),
        ("deep/**/*.jpg", b"deep\0a.jpg", True),
        ("me/deep/*", b"deep\0er", True),
        ("/deep/er", b"deep\0er", False),
        ("/home/*/deep/er", b"deep\0er", True),
        ("/home/**", b"deep\0er", True),
        ("/home/me", b"", True),
        ("/home", b"", False),
        ("[ab]?", b"ax", True),
        ("[!ab]?", b"ax", False),
        ("caf\udce9", b"caf\xe9", True),
        ("caf?", b"caf\xc3\xa9", True),
        ("a", b"A", False),
    ],
)
def test_what_fits(pattern: str, key: bytes, fits: bool) -> None:
    """As a shell would have it."""
    assert Pattern(pattern).fits(HOME, key) is fits


def test_case() -> None:
    """Large and small letters are the same when that is asked for."""
    assert Pattern("*.JPG", True).fits(HOME, b"a.jpg")
    assert not Pattern("*.JPG").fits(HOME, b"a.jpg")


@pytest.mark.parametrize("wrong", ["", "x" * 2000, "/" * 100, "a\0"])
def test_no_pattern(wrong: str) -> None:
    """Nothing that could cost much is taken as a pattern."""
    with pytest.raises(Usage):
        Pattern(wrong)


def test_no_pattern_takes_long() -> None:
    """Many stars do not multiply: a hostile pattern costs about what a plain one does."""
    begun = time.process_time()
    evil = Pattern("*a" * 400 + "b")
    deep = Pattern("**/a/" * 30 + "b")
    for _ in range(20):
        assert not evil.fits(HOME, b"a" * 255)
        assert not deep.fits(HOME, b"a\0" * 200 + b"c")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "needle"),
    [
        ("*.jpg", False, b".jpg"),
        ("*.JPG", True, b".jpg"),
        ("*.iso", True, b"."),
        ("caf\udce9*", False, b"caf"),
        ("caf\u00e9 noir", True, b"caf"),
        ("photos/*.png", False, b"photos"),
        ("notes[12].txt", False, b"notes"),
        ("me/*.x", False, b".x"),
        ("home/*", False, None),
        ("me", False, b"me"),
        ("*", False, None),
        ("[ab]", False, None),
        ("\ud800", False, None),
    ],
)
def test_needle(pattern: str, ignore_case: bool, needle: bytes | None) -> None:
    """The longest stretch that each name has; none where the folder of the item may be what has it."""
    found = Pattern(pattern, ignore_case).needle(HOME)
    assert (found.of if found is not None else None) == needle


NAMES = st.text("aKk.[é\udcff", min_size=1, max_size=4).map(os.fsencode)
PATTERNS = st.text("aKk.*?[]é\udcff/", min_size=1, max_size=8)


@given(PATTERNS, st.booleans(), st.lists(NAMES, max_size=3), st.lists(NAMES, min_size=1, max_size=3))
def test_whatever_fits_has_the_needle(pattern: str, fold: bool, above: list[bytes], key: list[bytes]) -> None:
    """Nothing is passed over that fits."""
    try:
        asked = Pattern(pattern, fold)
    except Usage:
        return
    path, name = b"/" + b"/".join(above), b"\0".join(key)
    needle = asked.needle(path)
    if needle is not None and asked.fits(path, name):
        assert needle.is_in(name)


def test_letters_that_are_the_same_as_another() -> None:
    """Beside i, k and s no letter of ASCII is the same as one outside of it, whatever its size."""
    outside = "".join(map(chr, range(128, sys.maxunicode + 1)))
    found = {letter for letter in ascii_letters if re.search(letter, outside, re.IGNORECASE)}
    assert found == set("iIkKsS")
