"""What people write, from the command line."""

from __future__ import annotations

import pytest

from bitdust.cli.old_words import modern

BOB = "http://id.example.net/bob.xml"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("friends", "contact"),
        ("buddy add http://id.example.net/bob.xml", "contact add http://id.example.net/bob.xml"),
        ("friend check bob", "contact find bob"),
        ("peer nick bob", "contact find bob"),
        ("contact check bob", "contact find bob"),
        ("correspondent list", "contact list"),
        ("msg send bob hello", "message send bob hello"),
        ("messages list", "message list"),
        ("chat", "message"),
    ],
)
def test_old_words(old: str, new: str) -> None:
    """The original's words for friends and messages lead to ours."""
    assert modern(old.split()) == new.split()
