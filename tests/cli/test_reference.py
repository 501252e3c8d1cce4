"""The books are those of this code."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

from bitdust.api import shapes
from bitdust.api.methods import all_methods
from bitdust.cli.man import man_pages
from bitdust.cli.reference import pages
from bitdust.cli.tree import commands
from bitdust.cli.typed import answers_text, calls_text
from bitdust.client import Client

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference"


def test_the_books_are_not_stale() -> None:
    """`make docs` would change nothing.  When this fails, run it."""
    written = {path.name: path.read_text() for path in DOCS.glob("*.md")}
    stale = [name for name, text in pages().items() if written.get(name) != text]
    assert stale == [], "run `make docs`"
    assert set(written) == set(pages())


def test_the_manual_has_every_method() -> None:
    """The manual offers the same set as the doors."""
    assert re.findall(r"^## (\w+)$", pages()["api.md"], re.MULTILINE) == list(all_methods())


def test_every_command_has_a_man_page() -> None:
    """Name, synopsis, options and examples, and no line that roff would take for an unknown command."""
    found = man_pages()
    assert set(found) == {"bitdust.1"} | {"-".join(("bitdust", *words)) + ".1" for words, _ in commands()}
    known = (".TH", ".SH", ".TP", ".nf", ".fi")
    for text in found.values():
        assert ".SH SYNOPSIS\nbitdust" in text
        assert all(line.startswith(known) for line in text.splitlines() if line[:1] in (".", "'"))


def test_shapes_in_words() -> None:
    """The examples in the docstrings hold."""
    assert doctest.testmod(shapes).failed == 0


def test_the_client_is_typed() -> None:
    """The Python client has one typed call for each method, with its arguments and defaults."""
    product = DOCS.parent.parent / "bitdust"
    assert (product / "calls.py").read_text() == calls_text(), "run `make docs`"
    assert (product / "answers.py").read_text() == answers_text(), "run `make docs`"
    for name, method in all_methods().items():
        _, *params = inspect.signature(getattr(Client, name)).parameters.values()
        told = [(param.name, param.default is param.empty) for param in params]
        assert told == [(param.name, param.required) for param in method.params]
