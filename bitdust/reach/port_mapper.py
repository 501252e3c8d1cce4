"""
Ports at which the router before us lets others in, as it promises by UPnP or NAT-PMP.

A session of libtorrent asks for them and does nothing else: it talks to routers of this network and to nobody
outside, shares no files and is in no DHT.  It has sockets of its own, which nobody needs: what it has asked
for them is taken back.  All that was promised is taken back when the session ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address

import libtorrent
from twisted.internet.defer import DeferredLock
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.reach.scopes import Address, Scope, scope_of
from bitdust.world import InThread

#: seconds between two looks at what the router has answered
EVERY = 2.0
_PROTOCOLS = {"tcp": libtorrent.portmap_protocol.tcp, "udp": libtorrent.portmap_protocol.udp}


class PortMapper:
    """
    @param roads: those for which it is wished.

    `wanted` is, of each road that is to be reached so, the port it listens at; `promised` is given the
    router's ports for them whenever they are others.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, in_thread: InThread, roads: frozenset[str]) -> None:
        self._clock, self._in_thread, self.roads = clock, in_thread, roads
        self.wanted: Mapping[str, int] = {}
        self.promised: Callable[[dict[str, int]], None] = lambda ports: None
        #: why there are none, in the words of the router or libtorrent; "" when there are
        self.trouble = ""
        self._ports: dict[str, int] = {}
        self._roads: dict[int, str] = {}
        # A list: the thread takes the last reference along, since its end waits for the router.
        self._sessions: list[libtorrent.session] = []
        self._timer: IDelayedCall | None = None
        self._turn = DeferredLock()

    async def begin(self, addresses: Sequence[Address]) -> None:
        """Ask anew, from this machine's address in the network of the router; without one, not at all."""
        await self._turn.run(self._begin, addresses)

    async def stop(self) -> None:
        """Take everything back; nothing ticks afterwards."""
        await self._turn.run(self._end)

    async def _begin(self, addresses: Sequence[Address]) -> None:
        await self._end()
        inside = [
            each for each in addresses if isinstance(each, IPv4Address) and scope_of(each) > Scope.MACHINE
        ]
        if not (inside and self.wanted):
            return
        self._roads = {}
        self._sessions.append(await self._in_thread(_begin, str(inside[0])))
        self.trouble = "the router has not answered"
        self._wait()

    async def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        sessions, self._sessions = self._sessions, []
        if sessions:
            await self._in_thread(sessions.clear)
        self._tell({})

    def _wait(self) -> None:
        self._timer = self._clock.callLater(EVERY, self._look)

    def _look(self) -> None:
        self._wait()
        ports = dict(self._ports)
        for session in self._sessions:
            # Before its sockets are there it takes no wish.
            self._roads = self._roads or _ask(session, self.wanted)
            for alert in session.pop_alerts():
                if isinstance(alert, libtorrent.portmap_alert):
                    road = self._roads.get(int(alert.mapping))
                    if road is None:
                        session.delete_port_mapping(alert.mapping)
                    else:
                        ports[road] = alert.external_port
                        self.trouble = ""
                elif isinstance(alert, libtorrent.portmap_error_alert):
                    ports.pop(self._roads.get(int(alert.mapping), ""), None)
                    self.trouble = str(alert.error.message()) if not ports else ""
        self._tell(ports)

    def _tell(self, ports: dict[str, int]) -> None:
        if ports != self._ports:
            shown = ", ".join(f"{road} {port}" for road, port in ports.items()) or "none"
            self._log.info("the router lets others in at: {ports}", ports=shown)
            self._ports = ports
            self.promised(dict(ports))


def _begin(address: str) -> libtorrent.session:
    return libtorrent.session(
        {
            "listen_interfaces": f"{address}:0",
            "enable_upnp": True,
            "enable_natpmp": True,
            "enable_dht": False,
            "enable_lsd": False,
            "enable_incoming_tcp": False,
            "enable_outgoing_tcp": False,
            "enable_incoming_utp": False,
            "enable_outgoing_utp": False,
            "user_agent": "bitdust",
            "alert_mask": libtorrent.alert.category_t.port_mapping_notification,
        }
    )


def _ask(session: libtorrent.session, wanted: Mapping[str, int]) -> dict[int, str]:
    """The road of each mapping that it asks for."""
    return {
        int(mapping): road
        for road, port in wanted.items()
        for mapping in session.add_port_mapping(_PROTOCOLS[road], port, port)
    }
