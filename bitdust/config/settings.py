"""
The values in force: environment before file before default.

The file is TOML, its tables the paths of the keys: `services/customer/needed-space` is `needed-space` in
`[services.customer]`.  The environment variable of a key wins over the file and cannot be
changed from inside.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bitdust import disk
from bitdust.config import toml
from bitdust.config.options import Option, Options, Value
from bitdust.config.original import NOT_HERE
from bitdust.config.table import ALL_OPTIONS
from bitdust.errors import Conflict, NotFound, Usage

_LARGEST_FILE = 1 << 20

#: Called with the key that changed.
Listener = Callable[[str], object]


class Settings:
    """
    The options of one node.

    @param path: the TOML file; it need not exist, and is made by the first `set`.
    @param env: the environment.
    @raise Usage: the file or the environment holds something that cannot be meant.
    """

    def __init__(
        self, path: Path, env: Mapping[str, str] | None = None, options: Options | None = None
    ) -> None:
        self.path = path
        self.options: Mapping[str, Option] = options if options is not None else Options(ALL_OPTIONS)
        self._text = self._read_text()
        self._stored = self._read_values()
        self._forced = {
            key: option.read(env[option.variable])
            for key, option in self.options.items()
            if env is not None and option.variable in env
        }
        self._listeners: list[tuple[str, Listener]] = []

    def __iter__(self) -> Iterator[str]:
        return iter(self.options)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys in the file that no option has: kept, without effect, worth a warning."""
        return tuple(sorted(set(toml.flat(tomllib.loads(self._text))) - set(self.options)))

    def option(self, key: str) -> Option:
        """@raise NotFound: there is no option of that name."""
        try:
            return self.options[key]
        except KeyError:
            raise _no_option(key, self.options) from None

    def get(self, key: str) -> Value:
        """The value in force: bool, int (bytes for sizes) or str."""
        option = self.option(key)
        for values in (self._forced, self._stored):
            if key in values:
                return values[key]
        return option.default

    def text(self, key: str) -> str:
        """The value in force as it is shown: `8`, `true`, `128 MB`."""
        return self.option(key).text(self.get(key))

    def source(self, key: str) -> str:
        """Where the value comes from: `environment`, `file` or `default`."""
        self.option(key)
        if key in self._forced:
            return "environment"
        return "file" if key in self._stored else "default"

    def explain(self, key: str) -> dict[str, str | bool]:
        """All that is to be said of an option.  @raise NotFound: there is none of that name."""
        option = self.option(key)
        return {
            "key": key,
            "type": option.type,
            "sentence": option.sentence,
            "value": self.text(key),
            "default": option.text(option.default),
            "source": self.source(key),
            "allowed": option.bounds(),
            "variable": option.variable,
            "restart": not option.live,
        }

    def flag(self, key: str) -> bool:
        """A boolean."""
        return bool(self.get(key))

    def number(self, key: str) -> int:
        """An integer, a size in bytes, or a choice among numbers."""
        return int(self.get(key))

    def words(self, key: str) -> str:
        """A string, without white space around it."""
        return str(self.get(key)).strip()

    def several(self, key: str) -> list[str]:
        """The words of a string: commas or white space between them."""
        return self.words(key).replace(",", " ").split()

    def file(self, key: str) -> Path | None:
        """A file or folder path, `~` replaced; None when empty."""
        words = self.words(key)
        return Path(words).expanduser() if words else None

    def set(self, key: str, value: object) -> str:
        """
        Store a value, durably, and tell who listens.  Answers the old value as text.

        @raise NotFound: no such option.
        @raise Usage: not a value of its type.
        @raise Conflict: the environment fixes it.
        """
        option = self.option(key)
        if key in self._forced:
            raise Conflict(
                f"{key} is fixed by the environment variable {option.variable}",
                hint="take the variable away and start the node again",
            )
        old, new = self.get(key), option.read(value)
        text = toml.with_value(
            self._text, key, option.text(new) if option.type in ("disk space", "combo box") else new
        )
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.write_file(self.path, text.encode())
        self._text = text
        self._stored[key] = new
        if new != old:
            for prefix, listener in tuple(self._listeners):
                if key.startswith(prefix):
                    listener(key)
        return option.text(old)

    def listen(self, prefix: str, listener: Listener) -> Callable[[], None]:
        """Be called with each key under `prefix` that changes.  Answers the function that ends it."""
        entry = (prefix, listener)
        self._listeners.append(entry)

        def stop() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)

        return stop

    def _read_text(self) -> str:
        try:
            return disk.read_file(self.path, _LARGEST_FILE).decode()
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise Usage(f"{self.path} is not UTF-8 text") from None

    def _read_values(self) -> dict[str, Value]:
        try:
            found: dict[str, Any] = toml.flat(tomllib.loads(self._text))
        except (tomllib.TOMLDecodeError, RecursionError) as wrong:
            raise Usage(f"{self.path} is not a TOML file: {wrong}") from None
        try:
            return {key: self.options[key].read(found[key]) for key in found if key in self.options}
        except Usage as wrong:
            raise Usage(f"{self.path}: {wrong.message}", hint=wrong.hint) from None


def _no_option(key: str, options: Iterable[str]) -> NotFound:
    """What is to be said of a key that no option has: one of the original's, a misspelt one, or neither."""
    absent = NOT_HERE.get(key)
    if absent is not None:
        return NotFound(f"{key} means nothing here: {absent.why}", hint=absent.instead)
    near = difflib.get_close_matches(key[:100], list(options), 3, 0.75)
    if near:
        return NotFound(f"there is no option {key[:100]!r}", hint=f"did you mean {' or '.join(near)}?")
    return NotFound(f"there is no option {key[:100]!r}", hint="`bitdust config list` shows all options")
