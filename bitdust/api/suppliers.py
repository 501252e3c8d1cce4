"""
Those who keep our pieces.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import ping_seconds

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def suppliers_list(node: Node) -> list[Any]:
    """
    List the present suppliers by position.

    `since` is when the state began (Unix seconds), `rtt` in seconds (null: not measured), `holds` in bytes.
    Of the last 30 days: `uptime` is the share in which it was there, `audits` how many parts of its pieces it
    showed of how many it was asked for; both are null as long as nothing was measured. `doubt` says why it is
    to be replaced, or whose seat is being filled and why; `notice` what it says of our contract, such as that
    it asks us to leave; both may be empty.
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
            "uptime": supplier.uptime,
            "audits": supplier.audits or None,
            "doubt": supplier.doubt,
            "notice": supplier.notice,
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


@method(changes=True)
async def supplier_change(node: Node, index_or_idurl: str | int, new_idurl: str) -> dict[str, Any]:
    """
    Hire a certain node in a supplier's place; what that one held is made again there.

    @param index_or_idurl: the position or the IDURL of the supplier who goes.
    @param new_idurl: the IDURL of the one who comes.
    """
    changed = await node.peers.change_supplier(str(index_or_idurl), new_idurl)
    return {
        "result": f"supplier {changed.old} is being replaced by {changed.new}",
        "position": changed.position,
        "idurl": changed.new,
        "old_idurl": changed.old,
    }


@method()
async def suppliers_ping(node: Node, timeout: float = 10.0) -> list[Any]:
    """
    Ask all suppliers at once for a sign of life.  `rtt` in seconds, null and an `error` when there was none.

    @param timeout: seconds to wait for the answers.
    """
    return [asdict(sign) for sign in await node.peers.ping_suppliers(ping_seconds(timeout))]
