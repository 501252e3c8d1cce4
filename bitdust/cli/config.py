"""
config: the settings, of a running node or of one that is not running.
"""

from __future__ import annotations

import os
from typing import Any

import click

from bitdust.cli import known
from bitdust.cli.groups import Nouns
from bitdust.cli.old_words import SHORT_KEYS
from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.daemon.home import SETTINGS, open_home
from bitdust.errors import NoDaemon


@click.group(
    cls=Nouns,
    default="list",
    help=said("Settings.", "bitdust config list", "bitdust config set services/customer/needed-space 10GB"),
)
def config() -> None:
    pass


@config.command(
    "list", help=said("Every setting.", "bitdust config list", "bitdust config list services/customer")
)
@click.argument("prefix", required=False, default="", shell_complete=known.settings)
@pass_terminal
def list_(terminal: Terminal, prefix: str) -> None:
    found = [each for each in _ask(terminal, "config_list") if each["key"].startswith(prefix)]
    if terminal.json:
        terminal.show(found)
    else:
        terminal.table(
            ("KEY", "TYPE", "VALUE"), [(each["key"], each["type"], each["value"]) for each in found]
        )


@config.command(help=said("One setting.", "bitdust config get logs/debug-level", "bitdust config get needed"))
@click.argument("key", shell_complete=known.settings)
@pass_terminal
def get(terminal: Terminal, key: str) -> None:
    found = _ask(terminal, "config_get", SHORT_KEYS.get(key, key))
    if terminal.json:
        terminal.show(found)
    else:
        terminal.say(found["value"])


@config.command(
    "set",
    help=said(
        "Change a setting.", "bitdust config set needed 10GB", "bitdust config set logs/debug-level 12"
    ),
)
@click.argument("key", shell_complete=known.settings)
@click.argument("value")
@pass_terminal
def set_(terminal: Terminal, key: str, value: str) -> None:
    key = SHORT_KEYS.get(key, key)
    found = _ask(terminal, "config_set", key, value)
    if terminal.json:
        terminal.show(found)
        return
    terminal.say(f"{found['key']}: {found['value']} (was {found['old_value']})")
    if _ask(terminal, "config_explain", key)["restart"]:
        terminal.note("it holds from the next start: `bitdust restart`")


@config.command(
    help=said(
        "All about one setting: what it does, what it is, what it may be.",
        "bitdust config explain services/customer/needed-space",
        "bitdust config explain needed",
    )
)
@click.argument("key", shell_complete=known.settings)
@pass_terminal
def explain(terminal: Terminal, key: str) -> None:
    found = _ask(terminal, "config_explain", SHORT_KEYS.get(key, key))
    if terminal.json:
        terminal.show(found)
        return
    source = {"file": "the settings file", "environment": f"the variable {found['variable']}"}
    terminal.say(f"{found['key']}: {found['sentence']}")
    for label, text in (
        ("value", f"{found['value'] or '(empty)'}, from {source.get(found['source'], 'the default')}"),
        ("default", found["default"] or "(empty)"),
        ("type", found["type"]),
        ("allowed", found["allowed"]),
        ("variable", found["variable"]),
        ("a change", "holds from the next start" if found["restart"] else "holds at once"),
    ):
        if text:
            terminal.say(f"  {label:<10}{text}")


def _ask(terminal: Terminal, method: str, *arguments: str) -> Any:
    """Ask the node, or read and write its file when it is not running."""
    try:
        return terminal.ask(method, *arguments)
    except NoDaemon:
        if terminal.url is not None:
            raise
        return _in_the_file(terminal, method, *arguments)


def _in_the_file(terminal: Terminal, method: str, key: str = "", value: str = "") -> Any:
    from bitdust.config.settings import Settings

    if method == "config_set":
        open_home(terminal.home)
    settings = Settings(terminal.home / SETTINGS, os.environ)
    if method == "config_list":
        return [
            {"key": each, "type": settings.option(each).type, "value": settings.text(each)}
            for each in settings
        ]
    if method == "config_explain":
        return settings.explain(key)
    option = settings.option(key)
    told = {"key": key, "type": option.type}
    if method == "config_set":
        told["old_value"] = settings.set(key, value)
        terminal.note("The node is not running; it follows this from its next start.")
    return {**told, "value": settings.text(key)}
