"""
api METHOD: anything a node can be asked.
"""

from __future__ import annotations

import json
from typing import Any

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.errors import Usage


@click.command(
    help=said(
        "Call any method of the node; without one, list them.  Arguments are plain, NAME=VALUE, or JSON.",
        "bitdust api config_get logs/debug-level",
        "bitdust api backups_list limit=10",
        'bitdust api restore_single \'["0/0/1", "/tmp/out"]\'',
    ),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("method", required=False)
@click.argument("arguments", nargs=-1)
@pass_terminal
def api(terminal: Terminal, method: str | None, arguments: tuple[str, ...]) -> None:
    from bitdust.api.methods import all_methods

    methods = all_methods()
    if method is None:
        if terminal.json:
            terminal.show({name: methods[name].doc for name in methods})
        else:
            terminal.table(
                ("METHOD", "WHAT IT DOES"), [(each.usage, each.sentence) for each in methods.values()]
            )
        return
    names = [param.name for param in methods[method].params] if method in methods else []
    positional, named = read_arguments(arguments, names)
    answer = terminal.client.call(method, *positional, **named)
    if terminal.json:
        terminal.show(answer)
    else:
        terminal.say(json.dumps(answer, ensure_ascii=False, indent=2))


def read_arguments(words: tuple[str, ...], names: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """
    What the words mean to a method whose parameters have these names.

    An array is the positional arguments, an object the named ones; everything else is a text.

    @raise Usage: it looks like JSON and is none.
    """
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in names:
            named[name] = _value(value)
        elif word[:1] in "{[" and word:
            given = _value(word)
            if isinstance(given, list):
                positional += given
            elif set(given) <= set(names):
                named |= given
            else:
                positional.append(given)
        else:
            positional.append(word)
    return positional, named


def _value(word: str) -> Any:
    if word[:1] not in ("{", "["):
        return word
    try:
        return json.loads(word)
    except (ValueError, RecursionError) as wrong:
        raise Usage(f"{word[:60]!r} is no JSON: {wrong}", hint="quote it for the shell") from None
