"""
entangled_dht -- this node in the DHT of BitTorrent, when its owner wants that and libtorrent is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from bitdust.disk import read_file, write_file
from bitdust.errors import BitDustError
from bitdust.events import Signal
from bitdust.node.roads import EVERYWHERE
from bitdust.node.seams import Ground
from bitdust.world import background, either

if TYPE_CHECKING:
    from bitdust.directory.dht.session import Dht

ENABLED = "services/entangled-dht/enabled"
PRIVATE = "services/entangled-dht/private"
#: the nodes of the DHT that were known last, in the node's folder
STATE = "dht.state"
LARGEST = 64 * 1024
#: seconds until they are written down, and between two times: a power cut costs no more
SETTLED, AGAIN = 60.0, 900.0

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


def is_installed() -> bool:
    """Is libtorrent there?"""
    return find_spec("libtorrent") is not None


class EntangledDht:
    """
    The session while the node runs: it comes into the network, and writes down whom it knows there.

    That the network, or the disk, cannot be had is told in the log; a node does without.
    """

    def __init__(self, dht: Dht, ground: Ground) -> None:
        self._dht = dht
        self._ground = ground
        self._file = ground.home / STATE
        self._written = b""
        self._work: Deferred[None] | None = None
        self._stopped = False
        self._stopping: Signal[[]] = Signal()

    async def start(self) -> None:
        """Come into the network."""
        try:
            self._written = read_file(self._file, LARGEST)
        except (OSError, BitDustError) as why:
            _log.info("no nodes of the DHT are remembered: {why}", why=why)
        try:
            await self._dht.start(self._written)
        except BitDustError as why:
            _log.warn("this node is not in the DHT: {why}", why=why.message)
        else:
            self._work = background(
                self._go_on(), lambda why: _log.failure("remembering nodes of the DHT broke", why)
            )

    async def stop(self) -> None:
        """Leave it, and remember whom we knew there.  Nothing ticks afterwards."""
        self._stopped = True
        self._stopping()
        if self._work is not None:
            # What it writes just now is not to be written over by what comes.
            await self._work
        await self._write(await self._dht.stop())

    async def _go_on(self) -> None:
        wait = SETTLED
        while not self._stopped and not await either(self._ground.reactor, self._stopping.next(), wait):
            try:
                await self._write(await self._dht.remember())
            except BitDustError as why:
                _log.warn("the nodes of the DHT cannot be asked for: {why}", why=why.message)
            wait = AGAIN

    async def _write(self, state: bytes) -> None:
        if not state or state == self._written:
            return
        try:
            await self._ground.in_thread(write_file, self._file, state)
        except (OSError, BitDustError) as why:
            _log.warn("the nodes of the DHT are not remembered: {why}", why=why)
        else:
            self._written = state
