"""
The pages: bringing them to their owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method(changes=True)
def show(node: Node) -> dict[str, Any]:
    """
    Open the page, logged in, in the default browser of the node's machine.

    Where there is none, the event `gui.unavailable` tells; `bitdust show` prints the one-time link.
    """
    node.show()
    return {"result": '"show" event sent to the main process'}


@method(changes=True)
def gui_link(node: Node) -> dict[str, Any]:
    """
    Make a link that logs one browser in, once, within a minute.

    `seconds` is how long it works; `browser` whether the node's machine seems to have one.
    """
    pages = node.require_pages()
    return {"url": pages.link(), "seconds": pages.seconds, "browser": pages.has_browser}
