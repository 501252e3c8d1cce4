"""
roads -- how other nodes reach this one: the roads that are switched on, their ports, what is told of them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence

from twisted.logger import Logger

from bitdust.config.settings import Settings
from bitdust.identity.pinning import Pins
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.seams import Ground
from bitdust.transport.interface import ITransport
from bitdust.transport.pace import Paces
from bitdust.transport.tcp.port import SETTING as TCP_PORT
from bitdust.transport.tcp.port import TcpTransport
from bitdust.transport.udp.port import SETTING as UDP_PORT
from bitdust.transport.udp.port import UdpTransport

#: all addresses of this machine
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a peer is there to be reached; the API listens on loopback only

_log = Logger()


def build_roads(ground: Ground, identity: OwnIdentity, pins: Pins) -> list[ITransport]:
    """The roads that are switched on, dearest last: so they are published and dialled."""
    if ground.seams is not None:
        return ground.seams.transports(identity, pins)
    settings, paces = ground.settings, Paces(ground.reactor)
    host = settings.words("services/tcp-connections/interface") or EVERYWHERE
    roads: list[ITransport] = []
    if settings.flag("services/tcp-transport/enabled"):
        port, *instead = ports_to_try(settings, identity.document.contacts, TcpTransport.scheme, TCP_PORT)
        roads.append(
            TcpTransport(
                ground.reactor, identity.device, lambda: identity.document.raw, pins.doorman, host, port,
                ground.rng, ground.wall, instead, paces,
            )
        )  # fmt: skip
    if settings.flag("services/udp-transport/enabled"):
        port, *instead = ports_to_try(settings, identity.document.contacts, UdpTransport.scheme, UDP_PORT)
        roads.append(
            UdpTransport(
                ground.reactor, identity.device, lambda: identity.document.raw, pins.doorman, host, port,
                ground.rng, ground.wall, instead, paces,
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


def public(contact: str, settings: Settings, servers: Sequence[str]) -> str:
    """The contact of a road of ours as others shall use it."""
    scheme = contact.partition(":")[0]
    if scheme not in (TcpTransport.scheme, UdpTransport.scheme):
        return contact
    host = settings.words("services/tcp-connections/host") or _own_address(servers)
    return f"{scheme}://{host}:{contact.rpartition(':')[2]}"


def _own_address(servers: Sequence[str]) -> str:
    """The address of this machine that leads to the first identity server; sends nothing."""
    target = servers[0].partition("//")[2] if servers else "192.0.2.1"
    host = target.partition("/")[0].partition(":")[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address
