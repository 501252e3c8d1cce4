"""
Every command there is, for the books and the tests that walk them all.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from bitdust.cli.main import SECTIONS, bitdust


def root_context() -> click.Context:
    """The context of `bitdust` itself, as it is when it is called."""
    # click keeps a command's help option from when it is first shown: all have to ask in the same words.
    return click.Context(bitdust, info_name="bitdust", terminal_width=100, **bitdust.context_settings)


def commands() -> Iterator[tuple[tuple[str, ...], click.Context]]:
    """Every command, as the words that call it and a context to ask it in."""
    root = root_context()
    for section in SECTIONS.values():
        for name in section:
            command = bitdust.get_command(root, name)
            assert command is not None
            yield from _below((name,), click.Context(command, parent=root, info_name=name))


def _below(words: tuple[str, ...], context: click.Context) -> Iterator[tuple[tuple[str, ...], click.Context]]:
    yield words, context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _below((*words, name), click.Context(command, parent=context, info_name=name))
