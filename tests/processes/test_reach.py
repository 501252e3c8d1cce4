"""How others come to a node, asked of real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer
from tests.processes.nodes import SUPPLIER, customer, hired, until


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """An identity server."""
    with Network(tmp_path / "n") as network:
        network.start_identity_server()
        yield network


def known(peer: Peer) -> dict[str, Any]:
    """What it knows of the network, once somebody has tried to reach it."""

    def shown() -> dict[str, Any] | None:
        told: dict[str, Any] = peer.client.call("network_status")
        return told if told["reachable"] != "not known yet" else None

    return until(shown)


@pytest.mark.parametrize("road", ["tcp", "udp"])
def test_a_node_asks_to_be_dialled(net: Network, road: str) -> None:
    """Nobody has a reason to dial Alice, who only backs up: she asks, and over either road she is there."""
    other = {"tcp": "udp", "udp": "tcp"}[road]
    only: dict[str, object] = {f"services/{other}-transport/enabled": False}
    net.start(["sam", "sid"], SUPPLIER | only)
    [alice] = net.start(["alice"], customer(2) | only)
    hired(alice)
    told = known(alice)
    assert (told["state"], told["reachable"]) == ("Inside", "directly, from inside this network")
    [way] = told["roads"]
    here = f"127.0.0.1:{way['port']}"
    assert told["contacts"] == [f"{road}://{here}"]
    [seen] = way["seen"]
    assert (seen["place"], seen["networks"]) == (here, 1)
    assert (way["name"], way["connections"], told["addresses"]) == (road, 2, ["127.0.0.1"])
    assert "Reached from inside" in alice.client.call("process_health")["network"]
    states = {row["name"]: row["state"] for row in alice.client.call("automats_list")}
    assert states["network_connector"] == "Inside"
