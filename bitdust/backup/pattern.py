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

from bitdust.errors import Usage

#: characters and parts of a pattern
LONGEST, MOST_PARTS = 1024, 64

Part = Callable[[str], object] | None


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

        self._whole = text.startswith("/")
        self._name = part(text) if len(parts) == 1 else None
        words = parts[1:] if self._whole else ["**", *parts]
        # Several in a row mean what one means.
        self._parts = [part(w) for i, w in enumerate(words) if w != "**" or i == 0 or words[i - 1] != "**"]

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
