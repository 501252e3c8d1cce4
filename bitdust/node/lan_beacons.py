"""
lan_beacons -- this node in its own network: heard by acquaintances, and meeting those that it hears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.logger import Logger

from bitdust.directory.lan import NEW, LanBeacons, Spot
from bitdust.errors import BitDustError
from bitdust.identity.pinning import Pins
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.seams import Ground
from bitdust.router.router import Router
from bitdust.world import background

#: seconds an acquaintance who was heard has to answer
WITHIN = 10.0

_log = Logger()


def build_lan(
    ground: Ground, identity: OwnIdentity, ports: Callable[[], dict[str, int]], router: Router, pins: Pins
) -> LanBeacons | None:
    """The beacons that the settings ask for, not started yet; None: none."""
    settings = ground.settings
    if ground.seams is not None or not settings.flag("services/lan-beacons/enabled"):
        return None
    spot = Spot(
        settings.words("services/lan-beacons/group"),
        settings.number("services/lan-beacons/udp-port"),
        settings.words("services/tcp-connections/interface"),
    )
    called: dict[str, float] = {}

    async def greet(fingerprint: str) -> None:
        try:
            await router.ping(fingerprint, within=WITHIN)
        except BitDustError as why:
            _log.info("an acquaintance in the local network does not answer: {why}", why=why.message)

    def heard(fingerprint: str, contacts: Sequence[str]) -> None:
        if router.is_online(fingerprint):
            return
        router.seen(fingerprint, contacts)
        # Nobody may want him just now: once in a while he is called all the same, for what waits for him.
        now = ground.reactor.seconds()
        if now - called.get(fingerprint, now - NEW) >= NEW:
            called[fingerprint] = now
            background(greet(fingerprint), lambda why: _log.failure("greeting an acquaintance broke", why))

    return LanBeacons(
        ground.reactor, ground.wall, ground.rng, spot, identity.fingerprint, ports, pins.acquaintances, heard
    )
