"""
entangled_dht -- this node in the DHT of BitTorrent, when its owner wants that and libtorrent is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from twisted.logger import Logger

from bitdust.disk import read_file, write_file
from bitdust.errors import BitDustError
from bitdust.node.roads import EVERYWHERE
from bitdust.node.seams import Ground

if TYPE_CHECKING:
    from bitdust.directory.dht.session import Dht

ENABLED = "services/entangled-dht/enabled"
PRIVATE = "services/entangled-dht/private"
#: the nodes of the DHT that were known last, in the node's folder
STATE = "dht.state"
LARGEST = 64 * 1024

_log = Logger()


def build_dht(ground: Ground) -> Dht | None:
    """The session that the settings ask for, not started yet; None: none."""
    settings = ground.settings
    if ground.seams is not None or not settings.flag(ENABLED) or not is_installed():
        return None
    host = settings.words("services/tcp-connections/interface") or EVERYWHERE
    private = settings.flag(PRIVATE)
    if host.startswith("127.") and not private:
        # Nobody of the public network could answer.
        return None
    from bitdust.directory.dht.session import Dht, Situation

    port = settings.number("services/entangled-dht/udp-port")
    nodes = tuple(settings.several("services/entangled-dht/known-nodes"))
    return Dht(ground.reactor, ground.in_thread, Situation(host, port, nodes, private))


async def start_dht(dht: Dht, ground: Ground) -> None:
    """Come into the network.  That it cannot be had is told in the log; a node does without."""
    try:
        state = read_file(ground.home / STATE, LARGEST)
    except (OSError, BitDustError):
        state = b""
    try:
        await dht.start(state)
    except BitDustError as why:
        _log.warn("this node is not in the DHT: {why}", why=why.message)


async def stop_dht(dht: Dht, ground: Ground) -> None:
    """Leave it, and remember whom we knew there."""
    state = await dht.stop()
    if not state:
        return
    try:
        write_file(ground.home / STATE, state)
    except (OSError, BitDustError) as why:
        _log.warn("the nodes of the DHT are not remembered: {why}", why=why)


def is_installed() -> bool:
    """Is libtorrent there?"""
    return find_spec("libtorrent") is not None
