"""
Other nodes, wherever they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def ping(node: Node, idurl: str, timeout: float = 10.0) -> dict[str, Any]:
    """
    Ask a peer for a sign of life.

    @param idurl: the peer's IDURL.
    @param timeout: seconds to wait for the answer.
    """
    if not 0 < timeout <= 600:
        raise Usage("timeout must be more than 0 and at most 600 seconds")
    pong = await node.ping(idurl, timeout)
    return {
        "result": f"Ack(Identity) from {pong.idurl} by {pong.transport} in {pong.rtt:.3f} sec",
        "idurl": pong.idurl,
        "rtt": pong.rtt,
        "transport": pong.transport,
    }
