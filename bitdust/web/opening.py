"""
opening -- the page is brought to its owner: in the browser of this machine, or as a link.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twisted.logger import Logger

from bitdust.web.logins import LINK_LASTS, Logins
from bitdust.world import InThread, background

#: without one of these a machine of this kind has no screen, and only browsers for terminals
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@dataclass
class Opening:
    """
    @param where: the address of the node.
    @param unavailable: told the address when no browser could be opened.
    @param launch: opens an address; answers whether it could.  Blocks.
    """

    logins: Logins
    where: Callable[[], str]
    in_thread: InThread
    environment: Mapping[str, str]
    unavailable: Callable[[str], object]
    launch: Callable[[str], bool] = webbrowser.open
    seconds: int = LINK_LASTS
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.web"))

    @property
    def has_browser(self) -> bool:
        """Whether there is any use in trying."""
        return any(self.environment.get(name) for name in _SCREENS)

    def link(self) -> str:
        """The address that lets one browser in, once."""
        return f"{self.where()}/login?code={self.logins.offer()}"

    def show(self) -> None:
        """Begin to open the page; what comes of it is told as an event."""
        background(self._show(), lambda failure: self._log.failure("the page could not be opened", failure))

    async def _show(self) -> None:
        if self.has_browser and await self.in_thread(self.launch, self.link()):
            return
        self._log.warn("no browser could be opened: `bitdust show` prints a link")
        self.unavailable(self.where())
