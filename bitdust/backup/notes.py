"""
notes -- what is said of names that did not go the usual way.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from bitdust.backup.walk import Skipped

#: names that are said; of the others only how many they are
SAID = 10


def told(notes: Collection[Skipped]) -> str:
    r"""
    The first of them in a sentence, and how many more there are; "" of none.

    >>> told([Skipped(b"a\xff", "is a pipe"), Skipped(b"", "is odd")])
    'a\\xff: is a pipe; is odd'
    """
    words = [f"{_plain(note.path)}: {note.why}" if note.path else note.why for note in islice(notes, SAID)]
    if len(notes) > SAID:
        words.append(f"and {len(notes) - SAID} more")
    return "; ".join(words)


def _plain(name: bytes) -> str:
    text = name.decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
