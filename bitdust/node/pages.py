"""
pages -- what a node asks of those who show its pages.
"""

from __future__ import annotations

from typing import Protocol


class Pages(Protocol):
    """The pages of a node, as the node sees them."""

    #: how long a link works
    seconds: int

    @property
    def has_browser(self) -> bool:
        """Whether this machine seems to have one."""

    def link(self) -> str:
        """The address that lets one browser in, once."""

    def show(self) -> None:
        """Begin to open the page in the browser of this machine."""
