"""Whoever knows the original's words is understood."""

from __future__ import annotations

import click
import pytest

from bitdust.cli.main import bitdust
from bitdust.cli.names import is_backup_id, is_id, meant, name_in
from bitdust.cli.old_words import OLD_WORDS, SHORT_KEYS, modern
from bitdust.config.settings import ALL_OPTIONS


@pytest.mark.parametrize(("old", "now"), OLD_WORDS.items(), ids=" ".join)
def test_every_old_word_reaches_a_command(old: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Each old word leads to a command that exists."""
    assert modern(old) == list(now)
    context = click.Context(bitdust, info_name="bitdust")
    command = bitdust.get_command(context, now[0])
    assert command is not None
    if isinstance(command, click.Group) and len(now) > 1:
        assert command.get_command(context, now[1]) is not None


def test_the_rest_of_the_line_follows() -> None:
    """Arguments stay as they are."""
    assert modern(["backup", "start", "/x"]) == ["backup", "/x"]
    assert modern(["backup", "delete", "local", "0/0/F1"]) == ["delete", "--local", "0/0/F1"]
    assert modern(["backup", "./list"]) == ["backup", "./list"]
    assert modern([]) == []


def test_short_keys_are_options() -> None:
    """The short names of settings stand for settings that exist."""
    assert set(SHORT_KEYS.values()) <= {option.key for option in ALL_OPTIONS}


def test_ids() -> None:
    """What is an ID, what is a version, what is a path."""
    assert is_id("0/0/1/0/0")
    assert is_id("0/0/1/F20160313043757PM")
    assert is_id("0/0/1/F20160313043757PM:a/b\nc")
    assert is_backup_id("0/F20160313043757PM1")
    assert not is_backup_id("0/0/1")
    assert not is_id("./0")
    assert not is_id("photos")
    assert not is_id("0/0/1/F2016")
    assert meant("/a/../b") == "/b"
    assert name_in("http://id.example.net/alice.xml#fp=abc") == "alice"
