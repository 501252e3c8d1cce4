"""
Other nodes, wherever they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import ping_seconds

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def ping(node: Node, idurl: str, timeout: float = 10.0) -> dict[str, Any]:
    """
    Ask a peer for a sign of life.

    @param idurl: the peer's IDURL.
    @param timeout: seconds to wait for the answer.
    """
    pong = await node.ping(idurl, ping_seconds(timeout))
    return {
        "result": f"Ack(Identity) from {pong.idurl} by {pong.transport} in {pong.rtt:.3f} sec",
        "idurl": pong.idurl,
        "rtt": pong.rtt,
        "transport": pong.transport,
    }


@method(changes=True)
async def reconnect(node: Node) -> dict[str, Any]:
    """End every connection to other nodes and make those that are needed anew, without waiting."""
    node.peers.reconnect()
    return {"result": "reconnected"}
