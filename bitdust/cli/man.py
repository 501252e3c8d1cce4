"""
The man pages, one a command, in the language of roff.
"""

from __future__ import annotations

from collections.abc import Mapping

import click

from bitdust.cli.tree import commands, root_context


def man_page(words: tuple[str, ...], context: click.Context) -> str:
    """One command as a man page, section 1."""
    name = "-".join(("bitdust", *words))
    sentence, _, examples = _help_of(context.command).partition("Examples:")
    lines = [
        f'.TH "{name.upper()}" "1" "" "BitDust" "BitDust Manual"',
        ".SH NAME",
        f"{name} \\- {_roff(sentence.strip().splitlines()[0])}",
        ".SH SYNOPSIS",
        _roff(f"{context.command_path} {' '.join(context.command.collect_usage_pieces(context))}"),
        ".SH DESCRIPTION",
        *(_roff(line) for line in sentence.strip().splitlines()),
    ]
    if isinstance(context.command, click.Group):
        lines.append(".SH COMMANDS")
        for below in context.command.list_commands(context):
            one = context.command.get_command(context, below)
            assert one is not None
            lines += [".TP", f"\\fB{_roff(below)}\\fP", _roff(one.get_short_help_str(200))]
    lines.append(".SH OPTIONS")
    for option, meaning in _options(context):
        lines += [".TP", f"\\fB{_roff(option)}\\fP", _roff(meaning)]
    if examples.strip():
        lines += [
            ".SH EXAMPLES",
            ".nf",
            *(_roff(line.strip()) for line in examples.strip().splitlines()),
            ".fi",
        ]
    return "\n".join(lines) + "\n"


def man_pages() -> Mapping[str, str]:
    """File name -> content of every man page."""
    root = root_context()
    found = {"bitdust.1": man_page((), root)}
    for words, context in commands():
        found["-".join(("bitdust", *words)) + ".1"] = man_page(words, context)
    return found


def _help_of(command: click.Command) -> str:
    return (command.help or "").replace("\b\n", "")


def _options(context: click.Context) -> list[tuple[str, str]]:
    records = (param.get_help_record(context) for param in context.command.get_params(context))
    return [record for record in records if record is not None]


def _roff(text: str) -> str:
    """The text without anything that roff would take for a command."""
    safe = text.replace("\\", "\\\\").replace("-", "\\-")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe
