"""
What a process joins: settings, node, doors.  The one place that knows how each of them is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.protocol import ServerFactory

from bitdust.daemon.home import SETTINGS, URL
from bitdust.disk import read_file
from bitdust.events import Signal
from bitdust.world import Threads, system_rng, system_wall


class RunningNode(Protocol):
    """What a process asks of the node in it."""

    #: Fires when the node is asked to end; with True it is to start anew.
    on_stop: Signal[[bool]]
    #: When it starts anew, its page is to be opened.
    shows_again: bool

    def show(self) -> None:
        """Begin to open the page."""

    async def start(self) -> None:
        """Come up."""

    async def shut_down(self) -> None:
        """Park the transfers, close the catalog, leave nothing ticking."""


class RunningSettings(Protocol):
    """What a process reads in the settings."""

    def get(self, key: str) -> Any:
        """The value of an option."""

    def listen(self, prefix: str, callback: Callable[..., object]) -> object:
        """Be told of changes."""


@dataclass(frozen=True)
class Parts:
    """A node, its settings, and the sites that open it: to the token, and to its user's own socket."""

    settings: RunningSettings
    node: RunningNode
    site: ServerFactory[Any]
    private_site: ServerFactory[Any]


#: (reactor, folder of the node, threads, token) -> its parts.
Build = Callable[[Any, Path, Threads, str], Parts]


def build(reactor: Any, home: Path, threads: Threads, token: str) -> Parts:
    """The real thing."""
    from bitdust.api.methods import all_methods
    from bitdust.config.settings import Settings
    from bitdust.node.node import Node
    from bitdust.web.logins import Logins
    from bitdust.web.opening import Opening
    from bitdust.web.site import build_site

    settings = Settings(home / SETTINGS, os.environ)
    node = Node(
        reactor=reactor, home=home, settings=settings, rng=system_rng, wall=system_wall, threads=threads
    )
    methods = all_methods()
    logins = Logins(reactor, system_rng)

    def where() -> str:
        return read_file(home / URL, 4096).decode().strip()

    def unavailable(url: str) -> None:
        node.happenings.tell("gui.unavailable", url=url)

    node.pages = Opening(logins, where, threads, os.environ, unavailable)
    return Parts(
        settings,
        node,
        site=build_site(node, methods, token, settings, logins=logins),
        private_site=build_site(node, methods, token, settings, trusted=True, logins=logins),
    )
