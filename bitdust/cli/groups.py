"""
Commands that are found by their name and loaded when they are called, so that the command line starts fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import click

from bitdust.cli.old_words import modern


class Nouns(click.Group):
    """A group whose name alone means its `list` (or the command named), and whose commands have old names."""

    def __init__(
        self, *args: Any, default: str | None = None, old: Mapping[str, str] | None = None, **more: Any
    ):
        super().__init__(*args, **more)
        self._default = default
        self._old = old or {}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, self._old.get(name, name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            raise click.UsageError(_no_such(args[0], self.commands), ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_help = args and args[0] in ctx.help_option_names
        # A shell that completes `bitdust supplier re` does not mean the list.
        if (
            self._default is not None
            and not asks_help
            and not ctx.resilient_parsing
            and (not args or args[0].startswith("-"))
        ):
            args = [self._default, *args]
        return super().parse_args(ctx, args)


class Root(click.Group):
    """
    The first word of the line.

    @param sections: title -> {command: (where it is, `module:attribute`; what it does)}.
    """

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, tuple[str, str]]], **more: Any):
        super().__init__(*args, **more)
        self._sections = sections
        self._places = {name: place for section in sections.values() for name, (place, _) in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        place = self._places.get(name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(import_module(f"bitdust.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = modern(args)
        likely = [name for name in self._places if name.startswith(args[0])]
        if args[0] not in self._places and len(likely) == 1:
            args[0] = likely[0]
        if args[0] not in self._places:
            raise click.UsageError(_no_such(args[0], likely or self._places), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, sentence) for name, (_, sentence) in section.items()])


def _no_such(word: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(names), 3, 0.6) or [name for name in names if name.startswith(word)]
    meant = f"  Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return f"no such command {word!r}.{meant}"
