"""The sample configuration says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from bitdust.config.sample import sample_text
from bitdust.config.settings import Settings

FILE = Path(__file__).parents[2] / "etc" / "bitdust.toml"


def test_sample_is_up_to_date() -> None:
    """`etc/bitdust.toml` is what the options make of it.  Anew: `python -m bitdust.config.sample`."""
    assert FILE.read_text() == sample_text()


def test_sample_changes_nothing(tmp_path: Path) -> None:
    """Copied as it is, every setting keeps its default; and there is nothing in it that no option has."""
    (tmp_path / "bitdust.toml").write_text(sample_text())
    settings = Settings(tmp_path / "bitdust.toml")
    assert settings.unknown == ()
    assert {settings.source(key) for key in settings} == {"default"}


def test_every_option_can_be_taken_from_the_sample(tmp_path: Path) -> None:
    """With the # taken away everywhere, every option is read from the file, as its default."""
    (tmp_path / "bitdust.toml").write_text(re.sub(r"^#(?=[a-z-]+ = )", "", sample_text(), flags=re.MULTILINE))
    settings = Settings(tmp_path / "bitdust.toml")
    assert settings.unknown == ()
    assert {settings.source(key) for key in settings} == {"file"}
    assert all(settings.get(key) == settings.option(key).default for key in settings)
