"""
Those who keep our pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def suppliers_list(node: Node) -> list[Any]:
    """
    List the present suppliers by position.

    `since` is when the state began (Unix seconds), `rtt` in seconds (null: not measured), `holds` in bytes;
    `uptime` and `audits` are null as long as nothing was measured.
    """
    return [
        {
            "position": supplier.position,
            "idurl": supplier.idurl,
            "fingerprint": supplier.fingerprint,
            "state": supplier.state,
            "status": supplier.state,
            "since": supplier.since,
            "connected": supplier.since,
            "rtt": supplier.rtt,
            "holds": supplier.holds,
            "numfiles": supplier.pieces,
            "transport": supplier.transport,
            "uptime": None,
            "audits": None,
        }
        for supplier in await node.suppliers_list()
    ]


@method(changes=True)
async def supplier_replace(node: Node, index_or_idurl: str | int) -> dict[str, Any]:
    """
    Replace a supplier by a new one; what it held is made again there.

    @param index_or_idurl: its position or its IDURL.
    """
    replaced = await node.supplier_replace(str(index_or_idurl))
    return {
        "result": f"supplier {replaced.idurl} is being replaced by a new one",
        "position": replaced.position,
        "idurl": replaced.idurl,
    }
