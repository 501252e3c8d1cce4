"""
paths, version: where everything lies, and what it is.
"""

from __future__ import annotations

import os
import platform

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said
from bitdust.daemon import home as names


@click.command(help=said("Where everything lies.", "bitdust paths", "bitdust --json paths"))
@pass_terminal
def paths(terminal: Terminal) -> None:
    from bitdust.config.settings import Settings

    home = terminal.home
    settings = Settings(home / names.SETTINGS, os.environ)
    found = {
        "home": home,
        "settings": home / names.SETTINGS,
        "log": home / names.LOGS / "bitdust.log",
        "token": home / names.TOKEN,
        "address": home / names.URL,
        "socket": home / names.SOCKET,
        "backups": settings.file("paths/backups") or home / "backups",
        "customers": settings.file("paths/customers") or home / "customers",
    }
    if terminal.json:
        terminal.show({name: str(path) for name, path in found.items()})
    else:
        for name, path in found.items():
            terminal.say(f"{name:<11}{path}")


@click.command(help=said("Which BitDust this is.", "bitdust version", "bitdust --json version"))
@pass_terminal
def version(terminal: Terminal) -> None:
    from importlib.metadata import version as version_of

    found = {"version": version_of("bitdust"), "python": platform.python_version()}
    if terminal.json:
        terminal.show(found)
    else:
        terminal.say(f"BitDust {found['version']} on Python {found['python']}")
