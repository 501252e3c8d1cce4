"""What every test gets: a folder of its own to stand in, and signals as at a terminal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """A shell that runs the tests in the background lets them ignore Ctrl+C, and so their processes."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _stand_elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # trial's mktemp() makes its folders in the working folder.
    folder: Path = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(folder)
