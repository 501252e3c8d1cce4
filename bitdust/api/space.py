"""
Room: given, taken, left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def space_donated(node: Node) -> dict[str, Any]:
    """
    Tell what others may use and do use of this disk, in bytes.

    `consumed` is promised to customers, `used` is what their pieces count, `real` what they take on the disk.
    """
    return {"oldcustomers": 0, **await node.space_donated()}


@method()
async def space_consumed(node: Node) -> dict[str, Any]:
    """Tell what we need and use at our suppliers, in bytes, altogether and per supplier."""
    return dict(await node.space_consumed())


@method()
async def space_local(node: Node) -> dict[str, Any]:
    """Tell what this node's own folders take on this disk, in bytes, and what is free."""
    return dict(await node.space_local())
