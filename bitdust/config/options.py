"""
What an option is: a name, a type with the label that users of the original know, bounds, a default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bitdust.config.sizes import LARGEST, exact_size, format_size, parse_size
from bitdust.errors import Usage

#: The labels of the types; a type may also be named by its number in this list.
TYPES = (
    "undefined",
    "boolean",
    "string",
    "text",
    "integer",
    "positive integer",
    "non zero positive integer",
    "folder path",
    "file path",
    "combo box",
    "password",
    "disk space",
)

Value = bool | int | str

_TRUE = frozenset(("true", "1", "yes", "on"))
_FALSE = frozenset(("false", "0", "no", "off"))
_INTEGERS = frozenset(("integer", "positive integer", "non zero positive integer"))
_LONGEST = 4096


@dataclass(frozen=True)
class Option:
    """
    One setting.

    @param live: the part that uses it follows a change at once; else it holds from the next start.
    @param least, most: bounds of numbers and sizes (bytes).
    @param pattern: what a text must match whole, unless it is empty; `looks` says that in words.
    """

    key: str
    type: str
    default: Value
    sentence: str
    live: bool = False
    least: int = 0
    most: int = LARGEST
    choices: tuple[str, ...] = ()
    pattern: str = ""
    looks: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it: `BITDUST_` and the key in capitals."""
        return "BITDUST_" + self.key.upper().replace("/", "_").replace("-", "_")

    def read(self, given: object) -> Value:
        """
        The value meant by a text, number or boolean.

        @raise Usage: it is not of the option's type, or out of its bounds.
        """
        match self.type:
            case "boolean":
                return self._boolean(given)
            case "disk space":
                return self._bounded(given if _is_integer(given) else parse_size(self._words(given)))
            case label if label in _INTEGERS:
                return self._bounded(self._integer(given))
            case _:
                return self._choice(self._words(given))

    def text(self, value: Value) -> str:
        """The value as it is shown: `8`, `true`, `128 MB`."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return exact_size(int(value)) if self.type == "disk space" else str(value)

    def bounds(self) -> str:
        """What it may be, in words; empty when anything goes."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type == "disk space":
            most = "" if self.most == LARGEST else f" to {format_size(self.most)}"
            return f"{format_size(self.least)}{most or ' or more'}"
        if self.type in _INTEGERS:
            return f"{self.least} or more" if self.most == LARGEST else f"{self.least} to {self.most}"
        return self.looks

    def _boolean(self, given: object) -> bool:
        word = str(given).strip().lower() if isinstance(given, bool | int | str) else ""
        if word not in _TRUE | _FALSE:
            raise self._wrong(given)
        return word in _TRUE

    def _integer(self, given: object) -> int:
        if isinstance(given, float) and given.is_integer():
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise self._wrong(given)
        try:
            return int(given) if isinstance(given, int) else int(given[:_LONGEST].strip())
        except ValueError:
            raise self._wrong(given) from None

    def _bounded(self, given: object) -> int:
        count = self._integer(given)
        if not self.least <= count <= self.most:
            raise Usage(f"{self.key} must be {self.bounds()}")
        return count

    def _words(self, given: object) -> str:
        if isinstance(given, bool | float) or not isinstance(given, str | int):
            raise self._wrong(given)
        words = str(given)
        if len(words) > _LONGEST or not words.replace("\n", "").replace("\t", "").isprintable():
            raise self._wrong(given)
        return words

    def _choice(self, words: str) -> str:
        if self.choices and words.strip() not in self.choices:
            raise Usage(f"{self.key} must be {self.bounds()}")
        if self.pattern and words.strip() and not re.fullmatch(self.pattern, words.strip()):
            raise Usage(f"{self.key} must be {self.bounds()}")
        return words.strip() if self.choices or self.pattern else words

    def _wrong(self, given: object) -> Usage:
        return Usage(f"{self.key} is a {self.type}, and {str(given)[:40]!r} is not")


def _is_integer(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


class Options(Mapping[str, Option]):
    """Options by key, in the order of the manual."""

    def __init__(self, options: Iterable[Option]) -> None:
        self._by_key = {option.key: option for option in options}

    def __getitem__(self, key: str) -> Option:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)


def type_label(given: str | int) -> str:
    """
    The label of a type named by its label or its number.

    @raise Usage: there is no such type.
    """
    text = str(given).strip().lower()
    if text.isdecimal() and len(text) < 3 and int(text) < len(TYPES):
        return TYPES[int(text)]
    if text in TYPES:
        return text
    raise Usage(f"{text[:40]!r} is no type of an option", hint="the types are: " + ", ".join(TYPES))
