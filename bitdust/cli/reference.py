"""
The books: `docs/reference/*.md` and the man pages, written from the code by `make docs`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from bitdust import client
from bitdust.api.methods import all_methods
from bitdust.api.registry import Method
from bitdust.api.shapes import SHAPES, words_of
from bitdust.cli.main import bitdust
from bitdust.cli.man import man_pages
from bitdust.cli.tree import commands, root_context
from bitdust.cli.typed import answers_text, calls_text
from bitdust.config.original import ABSENT
from bitdust.config.table import ALL_OPTIONS
from bitdust.errors import all_errors

_MADE = "Made from the code by `make docs`; a test fails when it is stale.\n"

#: Exit codes that no error has.
_OTHER_CODES = {
    0: ("ok", "done"),
    3: ("partial", "done, with something left out"),
    19: ("degraded", "`status --check`: readable, below the wanted redundancy"),
}


def pages() -> Mapping[str, str]:
    """File name -> content of every page of the reference."""
    return {
        "api.md": _api(),
        "cli.md": _cli(),
        "settings.md": _settings(),
        "errors.md": _errors(),
        "events.md": _events(),
    }


def _api() -> str:
    methods = all_methods()
    parts = [
        "# The methods\n",
        _MADE,
        "\nEvery method goes through every door: XML-RPC at `/RPC2`, JSON-RPC 2.0 at `/jsonrpc`, REST at "
        "`/api/v1/<method>` (GET for questions, POST for changes), `bitdust api METHOD` and "
        "`bitdust.client.Client`. What goes wrong: [errors](errors.md).\n",
    ]
    parts += [_method(method) for method in methods.values()]
    return "".join(parts)


def _method(method: Method) -> str:
    told = method.doc.partition("@param")[0].strip()
    verb = "POST" if method.changes else "GET"
    lines = [f"\n## {method.name}\n", f"\n`{method.usage}` — {verb} `/api/v1/{method.name}`\n", f"\n{told}\n"]
    if method.params:
        lines.append("\n")
    for param in method.params:
        absent = "required" if param.required else f"default `{param.default!r}`"
        lines.append(f"* `{param.name}` ({param.kind}, {absent}): {param.sentence}\n")
    lines.append(f"\nIt answers:\n\n```\n{words_of(SHAPES[method.name])}\n```\n")
    return "".join(lines)


def _cli() -> str:
    parts = ["# The command line\n", f"\n{_MADE}", f"\n```\n{bitdust.get_help(root_context())}\n```\n"]
    for words, context in commands():
        parts.append(f"\n## bitdust {' '.join(words)}\n\n```\n{context.get_help()}\n```\n")
    return "".join(parts)


def _settings() -> str:
    lines = [
        "# The settings\n",
        f"\n{_MADE}",
        "\nAn environment variable wins over the file `bitdust.toml` in the node's folder, "
        "and that over the default.\n",
    ]
    for option in ALL_OPTIONS:
        bounds = f", {option.bounds()}" if option.bounds() else ""
        when = "at once" if option.live else "from the next start"
        default = option.text(option.default) or "(empty)"
        lines.append(
            f"\n## {option.key}\n\n{option.sentence}\n\n"
            f"* {option.type}{bounds}; default: `{default}`\n"
            f"* a change counts {when}\n* `{option.variable}`\n"
        )
    lines.append(
        "\n## What the original had\n\nThese keys mean nothing here; whoever asks for one is told the same.\n"
        "\n| keys | why | what to do |\n|---|---|---|\n"
    )
    for absent in ABSENT:
        keys = ", ".join(f"`{key}`" for key in absent.keys)
        lines.append(f"| {keys} | {absent.why} | {absent.instead} |\n")
    return "".join(lines)


def _errors() -> str:
    lines = [
        "# Errors and exit codes\n",
        f"\n{_MADE}",
        "\nThe code at both RPC doors is 1000 + exit code; -32601 for an unknown method, -32602 for "
        "arguments. REST answers `application/problem+json` (RFC 9457) with the id as `error`.\n",
        "\n| id | exit code | HTTP | meaning | what to do |\n|---|---|---|---|---|\n",
    ]
    ours = {error.id: error for error in all_errors() if error.__module__ == "bitdust.errors"}
    for error in sorted(ours.values(), key=lambda error: (error.exit_code, error.id)):
        meaning = " ".join((error.__doc__ or "").split())
        lines.append(
            f"| `{error.id}` | {error.exit_code} | {error.http_status} | {meaning} | {error.default_hint} |\n"
        )
    lines.append(
        "\nExit codes of the command line that are no error's:\n\n"
        "| exit code | id | meaning |\n|---|---|---|\n"
    )
    lines += [f"| {code} | `{name}` | {meaning} |\n" for code, (name, meaning) in _OTHER_CODES.items()]
    return "".join(lines)


def _events() -> str:
    from bitdust.node.event_types import EVENT_TYPES

    lines = ["# The events\n", f"\n{_MADE}", "\n| type | when | data |\n|---|---|---|\n"]
    lines += [f"| `{name}` | {when} | {data} |\n" for name, (when, data) in EVENT_TYPES.items()]
    return "".join(lines)


def main() -> int:
    """Write the books below a folder.  @return: the exit code."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for part, found in (("reference", pages()), ("man", man_pages())):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (folder / part / name).write_text(text)
    Path(client.__file__).with_name("answers.py").write_text(answers_text())
    Path(client.__file__).with_name("calls.py").write_text(calls_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
