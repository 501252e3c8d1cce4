"""What every test gets: a folder of its own to stand in, and signals as at a terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import globalLogPublisher


def pytest_configure() -> None:
    """A shell that runs the tests in the background lets them ignore Ctrl+C, and so their processes."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _stand_elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # trial's mktemp() makes its folders in the working folder.
    folder: Path = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(folder)


@pytest.fixture
def caught_failures() -> Iterator[list[Any]]:
    """What is logged as a failure meanwhile."""
    found: list[Any] = []

    def observe(event: Any) -> None:
        if event.get("log_failure") is not None:
            found.append(event["log_failure"])

    globalLogPublisher.addObserver(observe)
    yield found
    globalLogPublisher.removeObserver(observe)
