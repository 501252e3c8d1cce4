"""
Private messages, correspondents, nicknames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import carriable, showable
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.messaging.messages import MessageView
    from bitdust.node.node import Node

#: most messages of one answer
MOST = 10_000


@method()
async def list_messages(
    node: Node, limit: int = 1000, since: float = 0.0, correspondent: str | None = None
) -> list[Any]:
    """
    List private messages, newest last.

    The `state` of what we wrote is `queued`, `at mailbox` or `delivered`; of what came, `received`.  A sender
    whose IDURL only he himself claims is shown with `#seen=` and his fingerprint behind it.

    @param limit: at most so many, the newest, 1 to 10000.
    @param since: only messages sent or received at this time or later, in Unix seconds.
    @param correspondent: only those with this one: an IDURL or a nickname.
    """
    if not 1 <= limit <= MOST:
        raise Usage(f"limit must be a number from 1 to {MOST}")
    found = await node.messaging.messages.listed(limit, since, correspondent)
    return [_message(each) for each in found]


@method(changes=True)
async def send_message(node: Node, recipient: str, message_body: str) -> dict[str, Any]:
    """
    Write a private message to somebody.

    It is kept until his own signed receipt is here; while he is away it waits at his mailboxes.

    @param recipient: an IDURL, or the nickname of a correspondent.
    @param message_body: the text, at most 32 KiB.
    """
    sent = await node.messaging.messages.send(recipient, message_body)
    what = "delivered" if sent.state == "delivered" else "queued"
    return {
        "result": f"message to {sent.recipient} was {what}",
        "id": sent.id,
        "recipient": sent.recipient,
        "message": carriable(sent.message),
        "packet": f"Message({sent.id})",
        "state": sent.state,
        "error": "",
    }


@method(changes=True)
async def delete_message(node: Node, message_id: str, correspondent: str | None = None) -> dict[str, Any]:
    """
    Delete one message from the history of this node.

    It does not come back when it is brought again.  One of ours that waits here is not sent any more; the
    recipient keeps what he has, and gets what lies at his mailboxes.

    @param message_id: its `id`, or the first eight characters of it, or more.
    @param correspondent: only when it is from or to this one: an IDURL or a nickname.
    """
    await node.messaging.messages.delete(message_id, correspondent)
    return {"result": "the message was deleted"}


@method(changes=True)
async def delete_conversation(node: Node, correspondent: str) -> dict[str, Any]:
    """
    Delete every message that one person wrote to us, and we to him, from the history of this node.

    As `delete_message` does it with one.  Who he is, and that he is a correspondent, stays.

    @param correspondent: an IDURL as `list_messages` tells it, or a nickname.
    """
    count = await node.messaging.messages.delete_conversation(correspondent)
    return {"result": f"{count} messages with {correspondent} were deleted", "count": count}


@method()
async def list_correspondents(node: Node) -> list[Any]:
    """List the people we write to, each pinned by his fingerprint; `conflict`: it is in doubt who he is."""
    return [
        {
            "idurl": each.idurl,
            "nickname": showable(each.nickname),
            "fingerprint": each.fingerprint,
            "state": each.state,
            "online": each.online,
        }
        for each in await node.messaging.book.everyone()
    ]


@method(changes=True)
async def add_correspondent(node: Node, idurl: str, nickname: str = "") -> dict[str, Any]:
    """
    Add somebody to write to: his identity is fetched, checked and pinned.  One who is known is renamed.

    @param idurl: his IDURL; with `#fp=FINGERPRINT` behind it, it must be him, and he is `verified`: give it
        only when he told you so himself.  `#seen=FINGERPRINT`, as a search tells it, only says who is meant.
    @param nickname: how to call him; else the name in his identity.
    """
    added = await node.messaging.book.add(idurl, nickname)
    words = {
        "new": "new correspondent was added",
        "renamed": f"correspondent {added.idurl} was renamed",
        "known": f"correspondent {added.idurl} was known already",
    }
    return {"result": words[added.how], "idurl": added.idurl, "nickname": showable(added.nickname)}


@method(changes=True)
async def remove_correspondent(node: Node, idurl: str) -> dict[str, Any]:
    """
    Remove somebody from those we write to.  What was written stays.

    @param idurl: his IDURL.
    """
    return {"result": f"correspondent {await node.messaging.book.remove(idurl)} was removed"}


@method()
async def find_peer_by_nickname(node: Node, nickname: str) -> dict[str, Any]:
    """
    Find who is called so: a correspondent of that name first, else the oldest claim whose identity holds.

    Several may claim a name: `candidates` are all whose identity says so itself.  An IDURL that only the
    candidate himself claims has `#seen=` and his fingerprint behind it: who that is no person has said.

    @param nickname: the name; case does not matter.
    """
    found = await node.messaging.nicknames.find(nickname)
    return {
        "result": "exist" if found.idurl else "not exist",
        "nickname": showable(found.nickname),
        "position": found.position,
        "idurl": found.idurl,
        "candidates": [
            {
                "idurl": each.idurl,
                "fingerprint": each.fingerprint,
                "state": each.state,
                "position": each.position,
            }
            for each in found.candidates
        ],
    }


def _message(view: MessageView) -> dict[str, Any]:
    return {
        "id": view.id,
        "time": view.time,
        "direction": view.direction,
        "sender": view.sender,
        "recipient": view.recipient,
        "message": carriable(view.message),
        "state": view.state,
    }
