"""
Other nodes, wherever they are, and how they come here.
"""

from __future__ import annotations

from dataclasses import asdict
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


@method()
async def directories_list(node: Node) -> list[Any]:
    """
    List where this node tells of itself and finds others: identity servers, the DHT, the local network.

    `knows` counts servers, nodes of the DHT, or neighbours; `asked` questions, called addresses, or beacons
    that were heard, since the start; `found` how many of these led to somebody.  `trouble` is "" when all
    is well.
    """
    return [asdict(each) for each in await node.directories_list()]


@method()
def connections_list(node: Node) -> list[Any]:
    """
    List the nodes that are connected now, and how.

    `transport` is the road, `direct` false when a relay carries it; `dialed` says that this node has called.
    While a relay carries it a straight road is tried for: `tries` times until now, again at `next_try`;
    `upgraded`: that has come of it.  Times in Unix seconds, `rtt` in seconds, null until it is measured.
    """
    return [asdict(each) for each in node.connections()]


@method(changes=True)
async def reconnect(node: Node) -> dict[str, Any]:
    """End every connection to other nodes and make those that are needed anew, without waiting."""
    node.peers.reconnect()
    return {"result": "reconnected"}


@method()
def network_status(node: Node) -> dict[str, Any]:
    """
    Tell how other nodes reach this one, as far as they have shown, and what can be done about it.

    `reachable` is `directly`, `directly, from inside this network`, `through a relay`, `not` or `not known
    yet`; `nat` what the router before us makes of UDP: `none`, `endpoint-independent`, `endpoint-dependent`
    or `unknown`.  A place in `seen` is named by so many observers in so many networks.
    """
    view = node.network()
    return {
        "state": view.state,
        "reachable": view.reachable.value,
        "sentence": view.sentence,
        "next": list(view.next),
        "nat": view.nat.value,
        "connections": view.links,
        "roads": [
            {
                "name": road.scheme,
                "port": road.port,
                "mapped": view.mapped.get(road.scheme, 0),
                "connections": road.links,
                "seen": [
                    {
                        "place": str(each.place),
                        "observers": each.observers,
                        "networks": each.neighbourhoods,
                    }
                    for each in road.seen
                ],
            }
            for road in view.roads
        ],
        "addresses": [str(address) for address in view.addresses],
        "contacts": list(view.contacts),
        "relays": list(view.relays),
    }
