"""
Relays: whom this node carries for, and who carries for it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def relay_status(node: Node) -> dict[str, Any]:
    """
    Who is reached over this node, and over whom it is reached, in words and figures.

    Times in Unix seconds; `carried` in bytes of both directions since the node has begun.  `size`, `seconds`
    and `rate` (bytes a second; 0: as many as there are) are what a relay carries in one circuit.
    """
    view = asdict(node.relay_status())
    sentences = view.pop("sentences")
    return {"result": " ".join(sentences), **view}
