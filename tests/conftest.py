"""What every test gets: a folder of its own to stand in, so that nothing is left in the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _stand_elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # trial's mktemp() makes its folders in the working folder.
    folder: Path = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(folder)
