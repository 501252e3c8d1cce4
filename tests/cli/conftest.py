"""A folder, a stub node in it, and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.cli.main import main
from tests.cli.stub import StubNode

Run = Callable[..., "Outcome"]


class Outcome:
    """What one command line said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The node's folder, by BITDUST_HOME."""
    for name in ("NO_COLOR", "FORCE_COLOR", "BITDUST_API_TOKEN", "BITDUST_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BITDUST_HOME", str(tmp_path / "n"))
    return tmp_path / "n"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""

    def run(*words: str) -> Outcome:
        code = main(words)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture
def node(home: Path) -> Iterator[StubNode]:
    """A node that answers what the test tells it to."""
    stub = StubNode(home, {})
    yield stub
    stub.close()
