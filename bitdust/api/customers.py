"""
Those whose pieces we keep.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import ping_seconds

if TYPE_CHECKING:
    from bitdust.node.node import Node


@method()
async def customers_list(node: Node) -> list[Any]:
    """
    List the customers of this node.  Sizes in bytes, times in Unix seconds.

    `notice` says in a word how a contract stands: `leave` (the customer is asked to find somebody else, since
    less is donated than was promised), `full` (he keeps more than was agreed on), `silent` (his pieces go at
    `until`, unless he is heard of), `ended`; or it is empty.  `sentence` says it for people, `next` what
    comes of it, `heard` is when the customer heard so, null as long as he has not.
    """
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
            "notice": customer.notice,
            "sentence": customer.sentence,
            "next": customer.next,
            "heard": customer.heard,
            "until": customer.until,
        }
        for position, customer in enumerate(await node.customers_list())
    ]


@method(changes=True)
async def customer_reject(node: Node, idurl: str, allow: bool = False) -> dict[str, Any]:
    """
    End a customer's contract, remove his pieces from this disk, and give him no other contract.

    @param idurl: his IDURL or his fingerprint.
    @param allow: take the rejection back instead: he may ask for a contract again.
    """
    name = await node.peers.reject_customer(idurl, allow)
    done = "may be a customer again" if allow else "is rejected, and his pieces are being removed"
    return {"result": f"customer {name} {done}", "idurl": name}


@method()
async def customers_ping(node: Node, timeout: float = 10.0) -> list[Any]:
    """
    Ask all customers at once for a sign of life.  `rtt` in seconds, null and an `error` when there was none.

    @param timeout: seconds to wait for the answers.
    """
    return [asdict(sign) for sign in await node.peers.ping_customers(ping_seconds(timeout))]
