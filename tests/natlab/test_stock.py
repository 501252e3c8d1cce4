"""A node as it is installed, behind a router: how it comes to be reached."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Peer
from bitdust.errors import BitDustError
from tests.natlab.igd import Igd
from tests.natlab.lab import Lab, Weather
from tests.natlab.town import Town
from tests.processes.nodes import until

#: there and back 20 ms, and nothing gets lost
CALM = Weather(delay=0.01, jitter=0.0, loss=0.0)
#: seconds until others have tried in vain, each dial of theirs for ten, and it is published
FINDS_OUT = 120.0


def link_to(one: Peer, idurl: str) -> dict[str, Any] | None:
    """His link to whom he has pinged by that name; None: the ping did not arrive."""
    try:
        one.client.call("ping", idurl)
    except BitDustError:
        return None
    rows: list[dict[str, Any]] = one.client.call("connections_list")
    return next((row for row in rows if row["idurl"] == idurl), None)


def stranger_in(found: Town, namespace: str) -> Peer:
    """Somebody whom nobody looks for: he offers nothing."""
    return found.citizen("stranger", namespace, {"services/supplier/enabled": False})


def test_whom_nobody_reaches_gets_a_relay(tmp_path: Path) -> None:
    """
    With nothing set but the addresses of the lab: others dial back in vain, a relay is found among those whom
    it knows, and published, and a stranger behind another router, who has only the name, reaches it.
    """
    with Lab(["port", "port"], CALM) as lab, Town(lab, tmp_path / "nodes") as found:
        home, away = (side.machine for side in lab.sides)
        begun = time.monotonic()
        bob = found.citizen("bob", home, {})
        until(lambda: any(each.startswith("proxy:") for each in found.contacts(bob)), FINDS_OUT)
        print(f"\na relay is published {time.monotonic() - begun:.1f} s after the beginning")
        network = bob.client.call("network_status")
        assert network["reachable"] == "through a relay"
        assert len(network["relays"]) == 1
        stranger = stranger_in(found, away)
        link: Any = until(lambda: link_to(stranger, found.idurl(bob)), 30.0)
        print(f"\nreached by {link['transport']}")
        assert link["dialed"]


@pytest.mark.skipif(shutil.which("miniupnpd") is None, reason="miniupnpd is not installed")
def test_a_mapped_port_is_published_and_dialled(tmp_path: Path) -> None:
    """A router opens the port it is asked for; a stranger who has only the name dials it, and no relay."""
    pytest.importorskip("libtorrent")
    with (
        Lab(["port"], CALM) as lab,
        Igd(lab.sides[0], tmp_path / "igd"),
        Town(lab, tmp_path / "nodes") as found,
    ):
        [side] = lab.sides
        options: dict[str, object] = {"services/tcp-connections/upnp-enabled": True}
        bob = found.citizen("bob", side.machine, options | {"services/udp-transport/enabled": False})

        def mapped() -> int:
            [road] = bob.client.call("network_status")["roads"]
            return int(road["mapped"])

        place = f"tcp://{side.outer}:{until(mapped, FINDS_OUT)}"
        until(lambda: place in found.contacts(bob), FINDS_OUT)
        until(lambda: bob.client.call("network_status")["reachable"] == "directly", FINDS_OUT)
        assert bob.client.call("network_status")["relays"] == []
        stranger = stranger_in(found, lab.public)
        link: Any = until(lambda: link_to(stranger, found.idurl(bob)), 30.0)
        assert (link["address"], link["direct"], link["dialed"]) == (place, True, True)
