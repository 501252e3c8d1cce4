"""
The terminal of one command: whom it asks, how it says things, and whether a person or a program reads them.

stdout carries what was asked for; notes, progress and errors go to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bitdust.cli.spelling import as_json, harmless
from bitdust.client import Client
from bitdust.daemon.home import TOKEN, choose_home
from bitdust.errors import BitDustError, Usage

COLOURS = {"good": "green", "bad": "red", "warn": "yellow", "quiet": "bright_black"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class Terminal:
    """
    What every command is handed.

    @param json: a program reads: every answer is JSON.
    @param quiet: no notes and no progress.
    @param verbose: how much more is told.
    """

    home_flag: str | None = None
    url: str | None = None
    json: bool = False
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    _client: Client | None = field(default=None, repr=False)

    @property
    def home(self) -> Path:
        """The folder of the node meant."""
        return choose_home(self.home_flag, os.environ)

    @property
    def client(self) -> Client:
        """The node to ask."""
        if self._client is None:
            self._client = self.make_client()
        return self._client

    def make_client(self, timeout: float = 300.0) -> Client:
        """A client of the node meant, by its folder or, with `--url`, by its address."""
        if self.url is None:
            return Client(self.home, timeout=timeout)
        return Client(url=self.url, token=self._token(), timeout=timeout)

    def ask(self, method: str, *arguments: object) -> Any:
        """What the node answers.  @raise BitDustError: it could not."""
        return self.client.call(method, *arguments)

    def say(self, text: str = "") -> None:
        """Tell what was asked for."""
        click.echo(harmless(text, colours=True), color=self.has_colour(sys.stdout))

    def note(self, text: str) -> None:
        """Tell something beside it, to a person."""
        if not self.quiet and not self.json:
            click.echo(harmless(text, colours=True), err=True, color=self.has_colour(sys.stderr))

    def show(self, value: object) -> None:
        """An answer as one JSON document on one line."""
        click.echo(as_json(value), color=False)

    def answer(self, value: Any) -> None:
        """The answer to an act: its words, or all of it to a program."""
        if self.json:
            self.show(value)
        else:
            self.say(str(value["result"]) if isinstance(value, dict) and "result" in value else str(value))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> None:
        """Rows in columns; those numbered in `right` end flush."""
        texts = [list(head), *([str(cell) for cell in row] for row in rows)]
        widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
        for number, row in enumerate(texts):
            cells = (
                cell.rjust(width) if column in right else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            line = "  ".join(cells).rstrip()
            self.say(click.style(line, bold=True) if number == 0 else line)

    def size(self, count: int) -> str:
        """Bytes, for a person."""
        from bitdust.config.sizes import format_size  # programs need none, and start faster without

        return format_size(count)

    def confirm(self, question: str, yes: bool) -> None:
        """
        Let a person at the terminal think twice; a program says that it has thought.

        @raise click.Abort: no.
        @raise Usage: there is nobody to be asked.
        """
        if yes:
            return
        if self.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Usage(
                f"not without a word: {question}",
                hint="nobody can be asked here: -y says yes beforehand",
            )
        click.confirm(harmless(question), abort=True, err=True)

    def has_colour(self, stream: Any) -> bool:
        """Whether to colour what goes there."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"

    def has_bars(self) -> bool:
        """Whether somebody watches who can be shown moving bars."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not self.quiet and not self.json

    def fail(self, error: BitDustError) -> None:
        """What went wrong, and what to do next."""
        if self.json:
            self.fail_json(error.exit_code, error.id, error.message, error.hint)
            return
        colour = self.has_colour(sys.stderr)
        label = click.style("error:", fg=COLOURS["bad"], bold=True)
        click.echo(f"{label} {harmless(error.message)}", err=True, color=colour)
        if error.hint:
            click.echo(f" hint: {harmless(error.hint)}", err=True, color=colour)

    def fail_json(self, code: int, name: str, message: str, hint: str) -> None:
        """The same for a program."""
        told = {"message_type": "exit_error", "code": code, "error": name, "message": message, "hint": hint}
        click.echo(as_json(told), err=True, color=False)

    def _token(self) -> str | None:
        """For an address without a password: from the environment or, on this machine, the node's folder."""
        from urllib.parse import urlsplit

        told = os.environ.get("BITDUST_API_TOKEN")
        if told:
            return told
        there = urlsplit(self.url or "")
        file = self.home / TOKEN
        if there.password or there.netloc.rpartition(":")[0] not in LOOPBACK or not file.is_file():
            return None
        return file.read_text().strip()


pass_terminal = click.make_pass_decorator(Terminal)


def said(*texts: str) -> str:
    """
    The help of a command: one sentence, then examples.

    >>> said("List the suppliers.", "bitdust supplier list")
    'List the suppliers.\\n\\n\\x08\\nExamples:\\n  bitdust supplier list'
    """
    sentence, *examples = texts
    lines = "\n".join(f"  {example}" for example in examples)
    return f"{sentence}\n\n\b\nExamples:\n{lines}"
