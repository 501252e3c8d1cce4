"""
Backups of what a program sends, piece by piece.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from bitdust.api.registry import method
from bitdust.api.results import local_path
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

#: bytes of the longest piece: in base64 it fits into a request
MOST_BYTES = 512 * 1024


@method(changes=True)
async def stream_begin(node: Node, path: str, silence: int = 300) -> dict[str, Any]:
    """
    Begin a version of a file that need not be on any disk: its bytes come by `stream_write`.

    `stream` is the number of the stream, and of its task.  A stream to which nothing is said for
    `silence`, or whose node ends, makes no version; an item that was new with it goes again.

    @param path: what it is called: a path of this machine, absolute.
    @param silence: seconds, 30 to 86400, without a word after which whoever sends is taken for gone.
    """
    number, path_id = await node.backups.streams.begin(local_path(path, "path"), silence)
    return {"result": f"stream {number} has begun", "stream": number, "path_id": path_id}


@method(changes=True)
async def stream_write(node: Node, stream: int, offset: int, data: str) -> dict[str, Any]:
    """
    Send the next bytes of a stream.

    The answer comes when there is room for them, and tells how many bytes of the stream are here; if these
    are no more than `offset`, say the same again.

    @param stream: its number.
    @param offset: how many bytes were sent before.
    @param data: at most 524288 bytes, in base64; none is a sign of life.
    """
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Usage("data is not base64") from wrong
    if len(content) > MOST_BYTES:
        raise Usage(f"data has at most {MOST_BYTES} bytes")
    if offset < 0:
        raise Usage("offset must be 0 or more")
    return {"offset": await node.backups.streams.give(stream, offset, content)}


@method(changes=True)
async def stream_end(node: Node, stream: int, size: int) -> dict[str, Any]:
    """
    End a stream: what came is a version when enough suppliers have it, as its task tells.

    @param stream: its number.
    @param size: how many bytes were sent: when others came, it is refused.
    """
    node.backups.streams.end(stream, size)
    return {"result": f"stream {stream} has ended"}


@method(changes=True)
async def stream_abort(node: Node, stream: int) -> dict[str, Any]:
    """
    Break a stream off: no version is made of it.

    @param stream: its number.
    """
    await node.backups.streams.abort(stream)
    return {"result": f"stream {stream} was broken off"}
