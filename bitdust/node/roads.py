"""
roads -- how other nodes reach this one: the roads that are switched on, their ports, what is told of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

from twisted.logger import Logger

from bitdust.config.settings import Settings
from bitdust.identity.idurl import is_private
from bitdust.identity.pinning import Pins
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.reachability import IMapper
from bitdust.node.seams import Ground
from bitdust.reach.own_addresses import addresses_towards
from bitdust.reach.scopes import Address
from bitdust.reach.standpoint import Wishes
from bitdust.reach.watch import Look
from bitdust.transport.guests import Partners
from bitdust.transport.interface import ITransport
from bitdust.transport.pace import Paces
from bitdust.transport.tcp.port import SETTING as TCP_PORT
from bitdust.transport.tcp.port import TcpTransport
from bitdust.transport.udp.port import SETTING as UDP_PORT
from bitdust.transport.udp.port import UdpTransport

#: all addresses of this machine
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a peer is there to be reached; the API listens on loopback only

_log = Logger()


def build_roads(ground: Ground, identity: OwnIdentity, pins: Pins, partners: Partners) -> list[ITransport]:
    """
    The roads that are switched on, dearest last: so they are published and dialled.

    @param partners: those whose links have a place before others'.
    """
    if ground.seams is not None:
        return ground.seams.transports(identity, pins)
    settings, paces = ground.settings, Paces(ground.reactor)
    host = settings.words("services/tcp-connections/interface") or EVERYWHERE
    roads: list[ITransport] = []
    for road, key in ((TcpTransport, TCP_PORT), (UdpTransport, UDP_PORT)):
        if settings.flag(f"services/{road.scheme}-transport/enabled"):
            port, *instead = ports_to_try(settings, identity.document.contacts, road.scheme, key)
            roads.append(
                road(
                    ground.reactor, identity.device, lambda: identity.document.raw, pins.doorman, host, port,
                    ground.rng, ground.wall, instead, paces, partners, may_reach(settings),
                )
            )  # fmt: skip
    if not roads:
        _log.warn(
            "neither services/tcp-transport nor services/udp-transport is enabled: nobody can be reached"
        )
    return roads


def ports_to_try(settings: Settings, contacts: Iterable[str], scheme: str, key: str) -> list[int]:
    """
    The ports of a road to listen at, the first that is free; 0: any.

    @param contacts: those that are published of us now.
    @param key: the option that names the port.
    """
    port = settings.number(key)
    if port and settings.source(key) != "default":
        return [port]
    # Several nodes live on one machine: whoever comes second takes another port, and keeps it; so does who
    # wants any.
    before = [int(contact.rpartition(":")[2]) for contact in contacts if contact.startswith(f"{scheme}:")]
    return list(dict.fromkeys([*before, port, 0]))


def may_reach(settings: Settings) -> Callable[[str], bool]:
    """May a host of which strangers tell be sent to?  Asked each time: the setting may change."""
    return lambda host: settings.flag("services/network/private-addresses") or not is_private(host)


def build_mapper(ground: Ground) -> IMapper | None:
    """What asks the router for ports, where the settings wish it."""
    wishes = {
        TcpTransport.scheme: "services/tcp-connections/upnp-enabled",
        UdpTransport.scheme: "services/udp-datagrams/upnp-enabled",
    }
    roads = frozenset(road for road, key in wishes.items() if ground.settings.flag(key))
    if not roads or ground.seams is not None:
        return None
    try:
        from bitdust.reach.port_mapper import PortMapper
    except ImportError:
        _log.warn("no router is asked for ports: libtorrent is not installed (`pip install bitdust[dht]`)")
        return Unmapped()
    return PortMapper(ground.reactor, ground.in_thread, roads)


class Unmapped:
    """Stands where ports are wished for and libtorrent is missing."""

    roads: frozenset[str] = frozenset()
    wanted: Mapping[str, int] = MappingProxyType({})
    trouble = "libtorrent is not installed: `pip install bitdust[dht]`"

    def __init__(self) -> None:
        self.promised: Callable[[dict[str, int]], None] = lambda ports: None

    async def begin(self, addresses: Sequence[Address]) -> None:
        """Nobody is asked."""

    async def stop(self) -> None:
        """Nothing was begun."""


def own_addresses(settings: Settings, servers: Sequence[str]) -> Look:
    """Looks for the addresses of this machine that others may come to: those towards the servers first."""
    interface = settings.words("services/tcp-connections/interface")
    if interface and interface != EVERYWHERE:
        return lambda: addresses_towards([interface])[:1]
    hosts = [urlsplit(server).hostname or "" for server in servers[:1]]
    return lambda: addresses_towards(hosts)


def wishes(settings: Settings) -> Wishes:
    """What the settings say now of where we are reached."""
    return Wishes(
        host=settings.words("services/tcp-connections/host"),
        private=settings.flag("services/network/private-addresses"),
    )
