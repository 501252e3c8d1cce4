"""Ends of links in a lab, and the test between them that tells each what the other said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class End:
    """A process in a namespace that does what it is told (`end.py`); a context manager."""

    def __init__(self, namespace: str, name: str) -> None:
        self.name = name
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.natlab.end", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def __enter__(self) -> End:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self, do: str, **words: object) -> None:
        """Tell it; `answer` has what comes of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **words}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """What came of the earliest order that was not answered yet."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self.name} has ended"
        return json.loads(line)

    def do(self, what: str, **words: object) -> Any:
        """Tell it, and wait."""
        self.begin(what, **words)
        return self.answer()
