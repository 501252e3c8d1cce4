"""The folder of a node: which one is meant, and that it is private."""

from pathlib import Path

import pytest

from bitdust.daemon.home import choose_home, open_home
from bitdust.errors import Usage


def test_choose_home_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flag wins over the variable, the variable over `~/.bitdust`, that over the system's usual place."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert choose_home("/flag", {"BITDUST_HOME": "/variable"}) == Path("/flag")
    assert choose_home(None, {"BITDUST_HOME": "/variable"}) == Path("/variable")
    assert choose_home(None, {}) == tmp_path / "state" / "bitdust"
    (tmp_path / ".bitdust").mkdir()
    assert choose_home(None, {}) == tmp_path / ".bitdust"
    assert choose_home("~/x", {}) == tmp_path / "x"


def test_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that changes its folder later still finds its home."""
    monkeypatch.chdir(tmp_path)
    assert choose_home("node", {}) == tmp_path / "node"


def test_new_home_is_private(tmp_path: Path) -> None:
    """Nobody else may look into a new node's folder."""
    home = open_home(tmp_path / "a" / "b")
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "logs").stat().st_mode & 0o777 == 0o700


def test_empty_folder_becomes_private(tmp_path: Path) -> None:
    """A folder made beforehand, empty, is closed to others."""
    (tmp_path / "home").mkdir(mode=0o755)
    assert open_home(tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_foreign_folder_keeps_its_mode(tmp_path: Path) -> None:
    """A folder with other things in it is not closed behind its owner's back."""
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home" / "thesis").touch()
    assert open_home(tmp_path / "home").stat().st_mode & 0o777 == 0o755


def test_folder_open_to_all_is_refused(tmp_path: Path) -> None:
    """Where others can write no node lives."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o777)
    with pytest.raises(Usage, match="others can write"):
        open_home(tmp_path / "home")


def test_file_is_refused(tmp_path: Path) -> None:
    """A file is no folder, said in words."""
    (tmp_path / "home").touch()
    with pytest.raises(Usage, match="not a folder"):
        open_home(tmp_path / "home")
    with pytest.raises(Usage, match="not a folder"):
        open_home(tmp_path / "home" / "below")
