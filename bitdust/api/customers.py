"""
Those whose pieces we keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def customers_list(node: Node) -> list[Any]:
    """List the customers of this node.  Sizes in bytes, times in Unix seconds."""
    return [
        {
            "position": position,
            "idurl": customer.idurl,
            "fingerprint": customer.fingerprint,
            "status": customer.state,
            "state": customer.state,
            "granted": customer.granted,
            "used": customer.used,
            "pieces": customer.pieces,
            "since": customer.since,
            "last_contact": customer.last_contact,
        }
        for position, customer in enumerate(await node.customers_list())
    ]
