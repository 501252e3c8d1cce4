"""
Patterns of names, as shells have them: `*.jpg`, `photos/*/img?.png`, `/home/*/mail/**`.

A pattern without `/` means a name wherever it is; one that begins with `/` the whole path; any other the last
parts of a path.  `*` and `?` stop at `/`; `**` between them means any number of folders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from fnmatch import translate

from bitdust.catalog.looking import Needle
from bitdust.errors import Usage

#: characters and parts of a pattern
LONGEST, MOST_PARTS = 1024, 64

Part = Callable[[str], object] | None
#: where a stretch ends that stands in each name as it does in the pattern; the other letters are those that
#: are the same as one outside of ASCII when large and small ones are
_ENDS = re.compile("[*?\ud800-\udfff]")
_ENDS_OF_ANY_CASE = re.compile(r"[*?]|[^\x00-\x7f]|[iks]")


class Pattern:
    """
    One pattern.

    @raise Usage: it is empty or too long.
    """

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        parts = text.split("/")
        if not text or len(text) > LONGEST or len(parts) > MOST_PARTS or "\0" in text:
            raise Usage("that is no pattern", hint="for example: '*.jpg', 'photos/*.png' or '/home/**/notes'")
        flags = re.IGNORECASE if ignore_case else 0

        def part(word: str) -> Part:
            # The standard library's expressions never go back over what a `*` has taken: no name takes long.
            return None if word == "**" else re.compile(translate(word), flags).match

        runs = (run for word in parts for run in _literals(word, ignore_case) if run)
        self._needles = [Needle(os.fsencode(run), ignore_case) for run in sorted(runs, key=len, reverse=True)]
        self._whole = text.startswith("/")
        self._name = part(text) if len(parts) == 1 else None
        words = parts[1:] if self._whole else ["**", *parts]
        # Several in a row mean what one means.
        self._parts = [part(w) for i, w in enumerate(words) if w != "**" or i == 0 or words[i - 1] != "**"]

    def needle(self, above: bytes) -> Needle | None:
        """
        What stands in the sort key of every name that it means, but perhaps that of the item itself.

        @param above: the path of the item.  None: nothing is known of the keys.
        """
        # In a pattern of one part it is the name that must have it, and the key ends with that.
        sure = (each for each in self._needles if self._name is not None or not each.is_in(above))
        return next(sure, None)

    def fits(self, above: bytes, key: bytes) -> bool:
        """
        Does it mean this name?

        @param above: the path of the item; `key`: the name's sort key in it (parts between zero bytes).
        """
        if self._name is not None:
            name = key.rpartition(b"\0")[2] if key else above.rpartition(b"/")[2]
            return self._name(os.fsdecode(name)) is not None
        path = os.fsdecode(above.strip(b"/")).split("/")
        if key:
            path += os.fsdecode(key).split("\0")
        return self._walk(path)

    def _walk(self, path: list[str]) -> bool:
        # How many parts of the pattern can be used up so far: the cost is parts times parts, at worst.
        at = self._open({0})
        for name in path:
            after: set[int] = set()
            for i in at:
                if i == len(self._parts):
                    continue
                part = self._parts[i]
                if part is None:
                    after.add(i)
                elif part(name):
                    after.add(i + 1)
            if not after:
                return False
            at = self._open(after)
        return len(self._parts) in at

    def _open(self, at: set[int]) -> set[int]:
        """The same, with every `**` also meaning no folder at all."""
        return at | {i + 1 for i in at if i < len(self._parts) and self._parts[i] is None}


def _literals(word: str, ignore_case: bool) -> list[str]:
    """Stretches of a part of a pattern that each name has; behind a `[` none is looked for."""
    word = word.partition("[")[0]
    return _ENDS_OF_ANY_CASE.split(word.lower()) if ignore_case else _ENDS.split(word)
