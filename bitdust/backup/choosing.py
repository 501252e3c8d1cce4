"""
choosing -- which entries of a version a restore takes, by lines as in a `.gitignore`.

An entry is taken when an `include` line means it or a folder above it (or there are none), and no `exclude`
line does.  Lines count from the top of the version, as they do in a backup.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from bitdust.backup.excludes import Rules, read_rules
from bitdust.catalog.entries import Entry
from bitdust.catalog.facts import Kind
from bitdust.errors import Usage

#: lines of both kinds together
MOST = 200


class Choice:
    """
    One choice.

    @raise Usage: a line means nothing.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        if len(include) + len(exclude) > MOST:
            raise Usage(f"at most {MOST} patterns can be given")
        self._include = _rules(include, "include")
        self._exclude = _rules(exclude, "exclude")
        self._last: tuple[bytes, tuple[bool, bool]] = (b"", self._root())

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not (self._include.patterns or self._exclude.patterns)

    def takes(self, path: bytes, is_folder: bool) -> bool:
        """Whether this entry is taken."""
        if self.is_all:
            return True
        folder = path.rpartition(b"/")[0]
        if self._last[0] != folder:
            state = self._root()
            # From the top, since what is left out is not looked into.
            for end in [i for i, byte in enumerate(folder) if byte == 0x2F] + [len(folder)] if folder else []:
                state = self._below(state, folder[:end], True)
            self._last = folder, state
        included, excluded = self._below(self._last[1], path, is_folder) if path else self._root()
        return included and not excluded

    def _root(self) -> tuple[bool, bool]:
        return not self._include.patterns, False

    def _below(self, above: tuple[bool, bool], path: bytes, is_folder: bool) -> tuple[bool, bool]:
        included, excluded = above
        return included or _means(self._include, path, is_folder), excluded or _means(
            self._exclude, path, is_folder
        )


class Sieve:
    """
    Entries of a version, given in walk order, and those of them that are taken.

    A folder above something that is taken comes along, just before it: it has an owner, a mode and a date.
    """

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._above: list[Entry] = []

    def taken(self, entry: Entry) -> list[Entry]:
        """This entry, behind the folders above it that were not asked for by themselves; or nothing."""
        while self._above and not _holds(self._above[-1].path, entry.path):
            self._above.pop()
        is_folder = entry.meta.kind is Kind.DIR
        if self._choice.takes(entry.path, is_folder):
            found, self._above = [*self._above, entry], []
            return found
        if is_folder:
            self._above.append(entry)
        return []


def _holds(folder: bytes, path: bytes) -> bool:
    return not folder or path.startswith(folder + b"/")


def _rules(lines: Sequence[str], source: str) -> Rules:
    rules = read_rules(lines, source, words=False)
    if rules.notes or (lines and not rules.patterns):
        raise Usage("; ".join(rules.notes) or f"the {source} patterns mean nothing")
    return rules


def _means(rules: Rules, path: bytes, is_folder: bool) -> bool:
    text = os.fsdecode(path + b"/" * is_folder)
    for pattern in reversed(rules.patterns):
        if pattern.fits(text):
            return pattern.leaves_out
    return False
