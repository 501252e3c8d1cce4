"""
What a shell may complete beside commands: settings, items, versions, people, services, tasks.

A shell asks at each press of a key: whatever goes wrong there is no completion, and not a word of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from bitdust.cli.names import name_in
from bitdust.cli.terminal import Terminal
from bitdust.errors import BitDustError

if TYPE_CHECKING:
    # Every command imports this module, and none but the completing one needs that.
    from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
Found = Iterator[tuple[str, str]]

#: seconds for the node to answer in: longer, and people think that the shell hangs
PATIENCE = 1.0
#: words offered at most
MOST = 200


def _asking(find: Callable[[Callable[..., Any]], Found]) -> Completer:
    """What `find` finds by asking the node: words, each with what it is."""

    def complete(context: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        terminal = context.find_root().obj or Terminal()
        until = time.monotonic() + PATIENCE
        found: list[CompletionItem] = []
        try:
            client = terminal.make_client(PATIENCE)
            for word, what in find(client.call):
                if word.startswith(begun) and len(found) < MOST and time.monotonic() < until:
                    found.append(CompletionItem(word, help=what))
        except (BitDustError, OSError):
            # The node is down, or says no: then nothing is completed.
            return found
        return found

    return complete


def settings(context: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Keys of settings; the node is not needed for them."""
    from click.shell_completion import CompletionItem

    from bitdust.config.table import ALL_OPTIONS

    return [
        CompletionItem(option.key, help=option.sentence)
        for option in ALL_OPTIONS
        if option.key.startswith(begun)
    ]


def _items(ask: Callable[..., Any]) -> Found:
    for row in ask("backups_list", MOST):
        yield row["path"], row["id"]
        yield row["id"], row["path"]


def _versions(ask: Callable[..., Any]) -> Found:
    for row in ask("backups_list", MOST):
        for version in row["versions"]:
            yield f"{row['id']}/{version['version']}", row["path"]


def _suppliers(ask: Callable[..., Any]) -> Found:
    for row in ask("suppliers_list"):
        if row["idurl"]:
            yield str(row["position"]), row["idurl"]
            yield name_in(row["idurl"]), row["idurl"]


def _customers(ask: Callable[..., Any]) -> Found:
    for row in ask("customers_list"):
        yield name_in(row["idurl"]), row["idurl"]


def _people(ask: Callable[..., Any]) -> Found:
    for row in ask("list_correspondents"):
        if row["nickname"]:
            yield row["nickname"], row["idurl"]
        yield row["idurl"], row["nickname"]


def _services(ask: Callable[..., Any]) -> Found:
    for row in ask("services_list"):
        yield row["name"], row["state"]


def _tasks(ask: Callable[..., Any]) -> Found:
    for row in ask("tasks_list"):
        yield str(row["id"]), f"{row['kind']} of {row['name']}: {row['state']}"


items = _asking(_items)
versions = _asking(_versions)
suppliers = _asking(_suppliers)
customers = _asking(_customers)
people = _asking(_people)
services = _asking(_services)
tasks = _asking(_tasks)
