"""Which names a pattern means."""

from __future__ import annotations

import time

import pytest

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
